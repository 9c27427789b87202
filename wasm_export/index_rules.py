"""Rule 1, the table: what one element of a primitive's output is, in terms of elements of its inputs.

One row per primitive, with the keys of minigrad's table. A row looks at a `Site` (one equation, with an index for each
axis of its output) and returns an expression, or a reduction of one. What only moves elements is a change of position:
`transpose` is `x[j, i]`. What combines elements says over which indices: `matmul` is `sum_k x[n, k] * y[k, m]`.

Reading order: … → `positions` → **index_rules** → `index_form` → …
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypeAlias

from minigrad.dims import Dim, Shape, Size
from wasm_export.expressions import Affine, Array, Expr, Index, Position, along, const, index_value, read
from wasm_export.positions import clamped, divide, inside_or_zero, looked_up, reshaped
from wasm_export.rewriting import simplify

Kind: TypeAlias = Literal["map", "sum", "max", "argmax", "scatter"]


@dataclass(frozen=True)
class Reduction:
    """`body` combined over `indices`. For "scatter" it is added, loop by loop, to the element at `target`."""

    kind: Kind
    indices: tuple[Index, ...]
    body: Expr
    target: Position = ()


Result: TypeAlias = Expr | Reduction


@dataclass(frozen=True)
class Site:
    """An equation seen from one element of its output."""

    shape: Shape
    dtype: str
    indices: tuple[Index, ...]
    params: Mapping[str, Any]
    inputs: tuple[Array | Expr, ...]

    @property
    def position(self) -> Position:
        """Where the element stands."""
        return tuple(map(along, self.indices))

    def at(self, number: int, position: Position | None = None) -> Expr:
        """The element of an input there; of a number, the number."""
        x = self.inputs[number]
        return x if isinstance(x, Expr) else read(x, self.position if position is None else position)

    def shape_of(self, number: int) -> Shape:
        """The shape of an input."""
        x = self.inputs[number]
        return () if isinstance(x, Expr) else x.shape


def name_indices(extents: Shape, taken: tuple[Index, ...] = ()) -> tuple[Index, ...]:
    """An index per length, named after it: n and h; a repeated length gets n2, n3, …; 784 gives i784."""
    named = list(taken)
    for extent in extents:
        base = str(extent).replace(" ", "") if isinstance(extent, Dim) else f"i{extent}"
        earlier = sum(index.extent == extent for index in named)
        named.append(Index(base if not earlier else f"{base}.{earlier + 1}", extent))
    return tuple(named[len(taken) :])


def _elementwise(op: str) -> Callable[[Site], Result]:
    def rule(site: Site) -> Expr:
        args = tuple(site.at(k) for k in range(len(site.inputs)))
        return simplify(op, args, site.dtype)

    return rule


def _identity(site: Site) -> Expr:
    return site.at(0)


def _cast(site: Site) -> Expr:
    x = site.at(0)
    return x if x.dtype == site.dtype else simplify("cast", (x,), site.dtype)


def _reduce(kind: Kind) -> Callable[[Site], Result]:
    def rule(site: Site) -> Reduction:
        axes = site.params["axes"] if kind != "argmax" else (site.params["axis"],)
        shape = site.shape_of(0)
        reduced = name_indices(tuple(shape[a] for a in axes), site.indices)
        kept, over = iter(site.position), iter(reduced)
        place = tuple(along(next(over)) if axis in axes else next(kept) for axis in range(len(shape)))
        return Reduction(kind, reduced, site.at(0, place))

    return rule


def _matmul(site: Site) -> Reduction:
    (k,) = name_indices(site.shape_of(0)[-1:], site.indices)
    *batch, n, m = site.position
    product = (site.at(0, (*batch, n, along(k))), site.at(1, (*batch, along(k), m)))
    return Reduction("sum", (k,), simplify("mul", product, site.dtype))


def _reshape(site: Site) -> Expr:
    return site.at(0, reshaped(site.position, site.shape, site.shape_of(0)))


def _transpose(site: Site) -> Expr:
    axes: tuple[int, ...] = site.params["axes"]
    return site.at(0, tuple(site.position[axes.index(axis)] for axis in range(len(axes))))


def _broadcast(site: Site) -> Expr:
    shape = site.shape_of(0)
    own = site.position[len(site.shape) - len(shape) :]
    return site.at(0, tuple(Affine({}) if length == 1 else p for p, length in zip(own, shape, strict=True)))


def _flip(site: Site) -> Expr:
    axes: tuple[int, ...] = site.params["axes"]
    mirrored = [
        p * -1 + (n - 1) if axis in axes else p
        for axis, (p, n) in enumerate(zip(site.position, site.shape, strict=True))
    ]
    return site.at(0, tuple(mirrored))


def _slice(site: Site) -> Expr:
    start, step = site.params["start"], site.params["step"]
    return site.at(0, tuple(p * k + a for p, k, a in zip(site.position, step, start, strict=True)))


def _pad(site: Site) -> Expr:
    shape, interior = site.shape_of(0), site.params["interior"]
    shifted = [p - low for p, low in zip(site.position, site.params["low"], strict=True)]
    parts = [(p, Affine({})) if gap == 0 else divide(p, gap + 1) for p, gap in zip(shifted, interior, strict=True)]
    zero = const(0, site.dtype)
    value = site.at(0, tuple(clamped(q, n) for (q, _), n in zip(parts, shape, strict=True)))
    for (q, rest), n in zip(parts, shape, strict=True):
        if rest.number != 0:
            hit = simplify("eq", (index_value(rest), const(0, "int32")), "bool")
            value = simplify("where", (hit, value, zero), site.dtype)
        value = inside_or_zero(q, n, value, zero)
    return value


def _concatenate(site: Site) -> Expr:
    axis: int = site.params["axis"]
    position = site.position
    before: Size = 0
    pieces = []
    for k in range(len(site.inputs)):
        length = site.shape_of(k)[axis]
        local = clamped(position[axis] - before, length)
        pieces.append((site.at(k, (*position[:axis], local, *position[axis + 1 :])), before))
        before = before + length
    value = pieces[-1][0]
    for (piece, _), (_, end) in reversed(list(pairwise(pieces))):
        test = simplify("lt", (index_value(position[axis]), index_value(Affine({}, end))), "bool")
        value = simplify("where", (test, piece, value), site.dtype)
    return value


def _number(site: Site, k: int, position: Position) -> Expr:
    """An element of an integer input as an int32."""
    value = site.at(k, position)
    return value if value.dtype == "int32" else simplify("cast", (value,), "int32")


def _gather(site: Site) -> Expr:
    axis: int = site.params["axis"]
    rank = len(site.shape_of(1))
    position = site.position
    number = _number(site, 1, position[axis : axis + rank])
    place = looked_up(number, site.shape_of(0)[axis])
    return site.at(0, (*position[:axis], place, *position[axis + rank :]))


def _scatter_add(site: Site) -> Reduction:
    axis: int = site.params["axis"]
    shape, rank = site.shape_of(0), len(site.shape_of(1))
    loops = name_indices(shape)
    position = tuple(map(along, loops))
    place = looked_up(_number(site, 1, position[axis : axis + rank]), site.params["size"])
    return Reduction("scatter", loops, site.at(0, position), (*position[:axis], place, *position[axis + rank :]))


def _one_hot(site: Site) -> Expr:
    *place, column = site.position
    same = simplify("eq", (_number(site, 0, tuple(place)), index_value(column)), "bool")
    return simplify("where", (same, const(1, site.dtype), const(0, site.dtype)), site.dtype)


def _iota(site: Site) -> Expr:
    value = index_value(site.position[0])
    return value if site.dtype == "int32" else simplify("cast", (value,), site.dtype)


def _size(site: Site) -> Expr:
    value = index_value(Affine({}, site.params["dim"]))
    return value if site.dtype == "int32" else simplify("cast", (value,), site.dtype)


ELEMENTWISE = (
    "neg", "exp", "log", "log1p", "tanh", "sin", "cos", "sqrt", "abs", "sign", "relu", "floor", "where",
    "add", "sub", "mul", "div", "floordiv", "pow", "maximum", "minimum", "lt", "le", "gt", "ge", "eq", "ne",
)  # fmt: skip

RULES: dict[str, Callable[[Site], Result]] = {
    **{op: _elementwise(op) for op in ELEMENTWISE},
    "cast": _cast,
    "stop_gradient": _identity,
    "alias": _identity,
    "sum": _reduce("sum"),
    "max": _reduce("max"),
    "argmax": _reduce("argmax"),
    "matmul": _matmul,
    "reshape": _reshape,
    "transpose": _transpose,
    "broadcast": _broadcast,
    "flip": _flip,
    "slice": _slice,
    "pad": _pad,
    "concatenate": _concatenate,
    "gather": _gather,
    "scatter_add": _scatter_add,
    "one_hot": _one_hot,
    "iota": _iota,
    "size": _size,
}
