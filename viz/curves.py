"""Curves over training: the whole of each in pale, the part up to now in full, a cursor where now is.

Reading order: … → regions → maps, **curves**, hinges, units → charts → layout → scene → animation → …

Steps run on a logarithmic axis once there are many, because snapshots and learning do; values do when they span
decades. Limits are fixed by the whole curve, so nothing jumps while the cursor moves. Numbers keep to a few characters
whatever their size: a training that goes wrong has losses of 10³⁰.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import cycle
from math import ceil, floor, log10
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from viz.style import axes_or_current, ink

Floats = NDArray[np.floating[Any]]
Series = tuple[Any, Any]
Form = Callable[[float], str]

MANY_STEPS = 200
DECADES = 10.0
HIGHEST = 1e300
"""Where the axis of values ends at the latest: closer to the largest float, what matplotlib computes overflows."""

COLUMNS = 600
"""Into how many columns a long curve is gathered; each keeps its lowest and its highest value."""

MOST_VALUES, MOST_NAMES = 2, 5
"""Up to how many curves of one group have their values said above the axes, and how many of them their names."""

DASHES = ("solid", (0, (4, 1.5)), (0, (1.2, 1.4)), (0, (6, 1.5, 1.2, 1.5)))


def number(value: float) -> str:
    """A value to four decimals, or by a power of ten where these would be too many digits, or none that says something.

    >>> number(0.25), number(2e-5), number(3e28)
    ('0.2500', '2.000e-05', '3.000e+28')
    """
    return f"{value:.4f}" if value == 0 or 1e-4 <= abs(value) < 1e5 else f"{value:.3e}"


class Curves:
    """The artists of some curves; `update` moves the cursor.

    Attributes:
        whole: the pale lines of the whole curves.
        lines: the part up to the cursor, one line a curve.
        heads: the end of that part, one marker a curve.
        cursor: the vertical line.
        legend: above the axes; says the values at the cursor.
        artists: what `update` changes, in the order in which it is drawn.
    """

    def __init__(self, ax: Axes, groups: Sequence[Mapping[str, Series]], label: str, form: Form) -> None:
        self.ax, self.form = ax, form
        self.data: list[tuple[NDArray[Any], Floats]] = []
        self.whole: list[Line2D] = []
        self.lines: list[Line2D] = []
        self.heads: list[Line2D] = []
        colours = ink(ax)
        self.cursor = ax.axvline(0, color=colours.muted, linewidth=1.0, visible=False, zorder=2)
        for group, colour in zip(groups, cycle((colours.text, colours.accent))):
            for place, (steps, values) in enumerate(group.values()):
                look = {"color": colour, "linestyle": DASHES[place % len(DASHES)]}
                self._add(np.asarray(steps), np.asarray(values, float), look, 2.0 if place < len(DASHES) else 1.0)
        self.thin = [(np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in self.lines]
        ax.set_title(label)
        # Curves of several groups under the same names are told apart by their colours, which the legend leaves out.
        single = all(len(group) == 1 for group in groups)
        self.says_values = single or (len(groups) == 1 and len(groups[0]) <= MOST_VALUES)
        self.names = [name for group in (groups if single else groups[:1]) for name in group][:MOST_NAMES]
        alone = self.names == [""]
        self.legend = ax.legend(
            self.whole[: len(self.names)], self._said([-1] * len(self.data)), loc="lower right",
            bbox_to_anchor=(1.0, 1.0), ncols=len(self.names), frameon=False, borderpad=0.2, borderaxespad=0.1,
            handlelength=0 if alone else 1.6, handletextpad=0 if alone else 0.5, columnspacing=1.2,
            labelcolor=colours.text,
        )  # fmt: skip
        for handle in self.legend.legend_handles:
            if handle is not None:
                handle.set_alpha(1)

    @property
    def artists(self) -> list[Artist]:
        """What `update` changes, in the order in which it is drawn."""
        return [self.cursor, *self.lines, *self.heads, self.legend]

    def update(self, step: float) -> None:
        """Moves the cursor to a step."""
        self.cursor.set_xdata([step, step])
        self.cursor.set_visible(True)
        here = [max(int(np.searchsorted(steps, step, side="right")) - 1, 0) for steps, _ in self.data]
        for (steps, values), now, (x, y), line, head in zip(self.data, here, self.thin, self.lines, self.heads):
            until = int(np.searchsorted(x, step, side="right"))
            line.set_data(np.append(x[:until], steps[now]), np.append(y[:until], values[now]))
            head.set_data([steps[now]], [values[now]])
        if self.says_values:
            for text, said in zip(self.legend.get_texts(), self._said(here), strict=True):
                text.set_text(said)

    def _add(self, steps: NDArray[Any], values: Floats, look: dict[str, Any], width: float) -> None:
        self.data.append((steps, values))
        thin = gathered(steps, values)
        self.whole += self.ax.plot(*thin, zorder=1.5, alpha=0.25, linewidth=0.75 * width, **look)
        self.lines += self.ax.plot(*thin, zorder=3, linewidth=width, **look)
        self.heads += self.ax.plot([], [], "o", color=look["color"], ms=6, zorder=4, clip_on=False)

    def _said(self, here: Sequence[int]) -> list[str]:
        if not self.says_values:
            return self.names
        values = (values[place] for (_, values), place in zip(self.data, here))
        return [f"{name} {self.form(float(value))}".strip() for name, value in zip(self.names, values)]


def curves(
    series: Mapping[str, Series] | Sequence[Mapping[str, Series]],
    label: str = "loss",
    *,
    limits: tuple[float, float] | None = None,
    form: Form = number,
    ax: Axes | None = None,
) -> Curves:
    """Draws curves over training steps, and returns their artists.

    Args:
        series: the steps and values of each curve by its name: {"train": (steps, values), "test": …}, "" for a curve
            that needs no name; or several of these, which differ in colour.
        label: what the values are.
        limits: the lowest and highest value shown; by default all, from 0 or on a logarithmic scale.
        form: how the legend writes a value.
        ax: where to draw; pyplot's current axes by default.

    Raises:
        ValueError: no curve, an empty one, or steps and values of different lengths.
    """
    groups = [series] if isinstance(series, Mapping) else list(series)
    if not any(groups):
        raise ValueError("there is no curve to draw")
    for name, (steps, values) in (item for group in groups for item in group.items()):
        if np.shape(steps) != np.shape(values) or np.ndim(values) != 1 or np.size(values) == 0:
            raise ValueError(
                f"curve {name!r} has steps of shape {np.shape(steps)} and values of shape {np.shape(values)}; "
                "expected two sequences of the same length, 1 or more"
            )
    ax = axes_or_current(ax)
    drawn = Curves(ax, groups, label, form)
    scale_steps(ax, max(int(steps[-1]) for steps, _ in drawn.data))
    scale_values(ax, np.concatenate([values for _, values in drawn.data]), limits)
    return drawn


def scale_steps(ax: Axes, last: int) -> None:
    """The axis of steps, from 0 to `last`: linear at first, then logarithmic where there are many."""
    if last > MANY_STEPS:
        ax.set_xscale("symlog", linthresh=10, linscale=0.5)
        ticks = [0, *(10**power for power in range(1, 12) if 10**power <= last)]
        ax.set_xticks(ticks)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.set_xlim(0, max(last, 1) * (1.15 if last > MANY_STEPS else 1.02))


def scale_values(ax: Axes, values: Floats, limits: tuple[float, float] | None) -> None:
    """The axis of values: as asked for; logarithmic where they span decades; else from 0."""
    if limits:
        ax.set_ylim(*limits)
        return
    finite = np.clip(values[np.isfinite(values)], -HIGHEST, HIGHEST)
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    if low > 0 and high > DECADES * low:
        ax.set_ylim(low / 1.3, high * 1.3)
        ax.set_yscale("log")
        if high < DECADES**2 * low:
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=5))
            ax.yaxis.set_major_formatter("{x:g}")
        else:
            ax.yaxis.set_major_locator(FixedLocator(powers_of_ten(*ax.get_ylim())))
        ax.yaxis.set_minor_locator(NullLocator())
    else:
        bottom, top = min(low, 0.0), high * 1.08 if high > 0 else 1.0
        ax.set_ylim(bottom, top)
        ax.locator_params(axis="y", nbins=4)
        if not 1e-4 <= max(top, -bottom) < 1e6:  # where matplotlib takes out a factor, and writes it over the title
            ax.yaxis.set_major_formatter("{x:g}")


def powers_of_ten(low: float, high: float, most: int = 5) -> list[float]:
    """Evenly spaced powers of ten between two bounds, at most so many."""
    first, last = ceil(log10(low)), floor(log10(high))
    apart = (last - first) // most + 1
    return [10.0**power for power in range(first, last + 1) if power % apart == 0]


def gathered(
    steps: NDArray[Any], values: Floats, columns: int = COLUMNS, kept: Iterable[int] = ()
) -> tuple[NDArray[Any], Floats]:
    """A curve in few enough points to be drawn at once: the lowest and highest value of each column, in order.

    The values at the steps in `kept` stay as well.
    """
    if len(steps) <= 2 * columns:
        return steps, values
    position = np.log1p(steps) if steps[-1] > MANY_STEPS else steps
    column = (position / position[-1] * (columns - 1)).astype(int)
    places = {0, len(steps) - 1, *np.flatnonzero(np.isin(steps, list(kept))).tolist()}
    for group in np.split(np.arange(len(steps)), np.flatnonzero(np.diff(column)) + 1):
        places |= {int(group[values[group].argmin()]), int(group[values[group].argmax()])}
    order = np.array(sorted(places))
    return steps[order], values[order]
