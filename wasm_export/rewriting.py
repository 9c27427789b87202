"""Changing expressions: replacing parts, moving indices, and working out what is known already.

Equal expressions are one object, so a change is made once for each distinct part, however often it occurs.

Reading order: … → `bounds` → **rewriting** → `positions` → …
"""

from __future__ import annotations

from collections.abc import Callable
from math import frexp

from wasm_export.bounds import certainly_inside, least, nonnegative, split
from wasm_export.expressions import Affine, Expr, Substitution, const, index_value, make, position_of

COMPARE: dict[str, Callable[[int, int], bool]] = {
    "lt": int.__lt__,
    "le": int.__le__,
    "gt": int.__gt__,
    "ge": int.__ge__,
    "eq": int.__eq__,
    "ne": int.__ne__,
}


def simplify(op: str, args: tuple[Expr, ...], dtype: str) -> Expr:
    """The operation, or what it comes to when that is known now: comparisons of positions, choices by constants."""
    if op == "where" and args[0].op == "const":
        return args[1] if args[0].data else args[2]
    if op == "where" and args[1] is args[2]:
        return args[1]
    if op == "div" and args[1].op == "const" and _is_power_of_two(args[1].data):
        return make("mul", (args[0], const(1 / args[1].data, dtype)), dtype)  # the same bits
    if op == "cast" and args[0].op == "const" and isinstance(args[0].data, int) and dtype in ("float32", "int32"):
        return const(args[0].data, dtype)
    known = all(arg.dtype == "int32" and arg.op in ("const", "index") for arg in args)
    return (_of_positions(op, args) if known and len(args) == 2 else None) or make(op, args, dtype)


def _of_positions(op: str, args: tuple[Expr, ...]) -> Expr | None:
    """A comparison, extreme or division of two positions, if what is certain about them decides it."""
    x, y = map(position_of, args)
    if op in ("idiv", "irem"):
        quotient, rest = split(x, y.const) if not y.terms else (x, x)
        inside = not y.terms and certainly_inside(rest, y.const)
        return index_value(quotient if op == "idiv" else rest) if inside else None
    over, under, gap = least(x - y), least(y - x), (x - y).number
    if op in COMPARE and gap is not None:
        return const(COMPARE[op](gap, 0), "bool")
    if op in ("minimum", "maximum") and over is not None and nonnegative(over):
        return args[0] if op == "maximum" else args[1]
    if op in ("minimum", "maximum") and under is not None and nonnegative(under):
        return args[1] if op == "maximum" else args[0]
    if op in ("lt", "ge") and over is not None and nonnegative(over):
        return const(op == "ge", "bool")
    if op in ("lt", "ge") and under is not None and nonnegative(under - 1):
        return const(op == "lt", "bool")
    return None


def _is_power_of_two(number: float) -> bool:
    return 2.0**-60 < abs(number) < 2.0**60 and abs(frexp(number)[0]) == 0.5


def rewrite(e: Expr, change: Callable[[Expr], Expr | None], memo: dict[Expr, Expr]) -> Expr:
    """`e` with each part replaced for which `change` gives something, bottom up inside what it leaves alone."""
    done = memo.get(e)
    if done is None:
        done = change(e)
        if done is None:
            done = _rebuild(e, lambda part: rewrite(part, change, memo))
        memo[e] = done
    return done


def _rebuild(e: Expr, walk: Callable[[Expr], Expr]) -> Expr:
    if e.op == "index":
        return index_value(move(e.data, {}, walk))
    if e.op == "read":
        return make("read", (), e.dtype, (e.data[0], tuple(move(p, {}, walk) for p in e.data[1])))
    args = tuple(map(walk, e.args))
    return e if args == e.args else simplify(e.op, args, e.dtype)


def move(position: Affine, to: Substitution, walk: Callable[[Expr], Expr]) -> Affine:
    """The position with its indices replaced by `to`, and `walk` applied to the expressions in it."""
    result = Affine({}, position.const)
    for symbol, factor in position.terms.items():
        if isinstance(symbol, Expr):
            result += position_of(walk(symbol)) * factor
        else:
            result += (to.get(symbol) or Affine({symbol: 1})) * factor
    return result


def substitute(e: Expr, to: Substitution, memo: dict[Expr, Expr] | None = None) -> Expr:
    """The expression with indices replaced by positions."""
    memo = {} if memo is None else memo

    def change(part: Expr) -> Expr | None:
        if not any(index in to for index in part.indices):
            return part
        if part.op == "index":
            return index_value(move(part.data, to, walk))
        if part.op == "read":
            return make("read", (), part.dtype, (part.data[0], tuple(move(p, to, walk) for p in part.data[1])))
        return None

    def walk(part: Expr) -> Expr:
        return rewrite(part, change, memo)

    return walk(e)
