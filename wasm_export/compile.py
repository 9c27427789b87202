"""`compile(program)`: the whole chain, to bytes that run anywhere and an object that Python can call.

    program ─index_form─▶ definitions ─▶ sweeps ─▶ lanes ─▶ instructions ─encode─▶ .wasm

Needs Python and NumPy alone; wasmtime is imported when a compiled function is called.

Reading order: … → `host` → **compile**
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from minigrad.program import Program
from wasm_export.encode import encode
from wasm_export.math import DEFINITIONS
from wasm_export.module import Lowered, build, lower
from wasm_export.nests import contained, deepest
from wasm_export.wat import wat


@dataclass(frozen=True)
class Sweep:
    """One pass over an index, and the equations (by position in the Program) that it computes."""

    index: str
    equations: tuple[int, ...]


# What a compiled module has other uses for.
RESERVED = {"memory", "programs", "module", "manifest", "lowered", "wasm"}
RESERVED |= {f"{function}_{kind}" for function in DEFINITIONS for kind in ("f32", "f32x4")}


class Compiled:
    """A module made of Programs.

    `wasm` are its bytes, `wat` its text, `manifest` what a host has to know, `lowered` the forms between, by name.
    Compiled from one Program it is called like that Program; from {name: program}, `compiled.name(*args)`.
    """

    def __init__(self, programs: Mapping[str, Program], single: str | None) -> None:
        for name in programs:
            _require_free(name, programs)
        self.programs = dict(programs)
        self.module, self.manifest, self.lowered = build(programs)
        self.wasm = encode(self.module)
        self._single = single

    @cached_property
    def wat(self) -> str:
        """The module in text format."""
        return wat(self.module)

    @cached_property
    def code(self) -> Any:
        """The module translated by wasmtime, once."""
        from wasm_export.host import Code

        return Code(self.wasm)

    @cached_property
    def functions(self) -> dict[str, Any]:
        """The functions by name, ready to be called."""
        from wasm_export.host import CompiledFunction

        return {name: CompiledFunction(self.code, name, program) for name, program in self.programs.items()}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.__dict__.get("programs", ()):
            known = ", ".join(self.__dict__.get("programs", ()))
            raise AttributeError(f"this module has no function {name!r}; it has {known}")
        return self.functions[name]

    def __call__(self, *args: Any, dims: Mapping[str, int] | None = None) -> Any:
        """Runs the one function."""
        return self._only()(*args, dims=dims)

    def bind(self, *args: Any, dims: Mapping[str, int] | None = None) -> Any:
        """The one function with its arguments placed in memory; see `host.Bound`."""
        return self._only().bind(*args, dims=dims)

    def _only(self) -> Any:
        if self._single is None:
            raise TypeError(f"this module has several functions; call one of them: {', '.join(self.programs)}")
        return self.functions[self._single]


def _require_free(name: str, programs: Mapping[str, Program]) -> None:
    taken = name in RESERVED or hasattr(Compiled, name)
    if taken or not name.isidentifier() or (name.endswith("_scratch") and name.removesuffix("_scratch") in programs):
        raise ValueError(f"a function of a module cannot be named {name!r}; choose another identifier")


def compile(program: Program | Mapping[str, Program]) -> Compiled:
    """Compiles one Program, or several by name into one module.

    Modules compute in float32, int32, uint8 and bool: what was recorded as int64 is computed in int32 and wraps there.

    Raises:
        LoweringError: for a float64 Program (record it with float32 specs) or an equation that cannot be lowered.
        TypeError: for what is neither a Program nor a dictionary of them.
    """
    if isinstance(program, Program):
        return Compiled({"main": program}, "main")
    if not isinstance(program, Mapping):
        raise TypeError(
            f"compile takes a Program or a dictionary of Programs, not {program!r}; record the function first"
        )
    return Compiled(program, next(iter(program)) if len(program) == 1 else None)


def show(program: Program, form: str = "fused") -> str:
    """A form of the Program to read: "program", "index", "fused", "loops", "memory" or "wat"."""
    if form == "program":
        return str(program)
    if form == "wat":
        return compile(program).wat
    return form_of(lower(program), form)


def form_of(low: Lowered, form: str) -> str:
    """A form on the way from Program to bytes, to read: "index", "fused", "loops" or "memory"."""
    forms: dict[str, Any] = {
        "index": lambda: str(low.form),
        "fused": lambda: fused_text(low),
        "loops": lambda: "\n\n".join(map(str, low.nests)),
        "memory": lambda: str(low.plan),
    }
    if form not in forms:
        raise ValueError(f"there is no form {form!r}; choose program, wat, {', '.join(forms)}")
    return str(forms[form]())


def fused_text(low: Lowered) -> str:
    """The definitions grouped by sweep, each with the reason why it is one."""
    lines: list[str] = []
    for nest in low.nests:
        over = ", ".join(index.name for index in deepest(nest))
        lanes = f", four {nest.lane} at a time" if nest.lane else ""
        why = f"  ; {nest.why}" if nest.why else ""
        lines.append((f"sweep over {over}{lanes}" if over else "in no loop") + why)
        for definition in contained(nest.body):
            stored = "stored" if definition.array in low.stored else "in a register"
            reason = low.kernels.reasons.get(definition.array, "packed")
            lines.append(f"    {definition}  ; {reason}; {stored}")
    return "\n".join(lines)


def fuse(program: Program) -> tuple[Sweep, ...]:
    """Which equations run together: the sweeps of the compiled Program in order.

    Each names its outermost index ("" when it has none) and the indices of the equations whose work it does. An
    equation that is recomputed appears in each sweep that does so; one that only moves elements belongs to its uses.
    """
    from wasm_export.sweeps import equations_of

    low = lower(program)
    return tuple(Sweep(index, equations) for index, equations in equations_of(program, low.form, low.nests))
