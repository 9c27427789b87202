"""A row of the table, and what happens when it is applied: compute, and remember if somebody will ask.

Reading order: tensor -> memory -> **primitive** -> primitives -> ops -> ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.abstract import Abstract, Dtype, asked_by
from minigrad.dims import Dim, Shape
from minigrad.memory import LARGE, take_like
from minigrad.tensor import Tensor, as_tensor, births

Rule = Callable[..., Tensor]  # (cotangent, output, *inputs, **params) -> cotangent of one input; see `on_arrays`
ShapeRule = Callable[..., tuple[Shape, Dtype]]  # (*values, **params) -> shape and dtype of the result
new, ndarray = object.__new__, np.ndarray  # a name of this file is found faster, and every operation passes here


class Primitive:
    """One row of the table: a name, a NumPy implementation, a shape rule and a VJP.

    `vjp` has one rule per input, `(g, z, *inputs, **params) -> cotangent of that input`, where `g` is the cotangent
    of the output `z`; None says that this input has no gradient. A primitive with any number of inputs gives a
    function from the position of an input to its rule instead. Rules are written with Tensors, so they can be
    differentiated again. Calling a primitive promotes and converts nothing; inputs are expected to fit, as the
    functions under `minigrad` make them.

    Two marks are of the library's own rows. `on_arrays`: the rules write to nothing that they are given and know plain
    arrays too, by using only operators, rows, and what arrays have, and this row on those gives what `impl` gives.
    `reuse`: `impl` is a ufunc whose result is like its first input, so a large result can go to memory used before.
    """

    __slots__ = ("impl", "name", "on_arrays", "reuse", "shape", "vjp")

    def __init__(
        self,
        name: str,
        impl: Callable[..., Any],
        shape: ShapeRule,
        vjp: tuple[Rule | None, ...] | Callable[[int], Rule | None],
        on_arrays: bool = False,
        reuse: bool = False,
    ) -> None:
        self.name, self.impl, self.shape, self.vjp = name, impl, shape, vjp
        self.on_arrays, self.reuse = on_arrays, reuse

    def rule(self, position: int) -> Rule | None:
        """The VJP rule of the input at `position`."""
        return self.vjp[position] if isinstance(self.vjp, tuple) else self.vjp(position)

    def __call__(self, *inputs: Tensor, **params: Any) -> Tensor:
        """The result of applying this row, tracked when an input is."""
        tracked = False
        values = []
        for x in inputs:
            if type(x) is not Tensor:
                return self._without_tensors(inputs, params)  # type: ignore[no-any-return]  # a rule runs on arrays
            value = x.value
            if x.birth:
                if type(value) is Abstract:
                    return self.record(tuple(map(as_tensor, inputs)), params)
                tracked = True
            values.append(value)
        try:
            if self.reuse and values[0].size >= LARGE:
                value = self.impl(*values, out=take_like(values[0]), **params)
            elif params:
                value = self.impl(*values, **params)
            else:  # without a dictionary Python calls its own functions faster
                value = self.impl(*values)
        except Exception:
            if _is_symbolic(params):  # NumPy refuses a `Dim`: even of constant inputs there is no number yet
                return self.record(inputs, params)
            self.shape(*values, **params)  # the shape rule knows how to say what was wrong
            raise
        if type(value) is not ndarray:
            value = np.asarray(value)
        result = new(Tensor)
        result.value = value
        if tracked:
            result.birth = next(births)
            result.history = (self, inputs, params)
        else:
            result.birth = 0
            result.history = None
        return result

    def _without_tensors(self, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """The result when an input is not a Tensor; see `on_arrays`."""
        if self.on_arrays and Tensor not in map(type, inputs):
            try:
                return self.impl(*inputs, **params)
            except Exception:
                self.shape(*map(np.asarray, inputs), **params)
                raise
        return self(*map(as_tensor, inputs), **params)

    def record(self, inputs: tuple[Tensor, ...], params: dict[str, Any]) -> Tensor:
        """The result as an abstract Tensor: its shape and dtype, where it was asked for, and no numbers."""
        shape, dtype = self.shape(*(x.value for x in inputs), **params)
        role, source = asked_by()
        result = new(Tensor)
        result.value, result.birth, result.history = (
            Abstract(shape, dtype, source, role),
            next(births),
            (self, inputs, params),
        )
        return result

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


def _is_symbolic(params: dict[str, Any]) -> bool:
    """Whether a parameter holds a `Dim`."""
    return any(type(p) is Dim or (type(p) is tuple and Dim in map(type, p)) for p in params.values())
