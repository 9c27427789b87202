"""The kink table: what minigrad and JAX give where a derivative does not exist, or a number is at its limits.

`docs/kinks.md` is generated from it: `python -m tests.minigrad.kinks` writes the file anew. The tests hold both
libraries to every number in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np

Outcome = tuple[Any, ...]  # the value, then the slope by each argument; or the name of an error
PAGE = Path(__file__).parents[2] / "docs" / "kinks.md"


@dataclass(frozen=True)
class Kink:
    """A function of a namespace `m` and numbers at a place where it is not smooth.

    `text` is the function as a reader writes it; `jax` is what JAX gives where that differs, and `why` it does.
    """

    text: str
    function: Callable[..., Any]
    at: tuple[Any, ...]
    ours: Outcome
    jax: Outcome | None = None
    why: str = ""


ABS = "0 is the middle of all slopes between -1 and 1, as at ties of maximum; JAX takes the slope from the right"
POWER = "x ** 0 is 1 for every x, so its slope by x is 0; JAX multiplies 0 by 0 ** -1"
SUBNORMAL = "NumPy computes with subnormal numbers; JAX's compiler for CPUs flushes them to 0"
FLOOR = "floor(x / y) of the rounded quotient, since there is no remainder row; JAX and NumPy use the exact remainder"
EMPTY = "an empty maximum, which would be subtracted, is an error everywhere; JAX makes an exception here"


def _label(label: int) -> Callable[..., Any]:
    return lambda m, x: m.cross_entropy(m.reshape(x, (1, 2)), np.array([label]))


TABLE: dict[str, list[Kink]] = {
    "Corners": [
        Kink("relu(x)", lambda m, x: m.relu(x), (0.0,), (0.0, 0.0)),
        Kink("absolute(x)", lambda m, x: m.absolute(x), (0.0,), (0.0, 0.0), (0.0, 1.0), ABS),
        Kink("maximum(x, y)", lambda m, x, y: m.maximum(x, y), (1.0, 1.0), (1.0, 0.5, 0.5)),
        Kink("minimum(x, y)", lambda m, x, y: m.minimum(x, y), (1.0, 1.0), (1.0, 0.5, 0.5)),
        Kink("max(x)", lambda m, x: m.max(x), ([2.0, 1.0, 2.0],), (2.0, [0.5, 0.0, 0.5])),
        Kink("min(x)", lambda m, x: m.min(x), ([0.0, 0.0, 0.0, 0.0],), (0.0, [0.25, 0.25, 0.25, 0.25])),
        Kink("clip(x, 0, 1)", lambda m, x: m.clip(x, 0.0, 1.0), (1.0,), (1.0, 0.5)),
        Kink("sign(x)", lambda m, x: m.sign(x), (0.0,), (0.0, 0.0)),
        Kink("floor(x)", lambda m, x: m.floor(x), (2.0,), (2.0, 0.0)),
        Kink("softplus(x)", lambda m, x: m.softplus(x), (0.0,), (0.6931471805599453, 0.5)),
    ],
    "Edges of a domain": [
        Kink("sqrt(x)", lambda m, x: m.sqrt(x), (0.0,), (0.0, inf)),
        Kink("sqrt(x)", lambda m, x: m.sqrt(x), (-1.0,), (nan, nan)),
        Kink("log(x)", lambda m, x: m.log(x), (0.0,), (-inf, inf)),
        Kink("log(x)", lambda m, x: m.log(x), (-1.0,), (nan, -1.0)),
        Kink("log1p(x)", lambda m, x: m.log1p(x), (-1.0,), (-inf, inf)),
        Kink("x / y", lambda m, x, y: x / y, (1.0, 0.0), (inf, inf, -inf)),
        Kink("x / y", lambda m, x, y: x / y, (0.0, 0.0), (nan, inf, nan)),
        Kink("std(x)", lambda m, x: m.std(x), ([1.0, 1.0],), (0.0, [nan, nan])),
        Kink("norm(x)", lambda m, x: m.norm(x), ([0.0, 0.0],), (0.0, [nan, nan])),
    ],
    "Powers": [
        Kink("x ** y", lambda m, x, y: x**y, (0.0, 0.0), (1.0, 0.0, 0.0), (1.0, nan, 0.0), POWER),
        Kink("x ** 0", lambda m, x: x**0, (0.0,), (1.0, 0.0)),
        Kink("x ** 0.0", lambda m, x: x**0.0, (0.0,), (1.0, 0.0), (1.0, nan), POWER),
        Kink("x ** 0", lambda m, x: x**0, (inf,), (1.0, 0.0)),
        Kink("x ** y", lambda m, x, y: x**y, (2.0, 0.0), (1.0, 0.0, 0.6931471805599453)),
        Kink("x ** y", lambda m, x, y: x**y, (0.0, 2.0), (0.0, 0.0, 0.0)),
        Kink("x ** y", lambda m, x, y: x**y, (0.0, 0.5), (0.0, inf, 0.0)),
        Kink("x ** y", lambda m, x, y: x**y, (0.0, -1.0), (inf, -inf, nan)),
        Kink("x ** y", lambda m, x, y: x**y, (-2.0, 2.0), (4.0, -4.0, nan)),
        Kink("x ** 2", lambda m, x: x**2, (-2.0,), (4.0, -4.0)),
    ],
    "The branch not taken": [
        Kink("where(x > 0, log(x), 0)", lambda m, x: m.where(x > 0, m.log(x), 0.0), (-1.0,), (0.0, -0.0)),
        Kink("where(x > 0, log(x), 0)", lambda m, x: m.where(x > 0, m.log(x), 0.0), (0.0,), (0.0, nan)),
        Kink("where(x > 0, sqrt(x), 0)", lambda m, x: m.where(x > 0, m.sqrt(x), 0.0), (0.0,), (0.0, nan)),
        Kink("where(x > 0, x, x * nan)", lambda m, x: m.where(x > 0, x, x * nan), (1.0,), (1.0, nan)),
        Kink(
            "where(x > 0, log(where(x > 0, x, 1)), 0)",
            lambda m, x: m.where(x > 0, m.log(m.where(x > 0, x, 1.0)), 0.0), (0.0,), (0.0, 0.0),
        ),
    ],
    "Nothing to reduce": [
        Kink("sum(x)", lambda m, x: m.sum(x), ([],), (0.0, [])),
        Kink("mean(x)", lambda m, x: m.mean(x), ([],), (nan, [])),
        Kink("var(x)", lambda m, x: m.var(x), ([],), (nan, [])),
        Kink("norm(x)", lambda m, x: m.norm(x), ([],), (0.0, [])),
        Kink("max(x)", lambda m, x: m.max(x), ([],), ("ValueError",)),
        Kink("logsumexp(x)", lambda m, x: m.logsumexp(x), ([],), ("ValueError",), (-inf, []), EMPTY),
        Kink("sum(softmax(x))", lambda m, x: m.sum(m.softmax(x)), ([],), ("ValueError",), (0.0, []), EMPTY),
    ],
    "Infinities and NaN": [
        Kink("exp(x)", lambda m, x: m.exp(x), (1000.0,), (inf, inf)),
        Kink("exp(x)", lambda m, x: m.exp(x), (-inf,), (0.0, 0.0)),
        Kink("tanh(x)", lambda m, x: m.tanh(x), (inf,), (1.0, 0.0)),
        Kink("sin(x)", lambda m, x: m.sin(x), (inf,), (nan, nan)),
        Kink("x - y", lambda m, x, y: x - y, (inf, inf), (nan, 1.0, -1.0)),
        Kink("x * y", lambda m, x, y: x * y, (0.0, inf), (nan, inf, 0.0)),
        Kink("x / y", lambda m, x, y: x / y, (1.0, inf), (0.0, 0.0, -0.0)),
        Kink("relu(x)", lambda m, x: m.relu(x), (nan,), (nan, 0.0)),
        Kink("maximum(x, y)", lambda m, x, y: m.maximum(x, y), (nan, 1.0), (nan, 0.0, 0.0)),
        Kink("max(x)", lambda m, x: m.max(x), ([2.0, nan, 2.0],), (nan, [0.0, 0.0, 0.0])),
        Kink("max(x)", lambda m, x: m.max(x), ([inf, 1.0, inf],), (inf, [0.5, 0.0, 0.5])),
        Kink("max(x)", lambda m, x: m.max(x), ([-inf, -inf],), (-inf, [0.5, 0.5])),
        Kink("maximum(x, y)", lambda m, x, y: m.maximum(x, y), (inf, inf), (inf, 0.5, 0.5)),
        Kink("relu(x)", lambda m, x: m.relu(x), (-inf,), (0.0, 0.0)),
        Kink("absolute(x)", lambda m, x: m.absolute(x), (-inf,), (inf, -1.0)),
        Kink("sqrt(x)", lambda m, x: m.sqrt(x), (inf,), (inf, 0.0)),
        Kink("log(x)", lambda m, x: m.log(x), (inf,), (inf, 0.0)),
        Kink("gelu(x)", lambda m, x: m.gelu(x), (-inf,), (nan, nan)),
        Kink("softplus(x)", lambda m, x: m.softplus(x), (1000.0,), (1000.0, 1.0)),
        Kink("softplus(x)", lambda m, x: m.softplus(x), (-1000.0,), (0.0, 0.0)),
        Kink("sigmoid(x)", lambda m, x: m.sigmoid(x), (-1000.0,), (0.0, 0.0)),
        Kink("sigmoid(x)", lambda m, x: m.sigmoid(x), (1000.0,), (1.0, 0.0)),
    ],
    "Subnormal numbers": [
        Kink("x * 2", lambda m, x: x * 2.0, (1e-310,), (2e-310, 2.0), (0.0, 2.0), SUBNORMAL),
        Kink("x + x", lambda m, x: x + x, (1e-310,), (2e-310, 2.0), (0.0, 2.0), SUBNORMAL),
        Kink("relu(x)", lambda m, x: m.relu(x), (1e-310,), (1e-310, 1.0), (0.0, 0.0), SUBNORMAL),
        Kink("absolute(x)", lambda m, x: m.absolute(x), (-1e-310,), (1e-310, -1.0), (1e-310, 1.0), SUBNORMAL),
        Kink("max(x)", lambda m, x: m.max(x), ([1e-310, 0.0],), (1e-310, [1.0, 0.0]), (0.0, [0.5, 0.5]), SUBNORMAL),
        Kink("x / 2", lambda m, x: x / 2.0, (3e-308,), (1.5e-308, 0.5), (0.0, 0.5), SUBNORMAL),
        Kink("exp(x)", lambda m, x: m.exp(x), (1e-310,), (1.0, 1.0)),
        Kink("tanh(x)", lambda m, x: m.tanh(x), (1e-310,), (1e-310, 1.0), (0.0, 1.0), SUBNORMAL),
        Kink("log(x)", lambda m, x: m.log(x), (1e-310,), (-713.8013788281542, inf), (-inf, inf), SUBNORMAL),
    ],
    "Huge and tiny logits": [
        Kink("softmax(x)[0]", lambda m, x: m.softmax(x)[0], ([1e4, 0.0],), (1.0, [0.0, -0.0])),
        Kink("softmax(x)[0]", lambda m, x: m.softmax(x)[0], ([0.0, -inf],), (1.0, [0.0, -0.0])),
        Kink("softmax(x)[0]", lambda m, x: m.softmax(x)[0], ([0.0, inf],), (nan, [nan, nan])),
        Kink("softmax(x)[0]", lambda m, x: m.softmax(x)[0], ([1e-320, 0.0],), (0.5, [0.25, -0.25])),
        Kink("softmax(x)[0]", lambda m, x: m.softmax(x)[0], ([-1e308, -1e308],), (0.5, [0.25, -0.25])),
        Kink("log_softmax(x)[1]", lambda m, x: m.log_softmax(x)[1], ([1e4, 0.0],), (-1e4, [-1.0, 1.0])),
        Kink("log_softmax(x)[1]", lambda m, x: m.log_softmax(x)[1], ([1e308, -1e308],), (-inf, [-1.0, 1.0])),
        Kink(
            "log_softmax(x)[1]", lambda m, x: m.log_softmax(x)[1], ([1e-320, 0.0],),
            (-0.6931471805599453, [-0.5, 0.5]),
        ),
        Kink("logsumexp(x)", lambda m, x: m.logsumexp(x), ([1e4, 1e4],), (10000.693147180559, [0.5, 0.5])),
        Kink("logsumexp(x)", lambda m, x: m.logsumexp(x), ([inf, 0.0],), (inf, [nan, 0.0])),
        Kink("logsumexp(x)", lambda m, x: m.logsumexp(x), ([-inf, -inf],), (-inf, [nan, nan])),
        Kink("cross_entropy(x, 1)", _label(1), ([1e4, -1e4],), (2e4, [1.0, -1.0])),
        Kink("cross_entropy(x, 0)", _label(0), ([1e4, -1e4],), (0.0, [0.0, 0.0])),
        Kink("cross_entropy(x, 1)", _label(1), ([1e308, -1e308],), (inf, [1.0, -1.0])),
        Kink("cross_entropy(x, 0)", _label(0), ([1e-320, 0.0],), (0.6931471805599453, [-0.5, 0.5])),
        Kink("cross_entropy(x, 0)", _label(0), ([-inf, -inf],), (nan, [nan, nan])),
        Kink("cross_entropy(x, 1)", _label(1), ([0.0, -inf],), (inf, [1.0, -1.0])),
        Kink("cross_entropy(x, 0)", _label(0), ([0.0, -inf],), (0.0, [0.0, 0.0])),
    ],
    "Division to a whole number": [
        Kink("floor_divide(x, y)", lambda m, x, y: m.floor_divide(x, y), (7.0, 2.0), (3.0, 0.0, 0.0)),
        Kink(
            "floor_divide(x, y)", lambda m, x, y: m.floor_divide(x, y), (1.0, 0.1), (10.0, 0.0, 0.0), (9.0, 0.0, 0.0),
            FLOOR,
        ),
        Kink(
            "mod(x, y)", lambda m, x, y: m.mod(x, y), (1.0, 0.1), (0.0, 1.0, -10.0),
            (0.09999999999999995, 1.0, -10.0), FLOOR,
        ),
        Kink("mod(x, y)", lambda m, x, y: m.mod(x, y), (1.0, 0.0), (nan, 1.0, -inf)),
    ],
}  # fmt: skip

HEAD = """# Kinks

