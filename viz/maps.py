"""The decision map: a class's hue where it is likely, a thin line where the most likely class changes, the points.

Reading order: … → regions → **maps**, curves, hinges, units → charts → layout → scene → animation → …

Any classifier of points in the plane will do: a function, or an estimator as scikit-learn has them.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from contourpy import contour_generator
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from viz.regions import bands, regions
from viz.style import MARKERS, axes_or_current, ink
from wasm_export.site.palette import class_colours

Floats = NDArray[np.floating[Any]]
Extent = tuple[float, float, float, float]
Predict = Callable[[Floats], Any]

SIDE = 160
"""Samples along each side of a map: with 100 hidden units they take a few milliseconds."""

MARGIN = 0.1


class DecisionMap:
    """The artists of a decision map; `update` shows another classifier of the same points in them.

    Attributes:
        image: the regions.
        borders: where the most likely class changes.
        rings: around the points that are misclassified; below all points, so that none is hidden in a crowd.
        points: the points, one line of markers for each class; test points, which are hollow, after them.
        samples: where the classifier is asked: a grid, row by row from the bottom, and after it the points.
        labels: of the points, as places in `classes`.
        banded: whether regions are shown in a few flat colours, as GIFs need them.
        artists: all of these, in the order in which they are drawn.
    """

    def __init__(self, ax: Axes, extent: Extent, classes: Any, side: int = SIDE) -> None:
        self.ax, self.extent, self.side = ax, extent, side
        self.classes = np.asarray(classes)
        self.ink = ink(ax)
        self.colours = class_colours(len(classes))
        x0, x1, y0, y1 = extent
        self.x = x0 + (np.arange(side) + 0.5) / side * (x1 - x0)
        self.y = y0 + (np.arange(side) + 0.5) / side * (y1 - y0)
        self.samples = np.stack(np.meshgrid(self.x, self.y), axis=-1).reshape(-1, 2)
        self.labels = np.empty(0, np.int64)
        self.banded = False
        self.points: list[Line2D] = []
        ax.set(xlim=(x0, x1), ylim=(y0, y1), aspect="equal", xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        blank = np.zeros((side, side, 4), np.uint8)
        self.image = ax.imshow(blank, extent=extent, origin="lower", interpolation="bilinear", zorder=1)
        self.borders = LineCollection([], colors=self.ink.text, linewidths=1.4, zorder=2)
        self.borders.set_capstyle("round")
        ax.add_collection(self.borders)
        (self.rings,) = ax.plot([], [], "o", ms=11, mfc="none", mec=self.ink.text, mew=1.2, zorder=3.5)

    @property
    def artists(self) -> list[Artist]:
        """All artists, in the order in which they are drawn."""
        return [self.image, self.borders, self.rings, *self.points]

    def add_points(self, points: Floats, labels: NDArray[np.int64], hollow: bool = False) -> None:
        """Adds points [n, 2] whose labels are places in `classes`."""
        self.samples, self.labels = np.concatenate([self.samples, points]), np.concatenate([self.labels, labels])
        for place, colour in enumerate(self.colours):
            face, edge = (self.ink.surface, colour) if hollow else (colour, self.ink.surface)
            chosen = points[labels == place].T
            look: dict[str, Any] = {
                "marker": MARKERS[place][0],
                "ms": MARKERS[place][1],
                "mfc": face,
                "mec": edge,
                "mew": 2.0 if hollow else 1.0,
            }
            self.points += self.ax.plot(*chosen, linestyle="", zorder=4, label=str(self.classes[place]), **look)

    def update(self, predict: Predict) -> None:
        """Shows what `predict` makes of the plane."""
        found = as_probabilities(predict(self.samples), len(self.samples), self.classes)
        grid, own = found[: self.side**2], found[self.side**2 :]
        values = grid.reshape(self.side, self.side, len(self.classes))
        look = self.colours, self.ink.surface
        if self.banded:
            self.image.set_data(bands(values, *look, round(self.ax.get_window_extent().width)))
        else:
            self.image.set_data(regions(values, *look))
        self.image.set_interpolation("nearest" if self.banded else "bilinear")
        self.borders.set_segments(border_lines(values, self.x, self.y))
        self.rings.set_data(*self.samples[self.side**2 :][own.argmax(axis=1) != self.labels].T)


def decision_map(
    predict: Any,
    points: Any = None,
    labels: Any = None,
    *,
    test: tuple[Any, Any] | None = None,
    classes: Sequence[Any] | None = None,
    extent: Extent | None = None,
    side: int = SIDE,
    ax: Axes | None = None,
) -> DecisionMap:
    """Draws the decision map of a classifier of points in the plane, and returns its artists.

    Args:
        predict: a function of points [n, 2] that gives probabilities [n, classes] or labels [n]; or an estimator with
            `predict_proba` or `predict`.
        points: [n, 2], to be drawn over the map; misclassified ones are ringed.
        labels: [n], the classes of the points.
        test: (points, labels) that were held out; they are drawn hollow.
        classes: all labels, in the order of the probabilities' columns; by default the estimator's `classes_`, or
            else those that occur.
        extent: (left, right, bottom, top); by default a square around the points.
        side: samples along each side.
        ax: where to draw; pyplot's current axes by default.

    Raises:
        ValueError: points that are not in the plane, labels that do not match them or are not among the classes, no
            way to tell the extent or the classes, more classes than colours, or an answer of `predict` that is
            neither probabilities nor labels.
    """
    sets = [checked(*pair) for pair in ((points, labels), test or (None, None)) if pair[0] is not None]
    if extent is None:
        if not sets:
            raise ValueError("there are no points to tell the extent from; give extent=(left, right, bottom, top)")
        extent = square_around(*(part for part, _ in sets))
    if classes is None:
        classes = getattr(predict, "classes_", None)
    if classes is None and not sets:
        raise ValueError("there are no labels to tell the classes from; give classes=[…]")
    known = np.unique(np.concatenate([found for _, found in sets])) if classes is None else np.asarray(classes)
    drawn = DecisionMap(axes_or_current(ax), extent, known, side)
    for number, (part, found) in enumerate(sets):
        drawn.add_points(part, places(found, drawn.classes), hollow=number > 0)
    drawn.update(function_of(predict))
    return drawn


def function_of(predict: Any) -> Predict:
    """The function of points in a classifier."""
    for name in ("predict_proba", "predict"):
        if hasattr(predict, name):
            method: Predict = getattr(predict, name)
            return method
    if not callable(predict):
        raise ValueError(f"predict is {type(predict).__name__}; give a function, or an estimator with predict_proba")
    function: Predict = predict
    return function


def checked(points: Any, labels: Any) -> tuple[Floats, NDArray[Any]]:
    """Points and labels as arrays; `ValueError` unless they are n points in the plane and n labels."""
    points, labels = np.asarray(points, np.float64), np.asarray(labels)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(f"points have shape {points.shape}; a map shows points in the plane, [n, 2] with n ≥ 1")
    if labels.shape != points.shape[:1]:
        raise ValueError(f"labels have shape {labels.shape}; expected one label a point, {points.shape[:1]}")
    return points, labels


def places(labels: NDArray[Any], classes: NDArray[Any], origin: str = "the points have the label") -> NDArray[np.int64]:
    """The place of each label among the classes; `ValueError` where it has none, which begins with its origin."""
    unknown = ~np.isin(labels, classes)
    if unknown.any():
        raise ValueError(
            f"{origin} {labels[unknown][0].item()!r}, which is not among the classes {classes.tolist()}; "
            f"give all that there are as classes=[…]"
        )
    order = np.argsort(classes)
    return np.asarray(order[np.searchsorted(classes, labels, sorter=order)], np.int64)


def as_probabilities(answer: Any, count: int, classes: NDArray[Any]) -> NDArray[np.float32]:
    """The answer of a classifier as probabilities [count, classes]; labels become certainties."""
    found = np.asarray(answer)
    if found.shape == (count, len(classes)) and np.issubdtype(found.dtype, np.floating):
        _check_rows(found)
        return found.astype(np.float32, copy=False)
    if found.shape == (count,):
        return np.eye(len(classes), dtype=np.float32)[places(found, classes, "predict gives the label")]
    raise ValueError(
        f"predict gave {found.dtype} of shape {found.shape} for {count} points and {len(classes)} classes; "
        f"expected probabilities of shape ({count}, {len(classes)}) or labels of shape ({count},)"
    )


def _check_rows(found: NDArray[np.floating[Any]]) -> None:
    sound = (found >= 0).all(axis=1) & (np.abs(found.sum(axis=1) - 1) < 0.01)  # so loose for half precision
    if not sound.all():
        row = ", ".join(f"{value:.4g}" for value in found[np.argmin(sound)])
        finite = np.isfinite(found).all()
        look = "these look like logits: apply minigrad.softmax" if finite else "not all of these are finite"
        raise ValueError(f"predict gave the row [{row}], but probabilities are at least 0 and sum to 1; {look}")


def square_around(*sets: Floats) -> Extent:
    """A square around all points, with a margin: (left, right, bottom, top)."""
    points = np.concatenate(sets)
    low, high = points.min(axis=0), points.max(axis=0)
    half = float(max(*(high - low), 1e-9)) / 2 * (1 + 2 * MARGIN)
    x, y = (low + high) / 2
    return float(x - half), float(x + half), float(y - half), float(y + half)


def border_lines(probabilities: NDArray[np.float32], x: Floats, y: Floats) -> list[Floats]:
    """Lines [k, 2] along which a class of probabilities [len(y), len(x), c] overtakes all others.

    They are where log p of a class minus the largest log p of the others passes 0: logits stay steep where
    probabilities have long gone flat, so a line between two samples is where it belongs.
    """
    logs = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
    classes = logs.shape[-1]
    lines: list[Floats] = []
    for place in range(classes - 1):  # the last class's borders are the others' too
        others = np.delete(logs, place, axis=-1).max(axis=-1)
        found: Any = contour_generator(x, y, logs[..., place] - others).lines(0.0)
        lines += found
    return lines
