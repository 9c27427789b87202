"""Training: one step as a function to record, and the loop around it.

Reading order: ... snapshots -> runs -> **train** -> recipe -> weights -> ...

The step is pure: parameters and optimiser state go in and come out, and all that varies (data, labels, learning rate,
regularisation) is an argument. So the same function trains here, is replayed by JAX, and is compiled to WebAssembly.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from minigrad import nn, ops, tree
from minigrad.data import Dataset
from minigrad.grad import value_and_grad
from minigrad.optim import Optimizer, Schedule
from minigrad.passes import simplify
from minigrad.program import Program
from minigrad.record import record, spec
from minigrad.snapshots import Random, Snapshot
from minigrad.tensor import Tensor

Step = Callable[..., dict[str, Any]]
Save = Callable[[Snapshot, NDArray[np.float64]], None]


def loss(params: nn.Params, points: Any, labels: Any, reg: Any, activation: str = "relu") -> Tensor:
    """Mean softmax cross-entropy of an MLP, plus ½·reg·Σ‖W‖² over its weights (biases are free).

    points: float [n, inputs]; labels: integers [n]; reg: a number or scalar Tensor. Source:
    https://cs231n.github.io/neural-networks-case-study
    """
    return _objective(params, nn.mlp(params, points, activation), labels, reg)


def make_step(optimizer: Optimizer, activation: str = "relu") -> Step:
    """The training step (params, state, points, labels, lr, reg) -> {"loss", "params", "state"}.

    The loss is the one before the update.
    """
    differentiate = value_and_grad(loss)

    def step(params: nn.Params, state: tree.Tree, points: Any, labels: Any, lr: Any, reg: Any) -> dict[str, Any]:
        value, grads = differentiate(params, points, labels, reg, activation)
        params, state = optimizer.update(params, grads, state, lr)
        return {"loss": value, "params": params, "state": state}

    return step


def recorded(step: Step, start: Snapshot, data: Dataset, batch: int | None = None) -> Program:
    """A training step as a Program for batches of `data`: the same results as the step itself, several times sooner."""
    count = len(data) if batch is None else batch
    number = spec((), data.points.dtype)
    arguments = (start.params, start.state, data.points[:count], data.labels[:count], number, number)
    return simplify(record(step, *arguments))


def evaluate(params: nn.Params, data: Dataset, reg: float, activation: str = "relu") -> tuple[float, float]:
    """The loss, regularisation included, and the accuracy (0 to 1) on a whole data set."""
    logits = nn.mlp(params, data.points, activation)
    value = _objective(params, logits, data.labels, reg)
    return float(value), float(np.mean(logits.numpy().argmax(axis=1) == data.labels))


def check_batch(batch: int | None, points: int) -> None:
    """Raises `ValueError` for a batch that is empty or larger than the training set; None is all of it."""
    if batch is not None and not 1 <= batch <= points:
        raise ValueError(f"batch is {batch}; with {points} training points it must be 1 … {points}")


class Batches:
    """Which points each step sees: all of them, or the next minibatch of a permutation drawn anew for every epoch.

    What an epoch leaves over after its last whole batch is left out. A generator's state is kept per epoch, so that
    training can go on to the same bits from any step.
    """

    def __init__(self, points: int, batch: int | None, random: Random) -> None:
        check_batch(batch, points)
        self.points, self.batch = points, batch
        self.per_epoch = points // batch if batch else 1
        self.rng = np.random.RandomState()
        self.rng.set_state(random)
        self.epoch_random = random
        self.order: NDArray[np.int64] | None = None

    def rows(self, step: int) -> NDArray[np.int64] | slice:
        """The points of `step`; steps are asked for in turn."""
        if self.batch is None:
            return slice(None)
        position = step % self.per_epoch
        if position == 0 or self.order is None:
            self.epoch_random = self.random(0)
            self.order = self.rng.permutation(self.points)
        return self.order[position * self.batch : (position + 1) * self.batch]

    def random(self, step: int) -> Random:
        """The generator's state from which the epoch of `step`, the next to come, is drawn."""
        if self.batch is None or step % self.per_epoch:
            return self.epoch_random
        state: Random = self.rng.get_state(legacy=False)
        return state


def snapshot_steps(growth: float = 1.1) -> Iterator[int]:
    """0, 1, 2, … and ever further apart, since early steps change most: 79 of them up to 10,000.

    >>> steps = snapshot_steps()
    >>> [next(steps) for _ in range(18)]
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 21, 24]
    """
    step = 0
    while True:
        yield step
        step = max(step + 1, math.ceil(step * growth))


Ended = Literal["finished", "interrupted", "diverged"]


@dataclass(frozen=True)
class Outcome:
    """Where training ended: the last sound snapshot, the losses [snapshot.step] that led there, and why it ended."""

    snapshot: Snapshot
    losses: NDArray[np.float64]
    ended: Ended