What minigrad gives where a derivative does not exist or numbers are at their limits, beside what JAX gives: first the
value, then the slope by each argument. Wherever the two meet they agree; where they do not, the reason stands beside.
This page is written by `python -m tests.minigrad.kinks`, and the test suite holds both libraries to every number.

No gradient flows to the branch that `where` does not take, but what lies *behind* that branch still multiplies the
zero it is sent: 0 · ∞ is NaN. Choose a harmless argument first, as in the last line of "The branch not taken".
"""

OTHER = """## Other known differences from JAX

| | minigrad | JAX | why |
|---|---|---|---|
| `1 // 0` of integers | 0 | -2 | one meaning that every back end keeps |
| an index out of range | `IndexError`; a Program clamps | NaN, or clamps | a Program cannot raise |
| a label out of range | `ValueError`; to a Program no class is right | NaN | a Program cannot raise |
| integers and bools in `grad` | `TypeError` | `TypeError`, or float0 with `allow_int` | they have no gradient |
| Python floats | float64 | float32 unless x64 is enabled | NumPy's default |
| `True + True` | 2 | True | bools are counted, not or-ed; use `logical_or` |
"""


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD]
    for title, kinks in TABLE.items():
        parts.append(f"## {title}\n\n| function | at | minigrad | JAX | why |\n|---|---|---|---|---|")
        parts[-1] += "".join(f"\n{_line(kink)}" for kink in kinks) + "\n"
    return "\n".join([*parts, OTHER])


def _line(kink: Kink) -> str:
    jax = "the same" if kink.jax is None else _outcome(kink.jax)
    at = ", ".join(map(_number, kink.at))
    return f"| `{kink.text}` | {at} | {_outcome(kink.ours)} | {jax} | {kink.why} |"


def _outcome(outcome: Outcome) -> str:
    if isinstance(outcome[0], str):
        return outcome[0]
    return f"{_number(outcome[0])}; {', '.join(map(_number, outcome[1:]))}"


def _number(x: Any) -> str:
    return f"[{', '.join(map(_number, x))}]" if isinstance(x, list) else f"{x:.7g}"


if __name__ == "__main__":
    PAGE.write_text(page())
