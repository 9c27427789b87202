"""A run, replayed: every snapshot's training step in NumPy, in JAX as recorded, and in JAX as written by hand.

All three start from the same saved parameters and see the same points, step by step, because at large learning rates
training is chaotic and final weights say nothing: two correct programs drift apart by 1e-3 within a hundred steps.

Reading order: meanings -> lower -> model -> **compare** -> `python -m jax_ref RUN`
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from jax_ref import model
from jax_ref.lower import lower
from minigrad import dims, record, spec, train
from minigrad.files import named
from minigrad.grad import value_and_grad
from minigrad.optim import make
from minigrad.program import Program
from minigrad.recipe import Recipe
from minigrad.runs import Run

Arrays = dict[str, Any]

# A step adds up some 1e5 rounded products, and late in training its gradients are small differences of large sums,
# which costs a few of the 16 or 7 digits; in float32 a hidden unit may also fall on the other side of its hinge.
TOLERANCES = {"float64": 1e-10, "float32": 1e-3}
FLOOR = 0.01  # gradients smaller than this are measured against it: they are what is left of terms of size 1


@dataclass(frozen=True)
class Deviation:
    """How far two versions of one array are apart: max |a - b|, relative to the largest element of its group or FLOOR.

    A group is all gradients together, all parameters, or all first moments: a part of a gradient can be 0 but for
    rounding, as that of the last biases is at the start, and says nothing when measured by itself.
    """

    step: int
    against: str  # "recorded" or "by hand"
    quantity: str  # "loss", "grads.0.W", "params.0.W", ...
    value: float


def compare(run: Run) -> Iterator[list[Deviation]]:
    """For every snapshot of a run, the deviations of NumPy's step from both JAX steps."""
    recipe = Recipe.from_config(run.config)
    dtype = np.dtype(recipe.dtype)
    data = run.train.astype(recipe.dtype)
    schedule = recipe.make_schedule()
    program = record_step(run)
    steps: dict[str, Callable[..., Any]] = {
        "recorded": jax.jit(lower(program)),
        "by hand": jax.jit(model.make_step(run.config["optimizer"], recipe.activation)),
    }
    for step in run.snapshots:
        snapshot = run.snapshot(step)
        rows = train.Batches(len(data), recipe.batch, snapshot.random).rows(step)
        lr, reg = np.asarray(schedule(step), dtype), np.asarray(recipe.reg, dtype)
        args = (snapshot.params, snapshot.state, data.points[rows], data.labels[rows], lr, reg)
        ours = [*named(program(*args), "").items(), *_saved(run, step).items()]
        yield [
            Deviation(step, name, quantity, deviation(value, quantity, theirs))
            for name, function in steps.items()
            for theirs in [named(function(*args), "")]
            for quantity, value in ours
        ]


def record_step(run: Run) -> Program:
    """The run's training step for any number of points, its gradients among the results."""
    recipe = Recipe.from_config(run.config)
    optimizer = make(**run.config["optimizer"])

    def step(params: Any, state: Any, points: Any, labels: Any, lr: Any, reg: Any) -> dict[str, Any]:
        value, grads = value_and_grad(train.loss)(params, points, labels, reg, recipe.activation)
        params, state = optimizer.update(params, grads, state, lr)
        return {"loss": value, "grads": grads, "params": params, "state": state}

    (n,) = dims("n")
    first = run.snapshot(run.snapshots[0])
    number = spec((), recipe.dtype)
    return record(step, first.params, first.state, spec((n, 2), recipe.dtype), spec((n,), "int64"), number, number)


def _saved(run: Run, step: int) -> Arrays:
    """What training itself kept of this step: its loss, and where it led to if that was saved too."""
    if step == len(run.losses):
        return {}
    kept: Arrays = {"loss": run.losses[step]}
    if step + 1 in run.snapshots:
        after = run.snapshot(step + 1)
        kept |= named({"params": after.params, "state": after.state}, "")
    return kept


def deviation(ours: Any, quantity: str, theirs: Arrays) -> float:
    """max |ours - theirs| / max |theirs|, the latter over the group of `quantity` and at least FLOOR.

    Infinite where a number is not finite or the shapes differ.
    """
    a, b = np.asarray(ours, np.float64), np.asarray(theirs[quantity], np.float64)
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("inf")
    difference = np.max(np.abs(a - b), initial=0.0)
    group = [x for name, x in theirs.items() if _group(name) == _group(quantity)]
    return float(difference / max(np.max(np.abs(x), initial=FLOOR) for x in group))


def _group(quantity: str) -> str:
    return re.sub(r"\.\d+\.(W|b)$", "", quantity)
