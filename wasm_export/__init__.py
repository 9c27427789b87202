"""Program → fused loop nests → instructions → bytes (and WAT to read); running it in wasmtime; the page.

Reading order, a Program's way down: `expressions` → `positions` → `index_rules` → `index_form` → `definitions` →
`nests` → `sweeps` → `lanes` → `donation` → `machine` → `emitter` → `codegen` → `module` → `compile`, `host`.
Below them stand the instructions themselves: `opcodes` → `instructions` → `validate` → `encode`, `wat`, and `math`.
"""

from wasm_export.compile import Compiled, compile, fuse, show
from wasm_export.index_form import LoweringError

__all__ = ["Compiled", "LoweringError", "compile", "fuse", "show"]
