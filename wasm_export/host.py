"""Running a module in wasmtime: arrays are copied into its memory, and results out of it.

Arguments are checked as NumPy replay checks them, before anything runs. int64 values must fit into int32.

Reading order: … → `calls` → **host** → `compile`
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from minigrad import tree
from minigrad.program import Program, concrete
from wasm_export.calls import prepared
from wasm_export.functions import ALIGN, dimensions
from wasm_export.index_form import NARROW
from wasm_export.module import PAGE

Array = np.ndarray[Any, Any]


class Code:
    """A module translated to machine code, from which instances are made."""

    def __init__(self, wasm: bytes) -> None:
        import wasmtime

        config = wasmtime.Config()
        config.cranelift_opt_level = "speed"
        self.engine = wasmtime.Engine(config)
        self.module = wasmtime.Module(self.engine, wasm)


class Instance:
    """One instance of a module, with a memory of its own."""

    def __init__(self, code: Code) -> None:
        import wasmtime

        self.store = wasmtime.Store(code.engine)
        self.exports: Any = wasmtime.Instance(self.store, code.module, []).exports(self.store)
        memory: Any = self.exports["memory"]
        self.memory = memory
        self.first_free: int = memory.data_len(self.store)

    def reserve(self, end: int) -> None:
        """Grows the memory so that `end` bytes can be used."""
        missing = end - self.memory.data_len(self.store)
        if missing > 0:
            self.memory.grow(self.store, -(-missing // PAGE))

    def view(self, address: int, shape: tuple[int, ...], dtype: str) -> Array:
        """An array on the memory; it ends its life when the memory grows."""
        start = ctypes.addressof(self.memory.data_ptr(self.store).contents) + address
        raw: Any = (ctypes.c_uint8 * (prod(shape) * np.dtype(dtype).itemsize)).from_address(start)
        raw.owner = self  # an address keeps nothing alive: the array has to
        return np.ndarray(shape, np.dtype(dtype), raw)

    def call(self, name: str, *args: int) -> Any:
        """Calls an export."""
        return self.exports[name](self.store, *args)


class CompiledFunction:
    """A Program in a module. Call it as the Program is called."""

    def __init__(self, code: Code, name: str, program: Program) -> None:
        self.code, self.name, self.program = code, name, program
        self._last: Bound | None = None
        self._known: Any = None  # shapes that were found right, and what they bind
        self._binding: dict[str, int] = {}

    def __call__(self, *args: Any, dims: Mapping[str, int] | None = None) -> Any:
        """Fresh arrays out, in the tree that the function returned; arguments are left alone.

        Raises:
            TypeError, ValueError: for a wrong tree, dtype, shape, length or an integer beyond int32; names the input.
        """
        arrays, binding = self._checked(args, dims)
        if self._last is None or self._last.binding != binding:
            self._last = Bound(self, binding)
        self._last.fill(arrays)
        self._last.run()
        return self._last.results()

    def bind(self, *args: Any, dims: Mapping[str, int] | None = None) -> Bound:
        """The function with its arguments copied into a memory of their own, to run in place and repeatedly."""
        arrays, binding = self._checked(args, dims)
        bound = Bound(self, binding)
        bound.fill(arrays)
        return bound

    def _checked(self, args: Any, dims: Mapping[str, int] | None) -> tuple[list[Array], dict[str, int]]:
        arrays = self.program.flatten(args)
        known = [array.shape for array in arrays], dict(dims or {})
        if self._known != known:
            self._binding, self._known = self.program.bind(*known), known
        binding = self._binding
        return [narrowed_array(a, var.name) for a, var in zip(arrays, self.program.inputs, strict=True)], binding


def narrowed_array(array: Array, name: str) -> Array:
    """int64 as int32.

    Raises:
        ValueError: when a value does not fit; names the input and the value.
    """
    if array.dtype != np.int64:
        return array
    if array.size and not -(2**31) <= int(array.min()) <= int(array.max()) < 2**31:
        worst = int(array.max()) if int(array.max()) >= 2**31 else int(array.min())
        raise ValueError(f"input {name} holds {worst}, which does not fit into the module's int32")
    return array.astype(np.int32)


class Bound:
    """A function with its arguments in memory. `inputs` and `outputs` are views by name; donated ones are one view.

    `run(repeat)` computes in place: with `repeat` > 1 donated outputs feed their inputs. `arguments` are the numbers
    that the function of the module is called with, `repeat` excepted.
    """

    def __init__(self, function: CompiledFunction, binding: Mapping[str, int]) -> None:
        self.program, self.name, self.binding = function.program, function.name, dict(binding)
        self.instance = Instance(function.code)
        self._end = self.instance.first_free
        program = self.program
        donors = {output: name for name, output in program.donate.items()}
        inputs = {v.name: self._place(v.shape, v.dtype) for v in program.inputs}
        atoms = dict(zip(program.output_names, program.outputs, strict=True))
        outputs = {name: self._place(a.shape, a.dtype) for name, a in atoms.items() if name not in donors}
        sizes = [binding[name] for name in dimensions(program)]
        addresses = [place[0] for place in (*inputs.values(), *outputs.values())]
        self.arguments = (*sizes, *addresses, self._end)
        self._call = prepared(self.instance.store, self.instance.exports[self.name], self.arguments)
        self.instance.reserve(self._end + self.instance.call(f"{self.name}_scratch", *sizes) + ALIGN)
        view = self.instance.view
        self.inputs = {name: view(*place) for name, place in inputs.items()}
        self.outputs = {name: self.inputs[donors[name]] if name in donors else view(*outputs[name]) for name in atoms}

    def _place(self, shape: Any, dtype: np.dtype[Any]) -> tuple[int, tuple[int, ...], str]:
        lengths, narrow = concrete(shape, self.binding), NARROW[dtype.name]
        address = self._end
        self._end += -(-prod(lengths) * np.dtype(narrow).itemsize // ALIGN) * ALIGN
        return address, lengths, narrow

    def fill(self, arrays: Sequence[Array]) -> None:
        """Copies arguments into memory."""
        for view, array in zip(self.inputs.values(), arrays, strict=True):
            view[...] = array

    def run(self, repeat: int = 1) -> None:
        """Computes `repeat` times."""
        if repeat < 1:
            raise ValueError(f"repeat has to be at least 1, and is {repeat}")
        self._call(repeat)

    def results(self) -> Any:
        """Fresh copies of the outputs in the tree that the function returned, with the dtypes recorded."""
        program = self.program
        leaves = [
            self.outputs[name].astype(atom.dtype)
            for name, atom in zip(program.output_names, program.outputs, strict=True)
        ]
        return tree.unflatten(program.out_tree, leaves)
