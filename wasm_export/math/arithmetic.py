"""Arithmetic that is written once and becomes instructions for one value or for four lanes.

`x * 2 + y` on `Quantity`s builds the tree `f32.add(f32.mul(x, 2), y)`, or `f32x4.add(f32x4.mul(x, 2), y)` when the
values are vectors. Both forms do the same IEEE operations in the same order, so a lane has the bits of the scalar.
That is what lets a compiled loop finish its last n mod 4 elements one at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Union

from wasm_export.instructions import Instr, Node, f32, f32x4, f64, f64x2, get, i32, i32x4, i64, i64x2, op, set_
from wasm_export.opcodes import Type

Element = Literal["f32", "f64", "i32", "i64"]
Number = Union["Quantity", float]

SHAPES = {"f32": "f32x4", "f64": "f64x2", "i32": "i32x4", "i64": "i64x2"}
CONSTANTS: dict[str, Callable[..., Instr]] = {
    function.__name__: function for function in (f32, f64, i32, i64, f32x4, f64x2, i32x4, i64x2)
}
SIGN = {"f32": 1 << 31, "f64": 1 << 63}


@dataclass
class Statements:
    """Where statements gather: `fresh(type)` names a new local, `vector` chooses lanes over a single value."""

    fresh: Callable[[Type], str]
    vector: bool
    statements: list[Node] = field(default_factory=list)


@dataclass(frozen=True)
class Quantity:
    """An expression of one element type. Use `let` before using it twice, or its tree is computed twice."""

    scope: Statements
    element: Element
    tree: Node

    def let(self) -> "Quantity":
        """Computes the value into a fresh local; a local stays as it is."""
        if isinstance(self.tree, Instr) and self.tree.op == "local.get":
            return self
        kind: Type = "v128" if self.scope.vector else self.element
        name = self.scope.fresh(kind)
        self.scope.statements.append(set_(name, self.tree))
        return self._of(get(name))

    def __add__(self, other: Number) -> "Quantity":
        return self._apply("add", other)

    def __sub__(self, other: Number) -> "Quantity":
        return self._apply("sub", other)

    def __mul__(self, other: Number) -> "Quantity":
        return self._apply("mul", other)

    def __truediv__(self, other: Number) -> "Quantity":
        return self._apply("div", other)

    def __radd__(self, other: float) -> "Quantity":
        return self.like(other) + self

    def __rsub__(self, other: float) -> "Quantity":
        return self.like(other) - self

    def __rmul__(self, other: float) -> "Quantity":
        return self.like(other) * self

    def __rtruediv__(self, other: float) -> "Quantity":
        return self.like(other) / self

    def __neg__(self) -> "Quantity":
        return self._apply("neg")

    def __abs__(self) -> "Quantity":
        return self._apply("abs")

    def trunc(self) -> "Quantity":
        """Rounded toward zero, still a float."""
        return self._apply("trunc")

    def __lshift__(self, count: int) -> "Quantity":
        return self._shift("shl", count)

    def __rshift__(self, count: int) -> "Quantity":
        """Of integers, keeping the sign."""
        return self._shift("shr_s", count)

    def shift_down(self, count: int) -> "Quantity":
        """Of integers, filling with zeros."""
        return self._shift("shr_u", count)

    def __and__(self, other: Number) -> "Quantity":
        return self._bitwise("and", other)

    def __or__(self, other: Number) -> "Quantity":
        return self._bitwise("or", other)

    def __xor__(self, other: Number) -> "Quantity":
        return self._bitwise("xor", other)

    def __lt__(self, other: Number) -> "Mask":
        return self._compare("lt", other)

    def __gt__(self, other: Number) -> "Mask":
        return self._compare("gt", other)

    def equals(self, other: Number) -> "Mask":
        """True where the numbers are equal (so never for NaN)."""
        return self._compare("eq", other)

    def differs(self, other: Number) -> "Mask":
        """True where the numbers are not equal (so always for NaN)."""
        return self._compare("ne", other)

    def at_most(self, bound: float) -> "Quantity":
        """The smaller of the two; NaN stays NaN."""
        return self._bounded("pmin", "gt", bound)

    def at_least(self, bound: float) -> "Quantity":
        """The larger of the two; NaN stays NaN."""
        return self._bounded("pmax", "lt", bound)

    def copysign(self, sign: "Quantity") -> "Quantity":
        """The magnitude of this with the sign of the other."""
        if not self.scope.vector:
            return self._apply("copysign", sign)
        mask = self.bits().like(SIGN[self.element])
        return self._of(op("v128.bitselect", sign.tree, self.tree, mask.tree))

    def bits(self) -> "Quantity":
        """The float's bits as an integer."""
        integer: Element = "i32" if self.element == "f32" else "i64"
        tree = self.tree if self.scope.vector else op(f"{integer}.reinterpret_{self.element}", self.tree)
        return Quantity(self.scope, integer, tree)

    def from_bits(self) -> "Quantity":
        """The float that has these bits."""
        floating: Element = "f32" if self.element == "i32" else "f64"
        tree = self.tree if self.scope.vector else op(f"{floating}.reinterpret_{self.element}", self.tree)
        return Quantity(self.scope, floating, tree)

    def to_float32(self) -> "Quantity":
        """The nearest float32 of a 32-bit integer."""
        name = "f32x4.convert_i32x4_s" if self.scope.vector else "f32.convert_i32_s"
        return Quantity(self.scope, "f32", op(name, self.tree))

    def like(self, other: Number) -> "Quantity":
        """A constant becomes a value of this element type."""
        return other if isinstance(other, Quantity) else self._of(CONSTANTS[self._shape](other))

    @property
    def _shape(self) -> str:
        return SHAPES[self.element] if self.scope.vector else self.element

    def _of(self, tree: Node) -> "Quantity":
        return Quantity(self.scope, self.element, tree)

    def _apply(self, name: str, *others: Number) -> "Quantity":
        return self._of(op(f"{self._shape}.{name}", self.tree, *(self.like(other).tree for other in others)))

    def _shift(self, name: str, count: int) -> "Quantity":
        # Vector shifts take the count as i32, scalar ones in their own type.
        amount = i64(count) if self.element == "i64" and not self.scope.vector else i32(count)
        return self._of(op(f"{self._shape}.{name}", self.tree, amount))

    def _bitwise(self, name: str, other: Number) -> "Quantity":
        prefix = "v128" if self.scope.vector else self.element
        return self._of(op(f"{prefix}.{name}", self.tree, self.like(other).tree))

    def _compare(self, name: str, other: Number) -> "Mask":
        return Mask(self.scope, op(f"{self._shape}.{name}", self.tree, self.like(other).tree))

    def _bounded(self, name: str, beyond: str, bound: float) -> "Quantity":
        if self.scope.vector:
            return self._apply(name, bound)
        value = self.let()
        return value._compare(beyond, bound).where(self.like(bound), value)


