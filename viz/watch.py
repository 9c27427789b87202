"""Watching while training: a callback that draws each snapshot, in a window or in a notebook.

Reading order: … → animation → encode, gif, scrub → window, **watch** → the command in `__main__`
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
from matplotlib import get_backend
from numpy.typing import NDArray

from minigrad.data import Dataset
from minigrad.snapshots import Snapshot
from viz.curves import curves
from viz.maps import DecisionMap, square_around
from viz.models import Model, model_of
from viz.style import HEADLINE, style

Save = Callable[[Snapshot, NDArray[np.float64]], None]


class Watch:
    """What `watch` returns: call it with a snapshot and the losses so far.

    Attributes:
        figure: where it draws.
        map: the decision map.
        model: the network, once a snapshot has been seen.
    """

    def __init__(self, data: Dataset, activation: str, theme: str, then: Save | None) -> None:
        import matplotlib.pyplot as plt

        self.data, self.activation, self.theme, self.then = data, activation, theme, then
        with style(theme):
            self.figure = plt.figure(figsize=(12, 6))
            manager: Any = self.figure.canvas.manager
            manager.set_window_title("training: minigrad")
            ground = self.figure.add_axes((0.02, 0.05, 0.43, 0.86))
            self.chart = self.figure.add_axes((0.53, 0.13, 0.44, 0.78))
            self.map = DecisionMap(ground, square_around(data.points), range(data.classes))
            self.map.add_points(data.points, data.labels)
        self.model: Model | None = None
        self.display: Any = None
        self.inline = "inline" in get_backend()
        if self.inline:
            plt.close(self.figure)  # the notebook would show it a second time, at the end of the cell
        else:
            plt.show(block=False)

    def __call__(self, snapshot: Snapshot, losses: NDArray[np.float64]) -> None:
        """Draws a snapshot and the losses [snapshot.step] that led to it; then calls the next callback."""
        params: Any = snapshot.params
        self.model = self.model or model_of(params, self.activation)
        self.map.update(partial(self.model.probabilities, params))
        with style(self.theme):
            self.map.ax.set_title(f"step {snapshot.step:,}", fontsize=HEADLINE)
            self.chart.clear()
            if len(losses):
                curves({"": (np.arange(len(losses)), np.asarray(losses))}, "loss", ax=self.chart)
                self.chart.set_xlabel("step")
            self._refresh()
        if self.then:
            self.then(snapshot, losses)

    def _refresh(self) -> None:
        """Draws now: ticks take the style in force while they are drawn, and training goes on at once."""
        canvas: Any = self.figure.canvas
        if not self.inline:
            canvas.draw()
            canvas.flush_events()
        elif self.display is None:
            self.display = import_module("IPython.display").display(self.figure, display_id=True)
        else:
            self.display.update(self.figure)


def watch(data: Dataset, activation: str = "relu", *, theme: str = "light", then: Save | None = None) -> Watch:
    """A callback for `minigrad.train.fit(…, save=viz.watch(data))` that draws the map and the loss of each snapshot.

    Args:
        data: the training set.
        activation: of the network that is trained, a key of `nn.ACTIVATIONS`.
        theme: "light" or "dark".
        then: another callback, to be called after each drawing; such as one that saves the snapshot.

    Raises:
        ValueError: there is no such theme, or the data has more classes than there are colours.
    """
    return Watch(data, activation, theme, then)
