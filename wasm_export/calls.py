"""A call into WebAssembly whose arguments are prepared once.

wasmtime's Python package converts and checks every argument at every call, which takes longer than a training step.
Here the arguments stand in an array of raw values that is handed over as it is. That uses the package's own bindings to
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
        trap = ctypes.POINTER(c.wasm_trap_t)()
    except (ImportError, AttributeError):
        return lambda last: function(store, *arguments, last)

    def call(last: int) -> None:
        for value, argument in zip(values, arguments, strict=False):
            value.i32 = argument
        values[count - 1].i32 = last
        if run(context, target, values, count, ctypes.byref(trap)) or trap:
            raise RuntimeError("the compiled function trapped: its memory is smaller than its arguments say")

    return call
