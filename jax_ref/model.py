"""The spiral model by hand, in plain JAX, from the published formulas: it shares no code with minigrad.

Perceptron, softmax cross-entropy, L2 and the five optimisers are written here a second time, and `jax.value_and_grad`
does the calculus, so that agreement with minigrad is agreement of two independent derivations. Parameters and
optimiser states are laid out as in a run folder, so that both can start from the same snapshot.

Reading order: meanings -> lower -> **model** -> compare -> ...
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

Params = list[dict[str, jax.Array]]
State = Any
Update = Callable[..., tuple[Params, State]]

ACTIVATIONS: dict[str, Callable[[jax.Array], jax.Array]] = {
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "softplus": jax.nn.softplus,
    "gelu": lambda x: jax.nn.gelu(x, approximate=True),  # the tanh form of arXiv:1606.08415
    "identity": lambda x: x,
}


def loss(params: Params, points: jax.Array, labels: jax.Array, reg: jax.Array, activation: str = "relu") -> jax.Array:
    """Mean softmax cross-entropy plus ½·reg·Σ‖W‖²; points [n, 2], integer labels [n].

    Source: https://cs231n.github.io/neural-networks-case-study
    """
    hidden = points
    for layer in params[:-1]:
        hidden = ACTIVATIONS[activation](hidden @ layer["W"] + layer["b"])
    logits = hidden @ params[-1]["W"] + params[-1]["b"]
    right = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1)
    squares = jnp.stack([jnp.sum(layer["W"] ** 2) for layer in params])
    total: jax.Array = -jnp.mean(right) + 0.5 * reg * jnp.sum(squares)
    return total


def sgd(params: Params, grads: Params, state: State, lr: jax.Array) -> tuple[Params, State]:
    """p ← p - lr·g."""
    return jax.tree.map(lambda p, g: p - lr * g, params, grads), state


def momentum(params: Params, grads: Params, state: State, lr: jax.Array, mu: float) -> tuple[Params, State]:
    """v ← mu·v + g, p ← p - lr·v (Polyak 1964)."""
    velocity = jax.tree.map(lambda v, g: mu * v + g, state["velocity"], grads)
    return jax.tree.map(lambda p, v: p - lr * v, params, velocity), {"velocity": velocity}


def nesterov(params: Params, grads: Params, state: State, lr: jax.Array, mu: float) -> tuple[Params, State]:
    """v ← mu·v + g, p ← p - lr·(g + mu·v) (Sutskever et al. 2013, § 2)."""
    velocity = jax.tree.map(lambda v, g: mu * v + g, state["velocity"], grads)
    return jax.tree.map(lambda p, g, v: p - lr * (g + mu * v), params, grads, velocity), {"velocity": velocity}


def adam(
    params: Params,
    grads: Params,
    state: State,
    lr: jax.Array,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float = 0.0,
) -> tuple[Params, State]:
    """Kingma & Ba 2015, algorithm 1; with `weight_decay`, Loshchilov & Hutter 2019, algorithm 2."""
    t = state["t"] + 1
    m = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, state["m"], grads)
    v = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g**2, state["v"], grads)

    def move(p: jax.Array, m: jax.Array, v: jax.Array) -> jax.Array:
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        moved: jax.Array = p - lr * (m_hat / (jnp.sqrt(v_hat) + eps) + weight_decay * p)
        return moved

    return jax.tree.map(move, params, m, v), {"m": m, "v": v, "t": t}


OPTIMIZERS: dict[str, Update] = {"sgd": sgd, "momentum": momentum, "nesterov": nesterov, "adam": adam, "adamw": adam}


def make_step(optimizer: Mapping[str, Any], activation: str = "relu") -> Callable[..., dict[str, Any]]:
    """The training step (params, state, points, labels, lr, reg) -> {"loss", "grads", "params", "state"}.

    `optimizer` is {"name": ..., and its settings by name}, as in a run's `config.json`. The loss is the one before
    the update. `ValueError` for an unknown optimiser or activation.
    """
    settings = dict(optimizer)
    name = settings.pop("name")
    for kind, wanted, known in (("optimizer", name, OPTIMIZERS), ("activation", activation, ACTIVATIONS)):
        if wanted not in known:
            raise ValueError(f"there is no {kind} {wanted!r} here; there are {', '.join(known)}")

    def step(
        params: Params, state: State, points: jax.Array, labels: jax.Array, lr: jax.Array, reg: jax.Array
    ) -> dict[str, Any]:
        value, grads = jax.value_and_grad(loss)(params, points, labels, reg, activation)
        params, state = OPTIMIZERS[name](params, grads, state, lr, **settings)
        return {"loss": value, "grads": grads, "params": params, "state": state}

    return step
