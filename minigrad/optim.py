"""Optimisers as pure functions over trees, and learning-rate schedules.

Reading order: ... check -> nn -> **optim** -> program -> record -> ...

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
from inspect import signature
from typing import Any

import numpy as np

from minigrad import ops, tree
from minigrad.abstract import Abstract
from minigrad.memory import take_like
from minigrad.ops.convert import to_tensor
from minigrad.ops.fused import Fused
from minigrad.tensor import Array, Tensor

Tree = tree.Tree
Schedule = Callable[[int], float]


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
            ValueError: trees of different structure.
        """
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
    _check_options("optimiser", OPTIMIZERS, name, chosen)
    if lr is not None:
        _check_rate(lr)
        chosen["lr"] = lr
    return OPTIMIZERS[name](**chosen)


def constant(lr: float) -> Schedule:
    """The same learning rate at every step."""
    _check_rate(lr)
    return lambda step: lr


def step_decay(lr: float, every: int = 1000, factor: float = 0.5) -> Schedule:
    """lr·factor^⌊step/every⌋.

    >>> [step_decay(1.0, every=10)(step) for step in (0, 9, 10, 25)]
    [1.0, 1.0, 0.5, 0.25]
    """
    _check_rate(lr)
    _check_count("every", every)
    return lambda step: lr * factor ** (step // every)


def cosine(lr: float, steps: int, final: float = 0.0) -> Schedule:
    """Half a cosine from lr at step 0 to `final` at `steps` and after (Loshchilov & Hutter 2017, arXiv:1608.03983).

    >>> [round(cosine(1.0, steps=10)(step), 3) for step in (0, 5, 10, 20)]
    [1.0, 0.5, 0.0, 0.0]
    """
    _check_rate(lr)
    _check_count("steps", steps)
    return lambda step: final + 0.5 * (lr - final) * (1 + math.cos(math.pi * min(step / steps, 1.0)))


def warmup(schedule: Schedule, steps: int) -> Schedule:
    """A schedule scaled by (step + 1)/steps during the first `steps` steps.

    >>> [warmup(constant(1.0), steps=4)(step) for step in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """
    _check_count("steps", steps)
    return lambda step: schedule(step) * min((step + 1) / steps, 1.0)


SCHEDULES: dict[str, Callable[..., Schedule]] = {"constant": constant, "step": step_decay, "cosine": cosine}


def make_schedule(name: str, lr: float, steps: int, warmup_steps: int = 0, **chosen: float) -> Schedule:
    """The schedule of that name from `lr`; a cosine ends at `steps`.

    Raises:
        ValueError: an unknown name or option, or a value out of its range.
    """
    _check_options("schedule", SCHEDULES, name, chosen)
    if name == "cosine":
        chosen["steps"] = max(steps, 1)
    schedule = SCHEDULES[name](lr, **chosen)
    return warmup(schedule, warmup_steps) if warmup_steps else schedule


def _descend(params: Tree, direction: Tree, lr: Any) -> Tree:
    return tree.map(lambda p, d: _move(to_tensor(p), to_tensor(d), lr), params, direction)


def _move(p: Tensor, d: Tensor, lr: Any) -> Tensor:
    """p - lr·d."""
    if type(lr) in (float, int) and p.value.dtype is d.value.dtype and p.value.shape == d.value.shape:
        return _descent(p, d, lr=lr)
    return p - _as(lr, p) * d


def _descent_kernel(p: Array, d: Array, lr: float) -> Any:
    moved = np.multiply(d, lr, out=take_like(d))
    return np.subtract(p, moved, out=moved)


_descent = Fused(
    "descent",
    lambda p, d, lr: p - lr * d,
    _descent_kernel,
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


def _check_options(kind: str, table: dict[str, Callable[..., Any]], name: str, chosen: dict[str, float]) -> None:
    if name not in table:
        raise ValueError(f"there is no {kind} {name!r}; there are {', '.join(table)}")
    known = [option for option in signature(table[name]).parameters if option not in ("lr", "steps")]
    for option in chosen:
        if option not in known:
            raise ValueError(f"{kind} {name!r} has no option {option!r}; it has {', '.join(known) or 'none'}")


def _check_rate(lr: float) -> None:
    if not 0 < lr < math.inf:
        raise ValueError(f"the learning rate is {lr}; it must be above 0, and finite")


def _check_fraction(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise ValueError(f"{name} is {value}; it must be at least 0 and below 1")


def _check_count(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{name} is {value}; it must be at least 1")