def fit(
    step: Step,
    data: Dataset,
    start: Snapshot,
    steps: int,
    schedule: Schedule,
    reg: float,
    *,
    losses: NDArray[np.float64] | None = None,
    batch: int | None = None,
    activation: str = "relu",
    save: Save = lambda snapshot, losses: None,
    progress: bool | None = None,
) -> Outcome:
    """Trains from `start` until `steps` updates have been made in all.

    Ctrl-C ends it early and keeps what was learned. A loss that is not finite ends it too, at the last snapshot whose
    loss and parameters were finite.

    Args:
        step: from `make_step`, or a recording of it.
        data: the training set, in the dtype of the parameters.
        start: the first snapshot, or one to go on from.
        steps: the number of the step to end at.
        schedule: step -> learning rate.
        reg: the regularisation strength.
        losses: [start.step], the losses so far.
        batch: points a step, all by default.
        activation: what `step` was made with.
        save: called with a snapshot and the losses that led to it, on a geometric schedule and at the end.
        progress: whether to show a progress bar; by default where standard error is a terminal.

    Raises:
        ValueError: a batch larger than the data set; losses that do not lead to `start`.
    """
    trail = _Trail(start, np.empty(0) if losses is None else losses, steps)
    updates = _updates(step, data, start, steps, schedule, reg, Batches(len(data), batch, start.random))
    bar = tqdm(total=steps, initial=start.step, unit="step", disable=None if progress is None else not progress)
    with bar, np.errstate(all="ignore"):
        ended = _follow(updates, trail, save, bar)
        sound = next((s for s in (trail.here, trail.previous) if _is_sound(s, data, reg, activation)), trail.saved)
    save(sound, trail.losses[: sound.step])
    return Outcome(sound, trail.losses[: sound.step], ended if sound is trail.here else "diverged")


def _updates(
    step: Step, data: Dataset, start: Snapshot, steps: int, schedule: Schedule, reg: float, batches: Batches
) -> Iterator[tuple[float, Snapshot]]:
    """The loss before each update from `start` on, and where it leads, until `steps` have been made in all."""
    dtype = data.points.dtype
    here, strength = start, np.asarray(reg, dtype)
    while (k := here.step) < steps:
        rows = batches.rows(k)
        lr = np.asarray(schedule(k), dtype)
        result = step(here.params, here.state, data.points[rows], data.labels[rows], lr, strength)
        here = Snapshot(k + 1, result["params"], result["state"], batches.random(k + 1))
        yield float(result["loss"]), here


class _Trail:
    """What a training leaves behind: its losses, and the snapshots that it may have to end with.

    Attributes:
        losses: one a step; those up to `here` are known.
        here, previous, saved: where training stands, one update before, and where it was when last saved.
        due: the next step to be saved at.
    """

    def __init__(self, start: Snapshot, losses: NDArray[np.float64], steps: int) -> None:
        if start.step != len(losses):
            raise ValueError(f"to go on from step {start.step}, fit needs the {start.step} losses that led there")
        self.losses = np.concatenate([losses, np.empty(max(steps - start.step, 0))])
        self.here = self.previous = self.saved = start
        self._dues = (k for k in snapshot_steps() if k >= start.step)
        self.due = next(self._dues)

    def save(self, save: Save) -> None:
        """Saves where training stands."""
        save(self.here, self.losses[: self.here.step])
        self.saved, self.due = self.here, next(self._dues)

    def add(self, loss: float, after: Snapshot) -> None:
        """Goes on by an update."""
        self.losses[self.here.step] = loss
        self.previous, self.here = self.here, after


def _follow(updates: Iterator[tuple[float, Snapshot]], trail: _Trail, save: Save, bar: "tqdm[Any]") -> Ended:
    """Goes along the updates, as far as the losses are finite and nobody interrupts, and says why it ended."""
    try:
        for loss, after in updates:
            if not math.isfinite(loss):
                return "diverged"
            if trail.here.step == trail.due:
                trail.save(save)
                bar.set_postfix_str(f"loss {loss:.6f}", refresh=False)
            trail.add(loss, after)
            bar.update()
    except KeyboardInterrupt:
        return "interrupted"
    return "finished"


def _objective(params: nn.Params, logits: Tensor, labels: Any, reg: Any) -> Tensor:
    penalty: Tensor = nn.squared_weights(params) * (0.5 * reg)
    return ops.cross_entropy(logits, labels) + penalty


def _is_sound(snapshot: Snapshot, data: Dataset, reg: float, activation: str) -> bool:
    leaves, _ = tree.flatten(snapshot.params)
    if not all(np.isfinite(np.asarray(leaf)).all() for leaf in leaves):
        return False
    return math.isfinite(evaluate(snapshot.params, data, reg, activation)[0])
