"""Arithmetic on positions: staying inside an axis, merging and splitting axes, looking elements up by number.

Positions stay sums of indices as long as that can be proven; what cannot be (a quotient, a clamp, a looked-up number)
becomes an integer expression, which then is one symbol of the position.

Reading order: … → `rewriting` → **positions** → `index_rules` → …
"""

from __future__ import annotations

from minigrad.dims import Dim, Shape, Size
from wasm_export.bounds import certainly_inside, least, nonnegative, split
from wasm_export.expressions import Affine, Expr, Position, const, index_value, make, position_of
from wasm_export.rewriting import simplify

ROUND = 8  # elements: the most that a round across lanes takes
WHOLE = "whole "  # before a length, in the name of that length rounded up


def clamped(position: Affine, extent: Size) -> Affine:
    """The nearest position inside an axis."""
    if certainly_inside(position, extent):
        return position
    below = index_value(at_most_last(position, extent))
    return position_of(simplify("maximum", (below, const(0, "int32")), "int32"))


def at_most_last(position: Affine, extent: Size) -> Affine:
    """A position ≥ 0, or the last one of an axis if it lies behind."""
    last = index_value(Affine({}, extent - 1))
    return position_of(simplify("minimum", (index_value(position), last), "int32"))


def unclamped(position: Affine) -> Affine:
    """The position that `at_most_last` was given."""
    for symbol in position.terms:
        if isinstance(symbol, Expr) and symbol.op == "minimum":
            return position_of(symbol.args[0])
    return position


def inside_or_zero(position: Affine, extent: Size, value: Expr, outside: Expr) -> Expr:
    """`value` where the position lies inside the axis, else `outside`; no test where the answer is known."""
    low, high = least(position), least(position * -1 + (extent - 1))
    if high is None or not nonnegative(high):
        test = simplify("lt", (index_value(position), index_value(Affine({}, extent))), "bool")
        value = simplify("where", (test, value, outside), value.dtype)
    if low is None or not nonnegative(low):
        test = simplify("ge", (index_value(position), const(0, "int32")), "bool")
        value = simplify("where", (test, value, outside), value.dtype)
    return value


def looked_up(number: Expr, extent: Size) -> Affine:
    """The position that `gather` means by a number: negative ones wrap once, then all are clamped to the axis."""
    position = position_of(number)
    negative = simplify("lt", (number, const(0, "int32")), "bool")
    wrapped = simplify("where", (negative, index_value(position + extent), number), "int32")
    return clamped(position_of(wrapped), extent)


def divide(position: Affine, length: Size) -> tuple[Affine, Affine]:
    """Quotient and remainder of a position ≥ 0 by an axis length, at run time as far as they are not known now."""
    quotient, rest = split(position, length)
    if certainly_inside(rest, length):
        return quotient, rest
    pair = (index_value(rest), index_value(Affine({}, length)))
    return quotient + position_of(make("idiv", pair, "int32")), position_of(make("irem", pair, "int32"))


def reshaped(position: Position, shape: Shape, to: Shape) -> Position:
    """The position in an array of shape `to` of the element that stands at `position` in the shape `shape`.

    Axes are matched in the smallest groups with equal products: equal axes pass through, axes of length 1 vanish.
    """
    result: list[Affine] = []
    for (i, j), (k, m) in groups(shape, to):
        if shape[i:j] == to[k:m]:
            result += position[i:j]
            continue
        linear = Affine({})
        for place, length in zip(position[i:j], shape[i:j], strict=True):
            linear = linear * length + place
        parts: list[Affine] = []
        for length in reversed(to[k + 1 : m]):
            linear, rest = (linear, Affine({})) if length == 1 else divide(linear, length)
            parts.append(rest)
        result += [linear, *reversed(parts)] if m > k else []
    return tuple(result)


def groups(a: Shape, b: Shape) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """The finest split of two shapes of equal size into groups of equal products, as pairs (start, stop)."""
    found: list[tuple[tuple[int, int], tuple[int, int]]] = []
    i = k = 0
    while i < len(a) or k < len(b):
        products_b: dict[Size, int] = {}
        product: Size = 1
        for m in range(k, len(b) + 1):
            products_b.setdefault(product, m)
            product = product * b[m] if m < len(b) else product
        product = 1
        j, match = i, None
        while match is None or (j == i and match == k):
            if j == len(a):
                j, match = len(a), len(b)
                break
            product = product * a[j]
            j += 1
            match = products_b.get(product)
        found.append(((i, j), (k, match)))
        i, k = j, match
    return found


def whole(length: Size) -> Size:
    """The length of an axis rounded up to whole rounds of lanes; of an unknown length, a name for that."""
    if isinstance(length, int):
        return -(-length // ROUND) * ROUND
    return Dim({(f"{WHOLE}{length}",): 1})


def row_major(shape: Shape) -> tuple[Size, ...]:
    """How many elements lie between neighbours along each axis."""
    strides: list[Size] = []
    step: Size = 1
    for length in reversed(shape):
        strides.insert(0, step)
        step = step * length
    return tuple(strides)
