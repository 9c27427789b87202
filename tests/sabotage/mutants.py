"""Ways to break one entry of a table: VJP rules, shape rules, kernels of composite rows, passes, algebraic rewrites."""

import ast
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minigrad import passes
from minigrad.ops.composite import COMPOSITES
from minigrad.primitive import Primitive
from minigrad.primitives import TABLE
from minigrad.program import Constant, Equation, Program

Rule = Callable[..., Any]


@dataclass(frozen=True)
class Mutant:
    """What is broken and how, and the container, key and broken value that are swapped in."""

    kind: str  # "vjp", "shape", "kernel" or "pass"
    entry: str  # name of the row or pass
    how: str
    where: Any
    key: str
    broken: Any

    def __str__(self) -> str:
        return f"{self.kind} of {self.entry}: {self.how}"

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The table with this entry broken."""
        get, put = (dict.__getitem__, dict.__setitem__) if isinstance(self.where, dict) else (getattr, setattr)
        whole = get(self.where, self.key)
        put(self.where, self.key, self.broken)
        try:
            yield
        finally:
            put(self.where, self.key, whole)


def all_mutants() -> Iterator[Mutant]:
    """Every mutant of every row and pass."""
    for name in sorted(TABLE):
        yield from _of_rules(name, TABLE[name])
        yield from _of_shapes(name)
    for name in sorted(COMPOSITES):
        yield from _of_rules(name, COMPOSITES[name])
        for how, change in CHANGES.items():
            yield Mutant("kernel", name, how, COMPOSITES[name], "impl", _changed(COMPOSITES[name].impl, change))
    yield from _of_passes()
    yield from _of_rewrites()


def _of_rules(name: str, row: Primitive) -> Iterator[Mutant]:
    if not isinstance(row.vjp, tuple):
        whole = row.vjp
        for how, change in CHANGES.items():
            yield Mutant("vjp", name, how, row, "vjp", lambda i, change=change: _changed(whole(i), change))
        yield Mutant("vjp", name, "inputs swapped", row, "vjp", lambda i: whole(max(0, i - 1)))
        return
    for position, rule in enumerate(row.vjp):
        for how, broken in _broken_rules(name, rule, row.vjp):
            vjp = (*row.vjp[:position], broken, *row.vjp[position + 1 :])
            yield Mutant("vjp", name, f"input {position}, {how}", row, "vjp", vjp)


CHANGES: dict[str, Callable[[Any], Any]] = {
    "zeroed": lambda x: x * 0.0,
    "negated": lambda x: -x,
    "factor 2": lambda x: x * 2.0,
}


def _broken_rules(name: str, rule: Rule | None, rules: tuple[Rule | None, ...]) -> Iterator[tuple[str, Rule | None]]:
    if rule is None:
        if len(rules) == 1 and name not in ("argmax", "one_hot"):  # there, integers stop it before the rule is asked
            yield "a gradient where there is none", lambda g, *rest, **params: g
        return
    yield "no rule", None
    for how, change in CHANGES.items():
        yield how, _changed(rule, change)
    if len(rules) > 1 and rules[-1] is not None and _reads_both(rule, len(rules)):
        yield "inputs swapped", lambda g, z, *xs, **params: rule(g, z, *xs[:-2], xs[-1], xs[-2], **params)
    yield from _lost_terms(rule)


def _reads_both(rule: Rule, inputs: int) -> bool:
    """Whether the formula holds one of the last two inputs; else it is the same with them swapped."""
    node = _source(rule)
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    _, _, *rest = (argument.arg for argument in node.args.args)  # all but g and z
    return bool(names & set(rest[:inputs][-2:]))


def _changed(rule: Rule | None, change: Callable[[Any], Any]) -> Rule | None:
    return None if rule is None else lambda *args, **params: change(rule(*args, **params))


def _lost_terms(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """The rule with one operation replaced by either of its operands, or one comparison by its neighbour."""
    node = _source(rule)
    for place, part in enumerate(ast.walk(node)):
        if isinstance(part, ast.BinOp):
            replacements: list[Any] = [part.left, part.right]
        elif isinstance(part, ast.Compare) and type(part.ops[0]) in NEIGHBOUR:
            replacements = [ast.Compare(part.left, [NEIGHBOUR[type(part.ops[0])]()], part.comparators)]
        else:
            continue
        for replacement in replacements:
            broken = _replaced(node, place, replacement)
            shown = broken.body if isinstance(broken, ast.Lambda) else replacement
            yield f"{ast.unparse(part)} -> {ast.unparse(replacement)} in {ast.unparse(shown)}", _compiled(broken, rule)


NEIGHBOUR: dict[Any, Any] = {ast.Gt: ast.GtE, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE}


def _source(rule: Rule) -> Any:
    """The syntax of a rule: the lambda or function in its file that compiles to the same code."""
    code = rule.__code__  # type: ignore[attr-defined]
    with open(code.co_filename) as file:
        tree = ast.parse(file.read())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            return node
        if isinstance(node, ast.Lambda) and node.lineno == code.co_firstlineno and code.co_name == "<lambda>":
            compiled = compile(ast.Expression(node), "", "eval").co_consts[0]
            if (compiled.co_code, compiled.co_names) == (code.co_code, code.co_names):
                return node
    raise LookupError(f"no source found for {inspect.getsource(rule)}")


def _replaced(node: Any, place: int, replacement: Any) -> Any:
    copy = deepcopy(node)
    target = list(ast.walk(copy))[place]
    for parent in ast.walk(copy):
        for field, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, field, deepcopy(replacement))
            elif isinstance(value, list):
                value[:] = [deepcopy(replacement) if item is target else item for item in value]
    return ast.fix_missing_locations(copy)


def _compiled(node: Any, rule: Rule) -> Rule:
    scope = dict(rule.__globals__)  # type: ignore[attr-defined]
    if isinstance(node, ast.Lambda):
        return eval(compile(ast.Expression(node), "<mutant>", "eval"), scope)  # type: ignore[no-any-return]
    exec(compile(ast.Module([node], []), "<mutant>", "exec"), scope)
    return scope[node.name]  # type: ignore[no-any-return]


def _of_shapes(name: str) -> Iterator[Mutant]:
    row = TABLE[name]
    whole = row.shape
    other = {"float64": "float32", "float32": "float64", "int64": "int32", "int32": "int64", "uint8": "int32"}
    ways: dict[str, Callable[[Any, Any], Any]] = {
        "an axis more": lambda shape, dtype: ((*shape, 1), dtype),
        "an axis less": lambda shape, dtype: (shape[1:], dtype) if shape else ((1,), dtype),
        "one longer": lambda shape, dtype: (tuple(n + 1 for n in shape), dtype) if shape else ((1,), dtype),
        "axes reversed": lambda shape, dtype: (shape[::-1], dtype),
        "zeroed": lambda shape, dtype: ((0,) * len(shape) or (0,), dtype),
        "factor 2": lambda shape, dtype: (tuple(2 * n for n in shape) or (2,), dtype),
        "another dtype": lambda shape, dtype: (shape, np.dtype(other.get(dtype.name, "uint8"))),
    }
    for how, way in ways.items():
        if how == "axes reversed" and name in ("iota", "size"):
            continue  # results of one axis or none have no order
        yield Mutant("shape", name, how, row, "shape", lambda *xs, way=way, **p: way(*whole(*xs, **p)))
    if name in ("matmul", "gather", "scatter_add", "where"):  # whose inputs differ in their part
        yield Mutant("shape", name, "inputs swapped", row, "shape", lambda *xs, **p: whole(*xs[::-1], **p))


def _of_passes() -> Iterator[Mutant]:
    for name, one_pass in passes.PASSES.items():
        function = one_pass.__name__
        for how, change in PROGRAM_CHANGES.items():
            broken = lambda p, one_pass=one_pass, change=change: change(p if change is _nothing else one_pass(p))  # noqa: E731
            yield Mutant("pass", name, how, passes, function, broken)
            yield Mutant("pass", name, f"{how}, in simplify", passes.PASSES, name, broken)


def _of_rewrites() -> Iterator[Mutant]:
    for name, rewrite in passes._ALGEBRA.items():

        def inputs_swapped(eq: Any, definitions: Any, rewrite: Any = rewrite) -> Any:
            result = rewrite(eq, definitions)
            if isinstance(result, Equation):
                return replace(result, inputs=result.inputs[::-1]) if len(result.inputs) > 1 else eq.inputs[0]
            return result if result is None else next((a for a in eq.inputs if a is not result), None)

        yield Mutant("pass", f"algebra of {name}", "does nothing", passes._ALGEBRA, name, lambda eq, definitions: None)
        yield Mutant(
            "pass", f"algebra of {name}", "always the first input", passes._ALGEBRA, name, lambda eq, d: eq.inputs[0]
        )
        if name in ("add", "mul", "div", "where"):  # a difference becomes a sum, whose order does not matter
            yield Mutant("pass", f"algebra of {name}", "inputs swapped", passes._ALGEBRA, name, inputs_swapped)


def _nothing(program: Program) -> Program:
    return program


def _without_last(program: Program) -> Program:
    return replace(program, equations=program.equations[:-1], _plans={})


class Scaled(Constant):
    """A constant that has been changed, and is not changed again: passes are repeated until nothing changes."""


class Swapped(Equation):
    """An equation whose operands have been exchanged, and stay so."""


def _scaled(factor: float) -> Callable[[Program], Program]:
    """Every float constant of the program multiplied."""

    def change(program: Program) -> Program:
        def atom(a: Any) -> Any:
            is_float = type(a) is Constant and a.dtype.kind == "f"
            return Scaled(np.asarray(a.value * factor, a.dtype)) if is_float else a

        equations = tuple(replace(eq, inputs=tuple(map(atom, eq.inputs))) for eq in program.equations)
        return replace(program, equations=equations, outputs=tuple(map(atom, program.outputs)), _plans={})

    return change


def _swapped(program: Program) -> Program:
    """The operands of the first difference, quotient or comparison exchanged."""
    for place, eq in enumerate(program.equations):
        if isinstance(eq, Swapped):
            break
        if eq.primitive in ("sub", "div", "pow", "lt", "gt", "where") and eq.inputs[-1] is not eq.inputs[-2]:
            exchanged = (*eq.inputs[:-2], eq.inputs[-1], eq.inputs[-2])
            swapped = Swapped(eq.outputs, eq.primitive, eq.params, exchanged, eq.source, eq.role)
            equations = (*program.equations[:place], swapped, *program.equations[place + 1 :])
            return replace(program, equations=equations, _plans={})
    return program


PROGRAM_CHANGES: dict[str, Callable[[Program], Program]] = {
    "does nothing": _nothing,
    "loses an equation": _without_last,
    "constants zeroed": _scaled(0.0),
    "constants negated": _scaled(-1.0),
    "constants doubled": _scaled(2.0),
    "operands swapped": _swapped,
}
