"""The functions of the NumPy-like face, each written once over a namespace `m`: minigrad, NumPy or JAX.

Where the three have no common name, `Reference` says what is meant in JAX.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import jax_ref  # noqa: F401  64-bit mode

Function = Callable[..., Any]
LABELS = np.array([2, 0, 1, 2])


_NAMED: dict[str, Function] = {
    "cross_entropy": lambda x, labels: -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), labels[..., None], -1)),
    "mean_squared_error": lambda x, y: jnp.mean((x - y) ** 2),
    "norm": jnp.linalg.norm,
    "logsumexp": jax.scipy.special.logsumexp,
    "stop_gradient": jax.lax.stop_gradient,
}
_NN = ("relu", "sigmoid", "softplus", "silu", "softmax", "log_softmax", "gelu")  # gelu in its tanh form, as ours


class Reference:
    """What minigrad's names mean in JAX."""

    def __getattr__(self, name: str) -> Any:
        return _NAMED.get(name) or getattr(jax.nn if name in _NN else jnp, name)


@dataclass(frozen=True)
class Case:
    """A function of a namespace and arrays, the arrays' shapes, and a range for their numbers."""

    name: str
    function: Function
    shapes: tuple[tuple[int, ...], ...]
    low: float = -2.0
    high: float = 2.0


def case(name: str, function: Function, *shapes: Any, low: float = -2.0, high: float = 2.0) -> Case:
    return Case(name, function, shapes, low, high)