@dataclass(frozen=True)
class Mask:
    """A truth value: 0 or 1 as i32, or all bits of a lane."""

    scope: Statements
    tree: Node

    def where(self, then: Quantity, otherwise: Quantity) -> Quantity:
        """One or the other; both are computed."""
        name = "v128.bitselect" if self.scope.vector else "select"
        return Quantity(self.scope, then.element, op(name, then.tree, otherwise.tree, self.tree))

    def __and__(self, other: "Mask") -> "Mask":
        return Mask(self.scope, op("v128.and" if self.scope.vector else "i32.and", self.tree, other.tree))

    def __or__(self, other: "Mask") -> "Mask":
        return Mask(self.scope, op("v128.or" if self.scope.vector else "i32.or", self.tree, other.tree))


def in_float64(function: Callable[..., Quantity], *args: Quantity) -> Quantity:
    """`function` of float32 values computed in float64 and rounded once; four lanes are two halves of two."""
    scope = args[0].scope
    args = tuple(arg.let() for arg in args)
    if not scope.vector:
        wide = function(*(Quantity(scope, "f64", op("f64.promote_f32", arg.tree)) for arg in args))
        return Quantity(scope, "f32", op("f32.demote_f64", wide.tree))
    upper = (*range(8, 16), *range(8, 16))
    halves = []
    for pick in (lambda tree: tree, lambda tree: op("i8x16.shuffle", tree, tree, imm=upper)):
        wide = function(*(Quantity(scope, "f64", op("f64x2.promote_low_f32x4", pick(arg.tree))) for arg in args))
        halves.append(Quantity(scope, "f32", op("f32x4.demote_f64x2_zero", wide.tree)).let().tree)
    return Quantity(scope, "f32", op("i8x16.shuffle", *halves, imm=(*range(8), *range(16, 24))))
