"""Composite rows: several rows of the table done at once, where there are numbers to do it with.

A row costs Python about a microsecond whatever it computes, so a loss of fifteen rows on small arrays is mostly Python.
A composite row has a NumPy kernel and a VJP of its own, and a *definition*: the function of Tensors that it is short
for. Only eager code sees it. What is recorded is the definition, so that Programs, passes and back ends know the rows
of the table and nothing else, and show what the function is made of. `tests/minigrad/test_composite.py` holds every
composite row to its definition: its value, to the bit but for what BLAS rounds, and its first and second derivatives.

Reading order: primitives -> ops (..., index, **composite**, loss, operators) -> tree -> ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad.abstract import Abstract, Dtype
from minigrad.dims import Shape
from minigrad.primitive import Primitive, Rule
from minigrad.tensor import Tensor, Value, leaf

COMPOSITES: dict[str, Composite] = {}
"""All of them by name."""


class Composite(Primitive):
    """A row that a Program never has; calling it promotes and checks nothing, as with every row.

    `kernel` takes arrays and gives what `definition` gives of Tensors. As in the table, there is one rule per input,
    and it may be given plain arrays; given Tensors it uses rows and functions that remember.
    """

    __slots__ = ("definition",)

    def __init__(
        self, name: str, definition: Callable[..., Tensor], kernel: Callable[..., Any], *rules: Rule | None
    ) -> None:
        super().__init__(name, kernel, self._shape, rules, on_arrays=True)
        self.definition = definition
        assert name not in COMPOSITES, name
        COMPOSITES[name] = self

    def record(self, inputs: tuple[Tensor, ...], params: dict[str, Any]) -> Tensor:
        """The rows that it is short for."""
        return self.definition(*inputs, **params)

    def _shape(self, *values: Value, **params: Any) -> tuple[Shape, Dtype]:
        result = self.definition(*(leaf(Abstract(x.shape, x.dtype)) for x in values), **params)
        return result.shape, result.dtype
