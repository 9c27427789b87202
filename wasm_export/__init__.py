"""Program → fused loop nests → instructions → bytes (and WAT to read); running it in wasmtime; the page.

Reading order, a Program's way down:

| | |
|---|---|
| rule 1, index form | `expressions` → `bounds` → `rewriting` → `positions` → `index_rules` → `index_form` |
| rule 2, definitions | `walks` → `definitions` |
| rule 3, sweeps | `machine` → `nests` → `layout` → `sweeps` |
| rule 4, lanes | `lanes` → `partial` → `surplus` → `copies` → `panels` → `packing` |
| rule 5, donation | `donation` |
| instructions | `scopes` → `emitter` → `stores` → `reductions` → `codegen` |
| functions | `schedule` → `constants` → `peephole` → `functions` → `module` |
| running it | `calls` → `host` → `compile` |
| the page | `site/`: `palette` → `recorded` → `bundle` → `archive` → `export`; then `page/main.js` |

Below them stand the instructions themselves: `opcodes` → `instructions` → `validate` → `encode`, `wat`, and `math`.
"""

from wasm_export.compile import Compiled, compile, fuse, show
from wasm_export.index_form import LoweringError

__all__ = ["Compiled", "LoweringError", "compile", "fuse", "show"]
