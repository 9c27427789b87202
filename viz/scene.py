"""A scene: the panels that show a run, or two side by side, laid out in a figure and moved to any step together.

Reading order: … → maps, curves, hinges, units → charts → **scene** → animation → …

Maps and galleries are squares on the left, the charts stand above each other on the right. Everything has its place
in hundredths of an inch, which are pixels at 100 dots per inch, and keeps it: only what a panel calls its artists
changes from frame to frame.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viz import charts
from viz.hinges import check_hidden, hinges
from viz.history import History, Options, joint_steps
from viz.maps import DecisionMap, square_around
from viz.style import HEADLINE
from viz.units import units
from wasm_export.site.palette import Theme

MARGIN, HEAD, FOOT, RIGHT = 24, 58, 26, 36
CHART_LEFT, CHART_HEAD, CHART_FOOT, AXIS_LABELS = 70, 44, 10, 32
NARROWEST_CHART = 300
LEAST_DPI = 25


@dataclass(frozen=True)
class Panel:
    """Artists that change together, and how to move them to a step."""

    artists: Sequence[Artist]
    show: Callable[[int], None]


@dataclass(frozen=True)
class Scene:
    """A figure, the steps of its frames, its panels, and what it was made from."""

    figure: Figure
    steps: list[int]
    panels: list[Panel]
    histories: Sequence[History]
    options: Options
    theme: Theme

    @property
    def artists(self) -> list[Artist]:
        """All artists that change, in the order in which they are drawn."""
        return [artist for panel in self.panels for artist in panel.artists]

    @property
    def classes(self) -> int:
        """How many classes have a colour in it."""
        return max(one.model.widths[-1] for one in self.histories)

    def show(self, step: int) -> None:
        """Moves all panels to a step."""
        for panel in self.panels:
            panel.show(step)


def default_size(histories: Sequence[History], options: Options) -> tuple[int, int]:
    """Width and height that give every square 520 hundredths of an inch: 1200 × 600 for one map beside the charts."""
    columns, rows = _grid(len(histories), options)
    return 600 * (columns + 1), 600 * rows


def pixels(natural: tuple[int, int], size: tuple[int, int] | None, dpi: float | None) -> tuple[tuple[int, int], float]:
    """A figure's size in pixels, and its dots per inch, where one or both are left open.

    >>> pixels((1200, 600), (2400, 1200), None)
    ((2400, 1200), 200.0)
    >>> pixels((1200, 600), None, 50)
    ((600, 300), 50)

    Raises:
        ValueError: so few dots per inch that nothing could be read.
    """
    if dpi is None:
        dpi = 100.0 if size is None else 100 * min(size[0] / natural[0], size[1] / natural[1])
    if dpi < LEAST_DPI:
        raise ValueError(f"{size or natural} pixels at {dpi:.0f} dpi could not be read; give a larger size or dpi")
    return size or (round(natural[0] * dpi / 100), round(natural[1] * dpi / 100)), dpi


def compose(figure: Figure, histories: Sequence[History], options: Options, theme: Theme, foot: int = 0) -> Scene:
    """Draws the panels of one run, or of two to compare, into a figure whose size is set.

    Args:
        figure: empty, made under `viz.style` of the theme.
        histories: the runs.
        options: what to show.
        theme: the colours in force.
        foot: hundredths of an inch to leave free at the bottom.

    Raises:
        ValueError: hinges or units are asked of a network without a hidden layer.
    """
    columns, rows = _grid(len(histories), options)
    width, height = (100 * float(inches) for inches in figure.get_size_inches())
    side = min((height - foot) / rows - HEAD - FOOT, (width - CHART_LEFT - NARROWEST_CHART) / columns - MARGIN)
    if side < 100:
        raise ValueError(f"{width:.0f} × {height:.0f} is too small for the maps beside the charts")

    def square(column: int, row: int) -> Axes:
        top = row * (side + HEAD + FOOT) + HEAD
        left = MARGIN + column * (side + MARGIN)
        return figure.add_axes((left / width, 1 - (top + side) / height, side / width, side / height))

    panels = []
    for place, history in enumerate(histories):
        ax = square(place, 0)
        panels += _map_panels(ax, history, options)
        if len(histories) > 1:
            ax.set_title(history.name, loc="right", color=(theme.ink, theme.accent)[place])
        elif history.run.test:
            ax.set_title("hollow: test points", loc="right", color=theme.muted)
        if place == 0:
            panels.append(_step_panel(ax))
        if options.units:
            panels.append(_units_panel(square(*((place, 1) if rows == 2 else (1, 0))), history))
    left = MARGIN + columns * (side + MARGIN) + CHART_LEFT
    series = [charts.loss, charts.accuracy] + ([charts.gradients] if options.gradients else [])
    room = (height - foot - FOOT - AXIS_LABELS) / len(series)
    for place, draw in enumerate(series):
        low = height - (place + 1) * room + CHART_FOOT
        box = (left, low, width - RIGHT - left, room - CHART_HEAD - CHART_FOOT)
        ax = figure.add_axes((box[0] / width, box[1] / height, box[2] / width, box[3] / height))
        drawn = draw(ax, histories)
        panels.append(Panel(drawn.artists, drawn.update))
        ax.tick_params(labelbottom=place == len(series) - 1)
    ax.set_xlabel("step")
    return Scene(figure, joint_steps(histories), panels, histories, options, theme)


def _grid(runs: int, options: Options) -> tuple[int, int]:
    """Columns and rows of squares: two runs side by side, each above its units; or one run's units beside it."""
    if runs > 1:
        return runs, 2 if options.units else 1
    return (2, 1) if options.units else (1, 1)


def _step_panel(ax: Axes) -> Panel:
    said = ax.set_title("", fontsize=HEADLINE)
    return Panel([said], lambda step: said.set_text(f"step {step:,}"))


def _map_panels(ax: Axes, history: History, options: Options) -> list[Panel]:
    run, model, last = history.run, history.model, history.params[-1]
    sets = [run.train] + ([run.test] if run.test else [])
    extent = square_around(*(data.points for data in sets))
    drawn = DecisionMap(ax, extent, range(run.config["classes"]))
    for number, data in enumerate(sets):
        drawn.add_points(data.points, data.labels, hollow=number > 0)
    panels = [
        Panel(
            [drawn.image, drawn.borders],
            lambda step: drawn.update(partial(model.probabilities, history.params[history.at(step)])),
        )
    ]
    if options.hinges:
        check_hidden(last, "hinges")
        lines = hinges(last, ax=ax)
        panels.append(Panel(lines.artists, lambda step: lines.update(history.params[history.at(step)])))
    panels.append(Panel([*drawn.points, drawn.rings], lambda step: None))
    return panels


def _units_panel(ax: Axes, history: History) -> Panel:
    last = history.params[-1]
    check_hidden(last, "hidden units")
    run = history.run
    extent = square_around(run.points, *([run.test.points] if run.test else []))
    drawn = units(last, run.config["activation"], extent=extent, ax=ax)
    width = history.model.widths[-2]
    some = f"{len(drawn.shown)} of " if len(drawn.shown) < width else ""
    ax.set_title(f"{some}{width} hidden units")
    return Panel(drawn.artists, lambda step: drawn.update(history.params[history.at(step)]))
