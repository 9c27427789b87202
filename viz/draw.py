"""A recorded Program as a graph: forward, backward and update told apart, the values' shapes on the arrows.

Reading order: style → dot → **draw**, tape

A box says an equation in the names that the Program prints. What only moves elements (broadcast, transpose, …) has
no box but shows on the arrow, so that a whole training step stays readable; constants stand where they are used.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from minigrad.program import Atom, Constant, Equation, Program, Var
from minigrad.tensor import Tensor
from minigrad.text import atom_text, type_text
from viz.dot import Drawing, cluster, edge, graph, legend, mixed, node, quoted
from viz.style import theme_named
from viz.tape import draw_tape
from wasm_export.site.palette import PETROFF_6, Theme

ROLES = dict(zip(("forward", "backward", "update"), PETROFF_6))
TINT = 0.3
MOVES = ("broadcast", "reshape", "transpose", "slice", "flip", "stop_gradient")
WORTH_SAYING = ("transpose", "slice", "flip")  # the others show in the shape, or do nothing to the values
SIGNS = {
    "add": "+", "sub": "−", "mul": "×", "div": "/", "floordiv": "//", "pow": "**", "matmul": "@",
    "lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "=", "ne": "≠",
}  # fmt: skip


class Group(Protocol):
    """Equations that run together; `wasm_export.fuse(program)` gives a sequence of these."""

    @property
    def index(self) -> str:
        """The index that their loop runs over."""

    @property
    def equations(self) -> Sequence[int]:
        """Their places in the Program."""


def draw(
    what: Program | Tensor,
    *,
    fusion: Iterable[Group] = (),
    names: dict[str, Tensor] | None = None,
    theme: str = "light",
) -> Drawing:
    """Draws a recorded Program, or how a Tensor was computed, with values and gradients.

    Args:
        what: a Program; or a scalar Tensor computed from some made with `requires_grad=True`.
        fusion: groups of a Program's equations to outline, as `wasm_export.fuse(program)` gives them.
        names: what to call some of a Tensor's predecessors.
        theme: "light" or "dark".

    Raises:
        TypeError: neither a Program nor a Tensor.
        ValueError: there is no such theme, or nothing of the Tensor was remembered.
    """
    if isinstance(what, Tensor):
        return draw_tape(what, names or {}, theme)
    if not isinstance(what, Program):
        raise TypeError(f"cannot draw a {type(what).__name__}; give a Program from minigrad.record, or a Tensor")
    colours = theme_named(theme)
    return Drawing(graph(_Sketch(what, colours).statements(fusion), colours))


class _Sketch:
    """The statements of one Program's graph."""

    def __init__(self, program: Program, theme: Theme) -> None:
        self.program, self.theme = program, theme
        self.maker = {id(eq.output): eq for eq in program.equations}
        self.shown = [place for place, eq in enumerate(program.equations) if eq.primitive not in MOVES]

    def statements(self, fusion: Iterable[Group]) -> list[str]:
        """Inputs, equations, outputs, what the colours mean, and the outlines of what runs together."""
        program, theme = self.program, self.theme
        lines: list[str] = []
        for place in self.shown:
            eq = program.equations[place]
            hue = ROLES[eq.role]
            lines.append(node(eq.output.name, self._text(eq), fillcolor=mixed(hue, theme.surface, TINT), color=hue))
            lines += [line for atom in dict.fromkeys(eq.inputs) for line in self._arrow(atom, eq.output.name)]
        for name, atom in zip(program.output_names, program.outputs, strict=True):
            lines.append(node(f"out {name}", name, style="rounded,bold", color=theme.ink))
            lines += self._arrow(atom, f"out {name}")
        roles = dict.fromkeys(eq.role for eq in program.equations)
        if len(roles) > 1:
            lines += legend({role: mixed(ROLES[role], theme.surface, TINT) for role in roles}, theme)
        return lines + self._outlines(fusion)

    def _outlines(self, fusion: Iterable[Group]) -> list[str]:
        """Each equation in the first group that has it: Graphviz draws groups side by side, not across each other."""
        free = set(self.shown)
        lines = []
        look = {"style": "rounded,dashed", "color": self.theme.muted, "fontcolor": self.theme.muted, "labeljust": "l"}
        for number, group in enumerate(fusion, start=1):
            mine = sorted(free.intersection(group.equations))
            free.difference_update(mine)
            members = [f"{quoted(name)};" for place in mine for name in self._nodes(self.program.equations[place])]
            over = f" over {group.index}" if group.index else ""
            lines += [cluster(str(number), f"sweep {number}{over}", members, **look)] if members else []
        return lines

    def _nodes(self, eq: Equation) -> list[str]:
        """An equation's own node, and those of the inputs that it uses."""
        origins = (self._origin(atom)[0] for atom in dict.fromkeys(eq.inputs))
        used = [var for var in origins if isinstance(var, Var) and id(var) not in self.maker]
        return [eq.output.name, *(_use(var, eq.output.name) for var in used)]

    def _arrow(self, atom: Atom, end: str) -> list[str]:
        """From what made a value to its use, with its shape and what only moved its elements on the way."""
        start, moves = self._origin(atom)
        if isinstance(start, Constant):
            return []  # it is written where it is used
        label = "\n".join([*moves, type_text(atom)])
        if id(start) in self.maker:
            return [edge(start.name, end, label)]
        mine = _use(start, end)
        return [node(mine, start.name, style="", shape="plaintext"), edge(mine, end, label)]

    def _origin(self, atom: Atom) -> tuple[Atom, list[str]]:
        """What a value is before it is moved, and how it is moved."""
        moves: list[str] = []
        while (eq := self.maker.get(id(atom))) is not None and eq.primitive in MOVES:
            moves.insert(0, eq.primitive)
            atom = eq.inputs[0]
        return atom, [move for move in moves if move in WORTH_SAYING]

    def _text(self, eq: Equation) -> str:
        """`c = a + b`: the equation in the names that the Program prints."""
        operands = [atom_text(self._origin(atom)[0]) for atom in eq.inputs]
        if eq.primitive in SIGNS:
            return f"{eq.output.name} = {operands[0]} {SIGNS[eq.primitive]} {operands[1]}"
        params = [f"{key}={_plain(value)}" for key, value in eq.params.items() if key != "dtype"]
        return f"{eq.output.name} = {eq.primitive}({', '.join([*operands, *params])})"


def _use(var: Var, end: str) -> str:
    """The node of one use of an input: lines from a single one across the whole graph would hide it."""
    return f"{var.name} for {end}"


def _plain(value: Any) -> str:
    return str(value).replace(" ", "").replace(",)", ")")
