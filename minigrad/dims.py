"""Symbolic dimensions: an axis whose length is not known yet, as an integer polynomial in normal form.

`n, h = dims("n h")` names two axis lengths. Shapes made of them flow through the shape rules exactly like
integers do, so one recording of a function serves every size. Two dimensions are equal when their normal forms
are equal, and never otherwise: nothing here guesses, and a question that depends on the value raises.

Reading order: **dims** (at the first symbolic shape), abstract -> tensor -> memory -> ...
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

Monomial = tuple[str, ...]  # names in sorted order, repeated for powers: n*n*h is ("h", "n", "n"); () is 1


class Dim:
    """An integer polynomial over named axis lengths, each of them at least 1.

    Arithmetic with integers and other dimensions stays exact, and a result without names left is a plain `int`.
    Comparison other than equality, truth, and conversion to a number raise `TypeError`, because the answer
    would be baked into whatever is being recorded.

    >>> n, h = dims("n h")
    >>> (n + 1) * h - h, n - n, (2 * n * h) // h
    (h*n, 0, 2*n)
    """

    __slots__ = ("_hash", "terms")
    terms: dict[Monomial, int]

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        self.terms = {monomial: terms[monomial] for monomial in sorted(terms, key=_print_order)}
        self._hash = hash(tuple(self.terms.items()))

    @property
    def names(self) -> frozenset[str]:
        """The names this dimension depends on."""
        return frozenset(name for monomial in self.terms for name in monomial)

    @property
    def is_name(self) -> bool:
        """Whether this is a bare name such as `n`, which an input axis can bind."""
        return len(self.terms) == 1 and all(len(m) == 1 and k == 1 for m, k in self.terms.items())

    def evaluate(self, binding: Mapping[str, int]) -> int:
        """The length under `binding`, a number for every name; `KeyError` when one is missing."""
        total = 0
        for monomial, factor in self.terms.items():
            for name in monomial:
                factor *= binding[name]
            total += factor
        return total

    def __add__(self, other: Size) -> Size:
        if not isinstance(other, int | Dim):
            return NotImplemented
        terms = dict(self.terms)
        for monomial, factor in _terms(other).items():
            terms[monomial] = terms.get(monomial, 0) + factor
        return _normal(terms)

    def __mul__(self, other: Size) -> Size:
        if not isinstance(other, int | Dim):
            return NotImplemented
        terms: dict[Monomial, int] = {}
        for a, j in self.terms.items():
            for b, k in _terms(other).items():
                monomial = tuple(sorted(a + b))
                terms[monomial] = terms.get(monomial, 0) + j * k
        return _normal(terms)

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Size:
        return self * -1

    def __sub__(self, other: Size) -> Size:
        if not isinstance(other, int | Dim):
            return NotImplemented
        return self + (-1 * other)

    def __rsub__(self, other: int) -> Size:
        return -1 * self + other

    def __floordiv__(self, other: Size) -> Size:
        """Exact division; `ValueError` when `other` does not divide this polynomial for every value of the names."""
        if not isinstance(other, int | Dim):
            return NotImplemented
        return divide(self, other)

    def __rfloordiv__(self, other: int) -> Size:
        return divide(other, self) if isinstance(other, int) else NotImplemented

    if TYPE_CHECKING:  # minigrad.ops attaches these: with floats a dimension becomes a number of the running program

        def __truediv__(self, other: Any) -> Any: ...
        def __rtruediv__(self, other: Any) -> Any: ...

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dim) and self.terms == other.terms

    def __hash__(self) -> int:
        return self._hash

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(
            f"the dimension {self} has no value while recording, so it cannot be compared, counted to or converted; "
            f"use it in a shape, or minigrad.size(dim) for its value as a Tensor"
        )

    __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __bool__ = __float__ = __int__ = __index__ = __round__ = _refuse

    def __repr__(self) -> str:
        text = ""
        for monomial, factor in self.terms.items():
            magnitude = abs(factor)
            factors = ([str(magnitude)] if magnitude != 1 or not monomial else []) + list(monomial)
            text += (" - " if factor < 0 else " + ") + "*".join(factors)
        return text[3:] if text.startswith(" + ") else "-" + text[3:]


Size = int | Dim
Shape = tuple[Size, ...]


def dims(names: str) -> tuple[Dim, ...]:
    """Dimensions for the names in a string, separated by spaces or commas; always a tuple.

    >>> n, h = dims("n h")
    >>> (side,) = dims("side")
    """
    found = names.replace(",", " ").split()
    if len(set(found)) < len(found):
        raise ValueError(f"dims needs distinct names, as in dims('n h'), and got {names!r}")
    for name in found:
        if not name.isidentifier():
            raise ValueError(f"{name!r} is not a name for a dimension; use identifiers, as in dims('n h')")
    return tuple(Dim({(name,): 1}) for name in found)


def size_of(shape: Iterable[Size]) -> Size:
    """The number of elements of a shape, an `int` when every axis is one."""
    total: Size = 1
    for length in shape:
        total = total * length
    return total


def divide(a: Size, b: Size) -> Size:
    """`a / b` as a polynomial; `ValueError` when the division leaves a remainder.

    Polynomial long division in the order of `_division_order`, which multiplication respects, so that the leading
    term of a product is the product of the leading terms.
    """
    if b == 0:
        raise ValueError(f"cannot divide the dimension {a} by 0")
    divisor = _terms(b)
    lead = max(divisor, key=_division_order)
    rest: Size = a
    quotient: Size = 0
    while rest != 0:
        terms = _terms(rest)
        top = max(terms, key=_division_order)
        factor, remainder = divmod(terms[top], divisor[lead])
        monomial = _without(top, lead)
        if remainder or monomial is None:
            raise ValueError(f"the dimension {a} is not a multiple of {b} for every value of its names")
        term = _normal({monomial: factor})
        quotient, rest = quotient + term, rest - term * b
    return quotient


def parse(text: str) -> Size:
    """The dimension that prints as `text`, the inverse of `str`; `ValueError` on anything else.

    >>> parse("2*h*n - n + 1")
    2*h*n - n + 1
    """
    total: Size = 0
    for signed in text.replace("- ", "+ -").split("+"):
        term: Size = 1
        signed = signed.strip()
        if signed.startswith("-"):
            term, signed = -1, signed[1:].strip()
        for factor in signed.split("*"):
            if not (factor.isdigit() or factor.isidentifier()):
                raise ValueError(f"{text!r} does not read as a dimension, such as n or 2*h*n + 1")
            term = term * (int(factor) if factor.isdigit() else dims(factor)[0])
        total = total + term
    return total


def _terms(x: Size) -> dict[Monomial, int]:
    return x.terms if isinstance(x, Dim) else {(): x} if x else {}


def _normal(terms: dict[Monomial, int]) -> Size:
    kept = {monomial: factor for monomial, factor in terms.items() if factor}
    return kept.get((), 0) if kept.keys() <= {()} else Dim(kept)


def _print_order(monomial: Monomial) -> tuple[int, Monomial]:
    return (-len(monomial), monomial)


def _division_order(monomial: Monomial) -> tuple[int, Monomial]:
    """Degree first, then the sorted names: a graded order, kept when both sides are multiplied by a monomial."""
    return (len(monomial), monomial)


def _without(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    rest = list(monomial)
    for name in divisor:
        if name not in rest:
            return None
        rest.remove(name)
    return tuple(rest)
