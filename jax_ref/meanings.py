"""The table of primitives once more, in JAX: the same keys, inputs and params, so a row can be held against its twin.

Each meaning is total, as in `minigrad.primitives`: where JAX would do something else at an edge (division by zero,
an index out of range, a float too large for an integer), the row says so.

Reading order: **meanings** -> lower -> model -> ...
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

Meaning = Callable[..., jax.Array]
Axes = tuple[int, ...]


def _relu(x: jax.Array) -> jax.Array:
    return jax.nn.relu(x)  # jnp.maximum(x, 0) would share the gradient at 0


def _floordiv(x: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.where(y == 0, 0, jnp.floor_divide(x, jnp.where(y == 0, 1, y)))


def _sum(x: jax.Array, axes: Axes) -> jax.Array:
    return jnp.sum(x, axes, dtype=x.dtype)


def _in_range(index: jax.Array, size: int) -> jax.Array:
    wide = index.astype(jnp.int64)
    return jnp.clip(jnp.where(wide < 0, wide + size, wide), 0, max(size - 1, 0))


def _gather(x: jax.Array, index: jax.Array, axis: int) -> jax.Array:
    return jnp.take(x, _in_range(index, x.shape[axis]), axis, mode="clip")


def _scatter_add(x: jax.Array, index: jax.Array, axis: int, size: int) -> jax.Array:
    shape = (*x.shape[:axis], size, *x.shape[axis + index.ndim :])
    place = (slice(None),) * axis + (_in_range(index, size),)
    return jnp.zeros(shape, x.dtype).at[place].add(x)


def _one_hot(index: jax.Array, size: int, dtype: Any) -> jax.Array:
    return (index[..., None].astype(jnp.int64) == jnp.arange(size)).astype(dtype)


def _cast(x: jax.Array, dtype: Any) -> jax.Array:
    if not jnp.issubdtype(x.dtype, jnp.floating) or np.dtype(dtype).kind not in "iu":
        return x.astype(dtype)
    info = np.iinfo(dtype)
    low, high = float(info.min), float(info.max)
    inside = jnp.where((x > low) & (x < high), x, 0).astype(dtype)
    return jnp.where(x >= high, info.max, jnp.where(x <= low, info.min, inside)).astype(dtype)


def _pad(x: jax.Array, low: Axes, high: Axes, interior: Axes) -> jax.Array:
    return lax.pad(x, jnp.zeros((), x.dtype), tuple(zip(low, high, interior, strict=True)))


MEANINGS: dict[str, Meaning] = {
    "neg": jnp.negative, "exp": jnp.exp, "log": jnp.log, "log1p": jnp.log1p, "tanh": jnp.tanh, "sin": jnp.sin,
    "cos": jnp.cos, "sqrt": jnp.sqrt, "abs": jnp.abs, "sign": jnp.sign, "relu": _relu, "floor": jnp.floor,
    "add": jnp.add, "sub": jnp.subtract, "mul": jnp.multiply, "div": jnp.divide, "floordiv": _floordiv,
    "pow": jnp.power, "maximum": jnp.maximum, "minimum": jnp.minimum,
    "lt": jnp.less, "le": jnp.less_equal, "gt": jnp.greater, "ge": jnp.greater_equal, "eq": jnp.equal,
    "ne": jnp.not_equal, "where": jnp.where,
    "sum": _sum,
    "max": lambda x, axes: jnp.max(x, axes),
    "argmax": lambda x, axis: jnp.argmax(x, axis).astype(jnp.int64),
    "matmul": lambda x, y: jnp.matmul(x, y, precision=lax.Precision.HIGHEST),
    "reshape": lambda x, shape: jnp.reshape(x, shape),
    "transpose": lambda x, axes: jnp.transpose(x, axes),
    "broadcast": lambda x, shape: jnp.broadcast_to(x, shape),
    "flip": lambda x, axes: jnp.flip(x, axes),
    "slice": lambda x, start, stop, step: x[tuple(map(slice, start, stop, step))],
    "pad": _pad,
    "concatenate": lambda *xs, axis: jnp.concatenate(xs, axis),
    "gather": _gather,
    "scatter_add": _scatter_add,
    "one_hot": _one_hot,
    "iota": lambda size, dtype: jnp.arange(size, dtype=dtype),
    "size": lambda dim, dtype: jnp.asarray(dim, dtype),
    "cast": _cast,
    "stop_gradient": lax.stop_gradient,
    "alias": lambda x: x,
}  # fmt: skip
