"""A call into WebAssembly that hands its arguments over as raw values.

wasmtime's Python package converts and checks every argument at every call, which takes longer than a training step.
Here they are written into an array of raw values that is made once. That uses the package's own bindings to
the C interface (`wasmtime_func_call_unchecked`, whose arguments have to have the function's types: all ours are i32).
Where a version of the package lacks them, the ordinary call does the same, slower.

Reading order: … → `module` → **calls** → `host` → …
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any


def prepared(store: Any, function: Any, arguments: Sequence[int]) -> Callable[[int], None]:
    """`call(last)` runs `function(*arguments, last)`; all are i32 and there is no result.

    Raises:
        RuntimeError: from the call, when it traps.
    """
    try:
        from wasmtime import _bindings as c

        context, target, run = store._context(), ctypes.byref(function._func), c.wasmtime_func_call_unchecked
        count = len(arguments) + 1
        values = (c.wasmtime_val_raw_t * count)()
    except (ImportError, AttributeError):
        return lambda last: function(store, *arguments, last)

    def call(last: int) -> None:
        for place, argument in enumerate(arguments):  # again each time: wasmtime writes its results here
            values[place].i32 = argument
        values[count - 1].i32 = last
        trap = ctypes.POINTER(c.wasm_trap_t)()
        error = run(context, target, values, count, ctypes.byref(trap))
        if error or trap:
            if error:
                c.wasmtime_error_delete(error)
            if trap:
                c.wasm_trap_delete(trap)
            raise RuntimeError("the compiled function trapped: its memory is smaller than its arguments say")

    return call
