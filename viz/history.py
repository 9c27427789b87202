"""A run as a film shows it: the parameters of each frame, and what the curves need, worked out once.

Reading order: style → models → **history** → regions → maps, curves, hinges, units → charts → layout → scene → …

Frames follow the run's snapshots, whose steps grow geometrically: learning changes most at first.
"""

import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from minigrad import nn, runs
from minigrad.data import Dataset
from minigrad.files import FileError, named
from minigrad.runs import Run
from viz.models import Model, model_of, single

MOST_FRAMES = 240
LONGEST_NAME = 16


@dataclass(frozen=True)
class Options:
    """What is shown of a run beside map, loss and accuracy, and how: the arguments that `viz.animate` explains.

    Raises:
        ValueError: fewer than one frame, or a speed that is not above 0.
    """

    hinges: bool = False
    units: bool = False
    gradients: bool = False
    theme: str = "light"
    size: tuple[int, int] | None = None
    dpi: float | None = None
    fps: float = 12
    frames: int = MOST_FRAMES

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise ValueError(f"frames is {self.frames}; it must be 1 or more")
        if not self.fps > 0:
            raise ValueError(f"fps is {self.fps}; it must be above 0")


@dataclass(frozen=True)
class History:
    """The snapshots of a run.

    Attributes:
        run: the run folder.
        steps: the steps of the snapshots, ascending.
        params: the parameters at each of them, in float32.
    """

    run: Run
    steps: list[int]
    params: list[nn.Params]

    @property
    def name(self) -> str:
        """What to call the run: the name of its folder, shortened to what fits above a chart."""
        name = self.run.path.resolve().name
        return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"

    @cached_property
    def model(self) -> Model:
        """The network's architecture."""
        return model_of(self.params[0], self.run.config["activation"])

    @property
    def sets(self) -> list[Dataset]:
        """The training set, and the test set if there is one."""
        return [self.run.train, *([self.run.test] if self.run.test else [])]

    def params_at(self, step: int) -> nn.Params:
        """The parameters at a step, or at the last snapshot before it."""
        return self.params[self.at(step)]

    def at(self, step: int) -> int:
        """The number of the last snapshot that is not later than `step`."""
        return max(bisect_right(self.steps, step) - 1, 0)

    def accuracy(self, data: Dataset) -> NDArray[np.float64]:
        """The accuracy at each snapshot, from 0 to 1."""
        predicted = [self.model.probabilities(params, data.points).argmax(axis=1) for params in self.params]
        return np.array([np.mean(labels == data.labels) for labels in predicted])

    def loss(self, data: Dataset) -> NDArray[np.float64]:
        """The loss at each snapshot, regularisation included."""
        reg = self.run.config["reg"]
        return np.array([self.model.loss(params, data, reg) for params in self.params])

    def gradient_norms(self) -> NDArray[np.float64]:
        """‖∂loss/∂W‖ on the training set: [snapshots, layers]."""
        reg = self.run.config["reg"]
        return np.array([self.model.gradient_norms(params, self.run.train, reg) for params in self.params])

    @cached_property
    def training_loss(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Steps and losses of the training curve: of every step, with the last snapshot's own loss as its end.

        The losses of a run that saw minibatches are each of another batch; there, it is the loss on the whole training
        set at each snapshot.
        """
        if self.run.config.get("batch"):
            return np.array(self.steps), self.loss(self.run.train)
        end = self.model.loss(self.params[-1], self.run.train, self.run.config["reg"])
        return np.arange(len(self.run.losses) + 1), np.append(self.run.losses, end)


def history(run: Run | str | os.PathLike[str], most: int = MOST_FRAMES) -> History:
    """Reads the snapshots of a run or run folder, evenly thinned out where there are more than `most`.

    Raises:
        FileError: the folder is not a run folder, or broken, or its parameters or what they give is beyond float32.
    """
    run = run if isinstance(run, Run) else runs.load(run)
    steps = thinned(run.snapshots, most)
    return History(run, steps, [_params(run, step) for step in steps])


def _params(run: Run, step: int) -> nn.Params:
    with np.errstate(all="ignore"):
        params: nn.Params = single(run.params(step))
        answer = model_of(params, run.config["activation"]).probabilities(params, run.points)
    if not all(np.isfinite(array).all() for array in (answer, *named(params, "params").values())):
        raise FileError(f"{run.path}: the parameters of step {step} are too large to be drawn (beyond float32)")
    return params


def thinned(steps: Sequence[int], most: int) -> list[int]:
    """At most `most` of the steps, evenly spread; the last is always among them, the first if there is room.

    >>> thinned([0, 1, 2, 4, 8], 3)
    [0, 2, 8]
    >>> thinned([0, 1, 2], 1)
    [2]
    """
    if most == 1:
        return [steps[-1]]
    places = np.linspace(0, len(steps) - 1, min(most, len(steps))).round().astype(int)
    return [steps[place] for place in places]


def joint_steps(histories: Sequence[History], most: int) -> list[int]:
    """The steps of the frames that show several runs together: each frame where at least one of them moved on."""
    return thinned(sorted({step for one in histories for step in one.steps}), most)
