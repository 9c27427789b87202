"""Looking through definitions: what they read, and what one evaluation costs.

Reading order: … → `index_form` → **walks** → `definitions` → …
"""

from __future__ import annotations

from collections.abc import Iterator

from wasm_export.expressions import Expr
from wasm_export.index_form import Definition

# Operations that cost more than one addition, in additions: functions roughly by the length of their code in `math`,
# divisions and roots by how seldom a core can start one. What is not here costs 1; moving elements costs nothing.
COSTS = {"exp": 12, "log": 14, "log1p": 18, "tanh": 20, "sin": 30, "cos": 30, "pow": 40, "div": 4, "sqrt": 4}
COSTS |= {"const": 0, "index": 0, "read": 0, "idiv": 8, "irem": 8, "floordiv": 8, "cast": 1}


def reads(*roots: Expr) -> Iterator[Expr]:
    """All reads in expressions, each once, those inside positions included."""
    seen: set[Expr] = set()
    pending = list(roots)
    while pending:
        e = pending.pop()
        if e in seen:
            continue
        seen.add(e)
        if e.op == "read":
            yield e
        pending += e.args
        pending += _in_positions(e)


def all_reads(definition: Definition) -> Iterator[Expr]:
    """All reads of a definition, those of a scatter's positions included."""
    return reads(definition.body, *lookups(definition))


def lookups(definition: Definition) -> list[Expr]:
    """The numbers that a scatter's positions look up."""
    return [symbol for p in definition.position for symbol in p.terms if isinstance(symbol, Expr)]


def operations(e: Expr) -> int:
    """What one evaluation costs, equal parts counted once."""
    seen: set[Expr] = set()
    pending = [e]
    total = 0
    while pending:
        part = pending.pop()
        if part not in seen:
            seen.add(part)
            pending += part.args
            pending += _in_positions(part)
            total += COSTS.get(part.op, 1)
    return total


def _in_positions(e: Expr) -> list[Expr]:
    """The numbers that the positions of a read or an index look up."""
    positions = e.data[1] if e.op == "read" else (e.data,) if e.op == "index" else ()
    return [symbol for p in positions for symbol in p.terms if isinstance(symbol, Expr)]
