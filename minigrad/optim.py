"""Optimisers as pure functions over trees; their learning rates may follow a schedule.

Reading order: ... nn -> schedules -> **optim** -> program -> record -> ...

    opt = optim.adam(lr=0.01)
    state = opt.init(params)
    params, state = opt.update(params, gradients, state)

Nothing is written in place, so an update can be recorded together with the gradient that feeds it; the learning rate
may then be an input: `opt.update(params, gradients, state, lr)`. A state is a tree of arrays like any other.

Two things go by the name of weight decay. A penalty ½·reg·Σ‖W‖² in the *loss* changes the gradient that every
optimiser sees; that is `reg` in `train`. *Decoupled* decay shrinks the parameters beside the gradient step, untouched
by Adam's scaling; that is `weight_decay` of `adamw`, and applies to every parameter, biases included, as published.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad import ops, tree
from minigrad.abstract import Abstract
from minigrad.memory import take_like
from minigrad.ops.composite import Composite
from minigrad.schedules import SCHEDULES as SCHEDULES
from minigrad.schedules import Schedule as Schedule
from minigrad.schedules import check_options, check_rate
from minigrad.schedules import constant as constant
from minigrad.schedules import cosine as cosine
from minigrad.schedules import make_schedule as make_schedule
from minigrad.schedules import step_decay as step_decay
from minigrad.schedules import warmup as warmup
from minigrad.tensor import Tensor

Tree = tree.Tree


@dataclass(frozen=True)
class Optimizer:
    """How parameters move.

    Attributes:
        name: which one it is, a key of `OPTIMIZERS`.
        lr: the learning rate where `update` is given none.
        options: its other settings by name.
        init: parameters -> the state before the first step; specs of parameters -> specs of the state, to record with.
        rule: (params, grads, state, lr) -> (params, state).
    """

    name: str
    lr: float
    options: dict[str, float]
    init: Callable[[Tree], Tree]
    rule: Callable[[Tree, Tree, Tree, Any], tuple[Tree, Tree]]

    def update(self, params: Tree, grads: Tree, state: Tree, lr: Any = None) -> tuple[Tree, Tree]:
        """One step: the new parameters and the new state, trees of the same structure as the old ones.

        Args:
            params: the parameters.
            grads: the gradient of the loss, a tree of the same structure and shapes.
            state: from `init`, or from the step before.
            lr: a number or a scalar Tensor instead of the optimiser's own learning rate.

        Raises:
            ValueError: trees of different structure, or a gradient that is not shaped like its parameter.
        """
        if state:  # without one the gradient meets the parameter at once
            tree.map(_require_alike, params, grads)
        return self.rule(params, grads, state, self.lr if lr is None else lr)


def sgd(lr: float = 0.5) -> Optimizer:
    """Gradient descent: p ← p - lr·g. It has no state."""

    def rule(params: Tree, grads: Tree, state: Tree, lr: Any) -> tuple[Tree, Tree]:
        return _descend(params, grads, lr), state

    return Optimizer("sgd", lr, {}, lambda params: {}, rule)


def momentum(lr: float = 0.1, mu: float = 0.9) -> Optimizer:
    """Heavy ball: v ← mu·v + g, p ← p - lr·v (Polyak 1964).

    As in PyTorch, lr scales the velocity where it is used, so that a change of lr acts at once.
    """
    _check_fraction("mu", mu)

    def rule(params: Tree, grads: Tree, state: Tree, lr: Any) -> tuple[Tree, Tree]:
        velocity = tree.map(lambda v, g: mu * v + g, state["velocity"], grads)
        return _descend(params, velocity, lr), {"velocity": velocity}

    return Optimizer("momentum", lr, {"mu": mu}, lambda params: {"velocity": _zeros(params)}, rule)


def nesterov(lr: float = 0.1, mu: float = 0.9) -> Optimizer:
    """Nesterov momentum: v ← mu·v + g, p ← p - lr·(g + mu·v).

    The gradient is taken where the parameters stand, not ahead of them: the change of variables of Sutskever et al.
    2013 (§ 2), as in PyTorch and https://cs231n.github.io/neural-networks-3.
    """
    _check_fraction("mu", mu)

    def rule(params: Tree, grads: Tree, state: Tree, lr: Any) -> tuple[Tree, Tree]:
        velocity = tree.map(lambda v, g: mu * v + g, state["velocity"], grads)
        ahead = tree.map(lambda v, g: g + mu * v, velocity, grads)
        return _descend(params, ahead, lr), {"velocity": velocity}

    return Optimizer("nesterov", lr, {"mu": mu}, lambda params: {"velocity": _zeros(params)}, rule)


def adam(lr: float = 0.01, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> Optimizer:
    """Adam (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1).

    m ← beta1·m + (1 - beta1)·g, v ← beta2·v + (1 - beta2)·g², p ← p - lr·m̂/(√v̂ + eps), where
    m̂ = m/(1 - beta1ᵗ) and v̂ = v/(1 - beta2ᵗ) undo the zeros that m and v start from; t counts from 1.
    """
    return _adam("adam", lr, beta1, beta2, eps)


def adamw(
    lr: float = 0.01, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, weight_decay: float = 0.01
) -> Optimizer:
    """Adam with decoupled decay: p ← p - lr·(m̂/(√v̂ + eps) + weight_decay·p).

    Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2; the decay scales with lr as in PyTorch.
    """
    if not 0 <= weight_decay < math.inf:
        raise ValueError(f"weight_decay is {weight_decay}; it must be 0 or more, and finite")
    return _adam("adamw", lr, beta1, beta2, eps, weight_decay=weight_decay)


def _adam(name: str, lr: float, beta1: float, beta2: float, eps: float, **decay: float) -> Optimizer:
    _check_fraction("beta1", beta1)
    _check_fraction("beta2", beta2)
    if not 0 < eps < math.inf:
        raise ValueError(f"eps is {eps}; it must be above 0, and finite")

    def init(params: Tree) -> Tree:
        # t has the parameters' dtype, for the powers below; float32 counts to 16 million exactly.
        first = tree.flatten(params)[0][0]
        return {"m": _zeros(params), "v": _zeros(params), "t": _zero_like(first, ())}

    def rule(params: Tree, grads: Tree, state: Tree, lr: Any) -> tuple[Tree, Tree]:
        t = state["t"] + 1.0
        m = tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, state["m"], grads)
        v = tree.map(lambda v, g: beta2 * v + (1 - beta2) * ops.square(g), state["v"], grads)
        m_scale, v_scale = (1 / (1 - ops.power(beta, t)) for beta in (beta1, beta2))
        direction = tree.map(lambda m, v: m * _as(m_scale, m) / (ops.sqrt(v * _as(v_scale, v)) + eps), m, v)
        if decay:
            direction = tree.map(lambda d, p: d + decay["weight_decay"] * p, direction, params)
        return _descend(params, direction, lr), {"m": m, "v": v, "t": t}

    return Optimizer(name, lr, {"beta1": beta1, "beta2": beta2, "eps": eps, **decay}, init, rule)


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": sgd, "momentum": momentum, "nesterov": nesterov, "adam": adam, "adamw": adamw
}  # fmt: skip


def make(name: str, lr: float | None = None, **chosen: float) -> Optimizer:
    """The optimiser of that name; what is not chosen keeps its default.

    >>> make("momentum", lr=0.5, mu=0.8).options
    {'mu': 0.8}

    Raises:
        ValueError: an unknown name or option, or a value out of its range.
    """
    check_options("optimiser", OPTIMIZERS, name, chosen)
    if lr is not None:
        check_rate(lr)
        chosen["lr"] = lr
    return OPTIMIZERS[name](**chosen)


def _descend(params: Tree, direction: Tree, lr: Any) -> Tree:
    return tree.map(lambda p, d: _descend_leaf(p, d, lr), params, direction)


def _descend_leaf(p: Any, d: Any, lr: Any) -> Any:
    """p - lr·d."""
    if type(p) is Tensor and type(d) is Tensor and type(lr) in (float, int):
        a, b = p.value, d.value
        if a.dtype is b.dtype and a.dtype.kind == "f" and a.shape == b.shape:
            return _descent(p, d, lr=lr)
    _require_alike(p, d)
    return p - _as(lr, p) * d


def _require_alike(p: Any, g: Any) -> None:
    have, wanted = getattr(g, "shape", ()), getattr(p, "shape", ())
    if have != wanted:
        raise ValueError(f"a parameter of shape {wanted} has a gradient of shape {have}; they have to be alike")


_descent = Composite(
    "descent",
    lambda p, d, lr: p - lr * d,
    lambda p, d, lr: np.subtract(p, np.multiply(d, lr, out=take_like(d)), out=take_like(p)),
    lambda g, z, p, d, lr: g,
    lambda g, z, p, d, lr: -g * lr,
)


def _as(number: Any, leaf: Any) -> Any:
    """A rate or scale in the dtype of the leaf it is for, so that a tree of mixed dtypes keeps them."""
    return number if type(number) in (int, float) else ops.astype(number, leaf.dtype)


def _zeros(params: Tree) -> Tree:
    return tree.map(lambda p: _zero_like(p, p.shape), params)


def _zero_like(leaf: Any, shape: Any) -> Any:
    return Abstract(shape, leaf.dtype) if isinstance(leaf, Abstract) else np.zeros(shape, leaf.dtype)


def _check_fraction(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise ValueError(f"{name} is {value}; it must be at least 0 and below 1")
