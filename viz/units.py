"""The gallery of hidden units: where in the plane each one is active, in the hue of the class it speaks for.

Reading order: … → regions → maps, curves, hinges, **units** → charts → layout → scene → animation → …

A unit of activation a adds a·w to the logits, w its row of the last weights. What counts is how w differs between
classes, so it speaks for the class whose w is largest (where a < 0, smallest), with strength |a|·(max w - min w).
"""

import math
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from numpy.typing import NDArray

from minigrad import nn
from viz.hinges import check_hidden
from viz.maps import Extent
from viz.models import model_of
from viz.style import axes_or_current, ink, rgb
from wasm_export.site.palette import class_colours

TILE = 40
"""Samples along the side of a unit's tile."""

GAP = 2
PITCH = TILE + GAP
MOST_UNITS = 100


class Units:
    """The artist of the gallery; `update` shows other parameters in it.

    Attributes:
        image: the tiles, row by row.
        shown: the numbers of the units on the tiles.
        artists: [image].
    """

    def __init__(self, ax: Axes, params: nn.Params, activation: str, extent: Extent, most: int) -> None:
        self.ax, self.model = ax, model_of(params, activation)
        self.shown = most_important(params, most)
        self.columns = math.ceil(math.sqrt(len(self.shown)))
        self.rows = math.ceil(len(self.shown) / self.columns)
        colours = ink(ax)
        self.surface, ground, frame = rgb([colours.surface, colours.ground, colours.hairline])
        self.colours = rgb(class_colours(len(params[-1]["b"])))
        x0, x1, y0, y1 = extent
        steps = (np.arange(TILE) + 0.5) / TILE
        x, y = np.meshgrid(x0 + steps * (x1 - x0), y1 - steps * (y1 - y0))
        self.points = np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float32)
        side = self.columns * PITCH + GAP
        self.canvas = np.empty((self.rows * PITCH + GAP, side, 4), np.uint8)
        self.canvas[:] = (*ground, 255)
        for row, column in self._corners():
            self.canvas[row - GAP : row + PITCH, column - GAP : column + PITCH, :3] = frame
        self.image = ax.imshow(self.canvas, interpolation="nearest", zorder=1, extent=(0, side, -len(self.canvas), 0))
        ax.set(xlim=(0, side), ylim=(-side, 0), aspect="equal", xticks=[], yticks=[], facecolor="none")
        ax.spines[:].set_visible(False)
        ax.grid(visible=False)

    @property
    def artists(self) -> list[Artist]:
        """All artists."""
        return [self.image]

    def update(self, params: nn.Params) -> None:
        """Shows the units of these parameters."""
        spread, most, least = (found[self.shown] for found in speaks(params))
        active = self.model.units(params, self.points)[:, self.shown]
        strength = np.abs(active) * spread
        strength = np.sqrt(strength / max(float(strength.max()), 1e-30))  # the root lets weaker units be seen
        hue = np.where((active >= 0)[..., None], self.colours[most], self.colours[least])
        tiles = (self.surface + strength[..., None] * (hue - self.surface) + 0.5).astype(np.uint8)
        for (row, column), tile in zip(self._corners(), tiles.reshape(TILE, TILE, -1, 3).transpose(2, 0, 1, 3)):
            self.canvas[row : row + TILE, column : column + TILE, :3] = tile
        self.image.set_data(self.canvas)

    def _corners(self) -> list[tuple[int, int]]:
        """Where each tile begins."""
        return [(GAP + PITCH * (i // self.columns), GAP + PITCH * (i % self.columns)) for i in range(len(self.shown))]


def units(
    params: nn.Params,
    activation: str = "relu",
    *,
    extent: Extent = (-1, 1, -1, 1),
    most: int = MOST_UNITS,
    ax: Axes | None = None,
) -> Units:
    """Draws a tile for each unit of the last hidden layer, and returns their artist.

    Args:
        params: of a network of points in the plane, a list of {"W": [in, out], "b": [out]}.
        activation: between the layers, a key of `nn.ACTIVATIONS`.
        extent: the part of the plane that a tile shows: (left, right, bottom, top).
        most: at most so many units are shown, the most important ones.
        ax: where to draw; pyplot's current axes by default.

    Raises:
        ValueError: there is no hidden layer, the network does not take points in the plane, or an unknown activation.
    """
    check_hidden(params, "hidden units")
    if params[0]["W"].shape[0] != 2:
        raise ValueError(f"the network takes {params[0]['W'].shape[0]} inputs; its units can be shown only with 2")
    nn.activation_named(activation)
    drawn = Units(axes_or_current(ax), params, activation, extent, most)
    drawn.update(params)
    return drawn


def speaks(params: nn.Params) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
    """How far each unit's weights to the classes are apart, and for which class they are largest and smallest."""
    weights = params[-1]["W"]
    return np.ptp(weights, axis=1), weights.argmax(axis=1), weights.argmin(axis=1)


def most_important(params: nn.Params, most: int) -> NDArray[np.int64]:
    """The numbers of at most `most` units of the last hidden layer: by the class they speak for, strongest first."""
    spread, speaks_for, _ = speaks(params)
    strength = np.linalg.norm(params[-2]["W"], axis=0) * spread
    chosen = np.argsort(-strength, kind="stable")[:most]
    return np.asarray(chosen[np.argsort(speaks_for[chosen], kind="stable")])
