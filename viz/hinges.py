"""Hinges: the lines w·x + b = 0 along which the first layer's units switch, the stronger the more they matter.

Reading order: … → regions → maps, curves, **hinges**, units → charts → layout → scene → animation → …

A unit matters as much as it can change the next layer: ‖w in‖ · ‖w out‖, which scaling a ReLU unit's inputs up and
its outputs down leaves alone.
"""

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from minigrad import nn
from viz.style import axes_or_current, ink

Floats = NDArray[np.floating[Any]]

FAINTEST = 0.03
"""Lines that would be fainter are left out."""


class Hinges:
    """The artist of the hinge lines; `update` moves them to other parameters.

    Attributes:
        lines: one segment a unit, in the order of importance.
        artists: [lines].
    """

    def __init__(self, ax: Axes, strength: float) -> None:
        self.ax, self.strength = ax, strength
        self.colour = to_rgb(ink(ax).text)
        self.lines = LineCollection([], linewidths=1.0, zorder=3)
        self.window = (*ax.get_xlim(), *ax.get_ylim())
        ax.add_collection(self.lines, autolim=False)

    @property
    def artists(self) -> list[Artist]:
        """All artists."""
        return [self.lines]

    def update(self, params: nn.Params) -> None:
        """Shows the hinges of these parameters."""
        matter = importance(params)
        segments, visible = hinge_lines(params[0]["W"], params[0]["b"], self.window)
        alpha = np.where(visible, self.strength * matter / max(float(matter.max()), 1e-30), 0)
        order = np.argsort(alpha, kind="stable")
        order = order[alpha[order] > FAINTEST]
        self.lines.set_segments(list(segments[order]))
        self.lines.set_color([(*self.colour, float(a)) for a in alpha[order]])


def hinges(params: nn.Params, *, strength: float = 0.6, ax: Axes | None = None) -> Hinges:
    """Draws the lines w·x + b = 0 of the first hidden layer into the axes' present limits, and returns their artist.

    Args:
        params: of a network of points in the plane, a list of {"W": [in, out], "b": [out]}.
        strength: the opacity of the most important unit's line.
        ax: where to draw, over a decision map for example; pyplot's current axes by default.

    Raises:
        ValueError: there is no hidden layer, or the network does not take points in the plane.
    """
    check_hidden(params, "hinges")
    if params[0]["W"].shape[0] != 2:
        raise ValueError(f"the network takes {params[0]['W'].shape[0]} inputs; its hinges are lines only with 2")
    drawn = Hinges(axes_or_current(ax), strength)
    drawn.update(params)
    return drawn


def check_hidden(params: nn.Params, what: str) -> None:
    """Raises `ValueError` for a network without hidden units."""
    if len(params) < 2:
        raise ValueError(f"the network has no hidden layer, so there are no {what} to show")


def importance(params: nn.Params, layer: int = 0) -> NDArray[np.float64]:
    """‖w in‖ · ‖w out‖ of each unit [width] of a hidden layer."""
    incoming, outgoing = params[layer]["W"], params[layer + 1]["W"]
    return np.asarray(np.linalg.norm(incoming, axis=0) * np.linalg.norm(outgoing, axis=1), np.float64)


def hinge_lines(
    weights: Floats, biases: Floats, window: tuple[float, float, float, float]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Segments [width, 2, 2] of the lines w·x + b = 0 that reach across a window, and which of them come near it.

    Each is centred on the line's point nearest to the window's centre c, c - (w·c + b) w/‖w‖².
    """
    w, b = np.asarray(weights, float).T, np.asarray(biases, float)
    x0, x1, y0, y1 = window
    centre, reach = np.array([(x0 + x1) / 2, (y0 + y1) / 2]), float(np.hypot(x1 - x0, y1 - y0))
    length = np.maximum(np.linalg.norm(w, axis=1), 1e-30)
    normal = w / length[:, None]
    distance = (w @ centre + b) / length
    nearest = centre - distance[:, None] * normal
    along = reach * np.stack([-normal[:, 1], normal[:, 0]], axis=1)
    visible = np.isfinite(distance) & (np.abs(distance) < reach / 2) & (length > 1e-12)
    return np.stack([nearest - along, nearest + along], axis=1), visible
