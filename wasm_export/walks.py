"""Looking through definitions: what they read, and what one evaluation costs.

Reading order: … → `index_form` → **walks** → `definitions` → …
"""

from __future__ import annotations

from collections.abc import Iterator

from wasm_export.expressions import Expr, Index, Position, positions_in
from wasm_export.index_form import Definition

# Operations that cost more than one addition, in additions: functions roughly by the length of their code in `math`,
# divisions and roots by how seldom a core can start one. What is not here costs 1; moving elements costs nothing.
COSTS = {"exp": 12, "log": 14, "log1p": 18, "tanh": 20, "sin": 30, "cos": 30, "pow": 40, "div": 4, "sqrt": 4}
COSTS |= {"const": 0, "index": 0, "read": 0, "idiv": 8, "irem": 8, "floordiv": 8, "cast": 1}


def reads(*roots: Expr) -> Iterator[Expr]:
    """All reads in expressions, each once, those inside positions included."""
    return (e for e in _parts(*roots) if e.op == "read")


def parts_without(e: Expr, index: Index) -> Iterator[Expr]:
    """The largest parts of an expression that do not mention an index, each once, in the order they stand."""
    seen: set[Expr] = set()
    pending = [e]
    while pending:
        part = pending.pop()
        if part not in seen:
            seen.add(part)
            if index in part.indices:
                pending += reversed(part.args)
            else:
                yield part


def _parts(*roots: Expr) -> Iterator[Expr]:
    """All parts of expressions, each once, those inside positions included."""
    seen: set[Expr] = set()
    pending = list(roots)
    while pending:
        e = pending.pop()
        if e not in seen:
            seen.add(e)
            yield e
            pending += e.args
            pending += _looked_up(positions_in(e))


def all_reads(definition: Definition) -> Iterator[Expr]:
    """All reads of a definition, those of a scatter's positions included."""
    return reads(definition.body, *lookups(definition))


def lookups(definition: Definition) -> list[Expr]:
    """The numbers that a scatter's positions look up."""
    return _looked_up(definition.position)


def operations(e: Expr) -> int:
    """What one evaluation costs, equal parts counted once."""
    return sum(COSTS.get(part.op, 1) for part in _parts(e))


def _looked_up(positions: Position) -> list[Expr]:
    return [symbol for p in positions for symbol in p.terms if isinstance(symbol, Expr)]
