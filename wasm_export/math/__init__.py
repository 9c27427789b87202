"""The transcendental functions as instruction trees, each defined once for a single float32 and for four lanes.

Reading order: `arithmetic` → `exponential`, `logarithm`, `trigonometry`, `power`. Two ways to use a function:

- `expand` gives statements and a value to put where the function is needed: for hot loops, where a call costs more
  than the arithmetic around it and the engine can share the constants.
- `math_function` gives a function of the module to `call`: for a function that is used in many places, so that its
  instructions are there once.

Special values (infinities, NaN, signed zeros, subnormal numbers) are as in NumPy.
"""

from collections.abc import Callable, Sequence
from itertools import count

from wasm_export.instructions import Function, Node, get
from wasm_export.math import exponential, logarithm, power, trigonometry
from wasm_export.math.arithmetic import Quantity, Statements
from wasm_export.opcodes import Type

DEFINITIONS: dict[str, Callable[..., Quantity]] = {
    "exp": exponential.exp,
    "log": logarithm.log,
    "log1p": logarithm.log1p,
    "tanh": exponential.tanh,
    "sin": trigonometry.sin,
    "cos": trigonometry.cos,
    "pow": power.pow,
}

# Bounds of the error against the exact value, in units in the last place of the float32 result; for sin and cos of
# |x| < 2²⁸. Measured by `benchmarks/math_error.py` on a sample of all numbers and (but for pow, which has too many) on
# every number of: exp ±[⅛, 104], log [⅛, 8], log1p [-1, -1/128] and [1/128, 32], tanh [1/16, 10], sin and cos [⅛, 64].
ULP = {"exp": 1.0, "log": 0.9, "log1p": 0.9, "tanh": 1.7, "sin": 0.6, "cos": 0.6, "pow": 0.6}

ARGUMENTS = {"pow": 2}  # the others take one


def expand(name: str, lanes: int, args: Sequence[Node], fresh: Callable[[Type], str]) -> tuple[list[Node], Node]:
    """The function inline: statements to run first, and the value.

    Args:
        name: a key of `DEFINITIONS`.
        lanes: 1 for f32 arguments and result, 4 for v128 of float32.
        args: the arguments. They are computed once, by the first statements.
        fresh: makes a new local of the given type and gives its name.

    Raises:
        ValueError: for an unknown name, a number of lanes other than 1 and 4, or a wrong number of arguments.

    >>> statements, value = expand("exp", 1, [get("x")], lambda kind: "t")
    >>> value.op
    'f32.mul'
    """
    if name not in DEFINITIONS:
        raise ValueError(f"no function is called {name!r}; there are {', '.join(DEFINITIONS)}")
    if lanes not in (1, 4):
        raise ValueError(f"{name} comes with 1 or 4 lanes, not {lanes}")
    if len(args) != ARGUMENTS.get(name, 1):
        raise ValueError(f"{name} takes {ARGUMENTS.get(name, 1)} arguments, not {len(args)}")
    scope = Statements(fresh, vector=lanes == 4)
    value = DEFINITIONS[name](*(Quantity(scope, "f32", arg) for arg in args))
    return scope.statements, value.tree


def math_function(name: str, lanes: int) -> Function:
    """The function as part of a module: `exp_f32` from f32 to f32 or `exp_f32x4` from v128 to v128.

    Raises:
        ValueError: as `expand`.
    """
    kind: Type = "v128" if lanes == 4 else "f32"
    params = tuple((parameter, kind) for parameter in ("x", "y")[: ARGUMENTS.get(name, 1)])
    declared: list[tuple[str, Type]] = []
    numbers = count()

    def fresh(local: Type) -> str:
        declared.append((f"t{next(numbers)}", local))
        return declared[-1][0]

    statements, value = expand(name, lanes, [get(parameter) for parameter, _ in params], fresh)
    suffix = "f32x4" if lanes == 4 else "f32"
    return Function(f"{name}_{suffix}", params, (kind,), tuple(declared), (*statements, value))