BROADCASTS = (
    ((), ()), ((2, 3), (3,)), ((2, 1), (1, 3)), ((3, 1, 2), (4, 1)), ((0,), (1,)), ((2, 0, 3), (1, 3)),
    ((1,), (2, 1, 3, 2)),
)  # fmt: skip
BINARY: dict[str, tuple[Function, float, float]] = {
    "add": (lambda m, x, y: m.add(x, y), -2, 2),
    "subtract": (lambda m, x, y: m.subtract(x, y), -2, 2),
    "multiply": (lambda m, x, y: m.multiply(x, y), -2, 2),
    "divide": (lambda m, x, y: m.divide(x, y), 0.3, 2),
    "power": (lambda m, x, y: m.power(x, y), 0.3, 2),
    "maximum": (lambda m, x, y: m.maximum(x, y), -2, 2),
    "minimum": (lambda m, x, y: m.minimum(x, y), -2, 2),
    "where": (lambda m, x, y: m.where(x > 0.5, x * y, y), -2, 2),
    "operators": (lambda m, x, y: (x + 2.0) * y - x / (3.0 + y) + (1.0 - x) ** 2 + -y * 2 ** x, 0.3, 2),
}  # fmt: skip
CASES = [
    *(Case(name, f, shapes, low, high) for name, (f, low, high) in BINARY.items() for shapes in BROADCASTS),
    *(
        case(f"{f} over {axis}", lambda m, x, f=f, a=axis, k=keep: getattr(m, f)(x, axis=a, keepdims=k), (2, 3, 4))
        for f in ("sum", "mean", "var", "std", "max", "min")
        for axis, keep in ((None, False), (1, False), ((0, 2), True), (-1, True))
    ),
    *(case(f"{name} of a number", lambda m, x, f=name: getattr(m, f)(x), ()) for name in ("sum", "mean", "max", "min")),
    case("var with ddof", lambda m, x: m.var(x, axis=1, ddof=1), (2, 3)),
    case("logsumexp", lambda m, x: m.logsumexp(x, axis=1), (2, 3)),
    case("logsumexp of all, kept", lambda m, x: m.logsumexp(x, keepdims=True), (2, 3)),
    case("softmax", lambda m, x: m.softmax(x), (2, 3)),
    case("softmax over 0", lambda m, x: m.softmax(x, axis=0), (2, 3)),
    case("log_softmax", lambda m, x: m.log_softmax(x), (2, 3)),
    case("norm", lambda m, x: m.norm(x), (2, 3)),
    case("norm over 1", lambda m, x: m.norm(x, axis=1), (2, 3)),
    case("cross_entropy", lambda m, x: m.cross_entropy(x, LABELS), (4, 3)),
    case("mean_squared_error", lambda m, x, y: m.mean_squared_error(x, y), (4, 3), (4, 3)),
    *(case(name, lambda m, x, f=name: getattr(m, f)(x), (2, 3)) for name in (
        "exp", "tanh", "sin", "cos", "negative", "absolute", "square", "relu", "sigmoid", "softplus", "gelu", "silu",
        "ravel", "transpose", "squeeze", "sign", "floor", "stop_gradient",
    )),
    *(
        case(name, lambda m, x, f=name: getattr(m, f)(x), (2, 3), low=0.2)
        for name in ("log", "log1p", "sqrt", "reciprocal")
    ),
    case("clip", lambda m, x: m.clip(x, -0.5, 0.5), (4, 3)),
    case("mod", lambda m, x, y: m.mod(x, y), (4, 3), (4, 3), low=0.3),
    case("a small power", lambda m, x: x**3 + x**2 + x**1 + x**4 + x**0, (2, 3)),
    case("a negative power", lambda m, x: x**-2 + x**0.5, (2, 3), low=0.3),
    case("matrix times matrix", lambda m, x, y: m.matmul(x, y), (2, 3), (3, 4)),
    case("matrix times vector", lambda m, x, y: x @ y, (2, 3), (3,)),
    case("vector times matrix", lambda m, x, y: x @ y, (3,), (3, 2)),
    case("vector times vector", lambda m, x, y: x @ y, (3,), (3,)),
    case("batches broadcast", lambda m, x, y: x @ y, (2, 1, 2, 3), (4, 3, 2)),
    case("batch times vector", lambda m, x, y: x @ y, (2, 2, 3), (3,)),
    case("nothing to add up", lambda m, x, y: x @ y, (2, 0), (0, 3)),
    case("dot with a number", lambda m, x, y: m.dot(x, y), (), (3,)),
    case("outer", lambda m, x, y: m.outer(x, y), (2,), (3,)),
    case("reshape", lambda m, x: m.reshape(x, (3, -1)), (2, 3)),
    case("swapaxes", lambda m, x: m.swapaxes(x, 0, 2), (2, 3, 4)),
    case("moveaxis", lambda m, x: m.moveaxis(x, 0, -1), (2, 3, 4)),
    case("expand_dims", lambda m, x: m.expand_dims(x, (0, 2)), (2, 3)),
    case("flip", lambda m, x: m.flip(x, 1), (2, 3)),
    case("stack", lambda m, x, y: m.stack([x, y, x], axis=1), (2, 3), (2, 3)),
    case("concatenate", lambda m, x, y: m.concatenate([x, y], axis=-1), (2, 3), (2, 1)),
    case("split", lambda m, x: m.stack([p * i for i, p in enumerate(m.split(x, 3, axis=1))]), (2, 6)),
    case("split at", lambda m, x: m.concatenate(m.split(x, [1, 4], axis=1)[::-1], axis=1), (2, 6)),
    case("pad", lambda m, x: m.pad(x, ((1, 0), (2, 1))), (2, 3)),
    case("tile", lambda m, x: m.tile(x, (2, 1, 3)), (2, 3)),
    case("tril and triu", lambda m, x: m.tril(x, -1) + 2 * m.triu(x, 1), (3, 4)),
    case("take", lambda m, x: m.take(x, np.array([[2, 0], [2, 2]]), axis=1), (2, 3)),
    case("take of all", lambda m, x: m.take(x, np.array([5, 0])), (2, 3)),
    case("take_along_axis", lambda m, x: m.take_along_axis(x, np.array([[0, 2], [1, 1]]), 1), (2, 3)),
    case("broadcast_to", lambda m, x: m.broadcast_to(x, (4, 2, 3)), (2, 1)),
    case("broadcast_arrays", lambda m, x, y: m.multiply(*m.broadcast_arrays(x, y)), (2, 1), (3,)),
    case("methods", lambda m, x: x.sum(0) * x.mean(0) + x.max(0) - x.reshape(3, 2).min() + x.T[:, 0] * x.var(), (2, 3)),
]  # fmt: skip
IDS = [f"{c.name} {'-'.join('x'.join(map(str, s)) or 'number' for s in c.shapes)}" for c in CASES]
