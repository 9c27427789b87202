"""A scene: the panels that show a run, or two side by side, in a figure, moved to any step together.

Reading order: … → charts → layout → **scene** → animation → …

Everything keeps its place: only what a panel calls its artists changes from frame to frame.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from minigrad.runs import Run
from viz import charts
from viz.hinges import hinges
from viz.history import History, Options, history, joint_steps
from viz.layout import Layout, figure_size
from viz.maps import DecisionMap, square_around
from viz.style import HEADLINE, theme_named
from viz.units import units
from wasm_export.site.palette import Theme

MOST_RUNS = 2


@dataclass(frozen=True)
class Panel:
    """Artists that change together, and how to move them to a step."""

    artists: Sequence[Artist]
    show: Callable[[int], None]


@dataclass(frozen=True)
class Scene:
    """A figure, the steps of its frames, its panels and the maps among them, and what it was made from."""

    figure: Figure
    steps: list[int]
    panels: list[Panel]
    maps: list[DecisionMap]
    histories: Sequence[History]
    options: Options

    @property
    def theme(self) -> Theme:
        """The colours in force."""
        return theme_named(self.options.theme)

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


def stage(
    runs: Sequence[Run | str | os.PathLike[str]], options: Options, make_figure: Callable[..., Figure], foot: int = 0
) -> Scene:
    """Reads a run, or two to compare, and draws their panels into a figure, in the style that is in force.

    Args:
        runs: run folders, or runs that were read.
        options: what to show, and how.
        make_figure: makes the empty figure, given `figsize` and `dpi`.
        foot: hundredths of an inch to leave free at the bottom.

    Raises:
        FileError: not a run folder, or a broken one.
        ValueError: more than two runs, a size that is too small, or hinges or units of a network without hidden layer.
    """
    if len(runs) > MOST_RUNS:
        raise ValueError(f"{len(runs)} runs were given; at most {MOST_RUNS} are shown side by side")
    histories = [history(run, options.frames) for run in runs]
    (width, height), dpi = figure_size(len(runs), options, foot)
    figure = make_figure(figsize=(width / dpi, height / dpi), dpi=dpi)
    layout = Layout(figure, len(runs), options, foot)
    theme = theme_named(options.theme)
    panels: list[Panel] = []
    maps: list[DecisionMap] = []
    for place, (one, colour) in enumerate(zip(histories, (theme.ink, theme.accent))):
        ax = layout.map(place)
        maps.append(_map(ax, one))
        panels += _map_panels(maps[-1], one, options)
        if len(runs) > 1:
            ax.set_title(one.name, loc="right", color=colour)
        elif one.run.test:
            ax.set_title("hollow: test points", loc="right", color=theme.muted)
        if place == 0:
            panels.append(_step_panel(ax))
        if options.units:
            panels.append(_units_panel(layout.gallery(place), one))
    panels += _chart_panels(layout, histories, options)
    return Scene(figure, joint_steps(histories, options.frames), panels, maps, histories, options)


def _step_panel(ax: Axes) -> Panel:
    said = ax.set_title("", fontsize=HEADLINE)
    return Panel([said], lambda step: said.set_text(f"step {step:,}"))


def _map(ax: Axes, one: History) -> DecisionMap:
    drawn = DecisionMap(ax, square_around(*(data.points for data in one.sets)), range(one.run.config["classes"]))
    for number, data in enumerate(one.sets):
        drawn.add_points(data.points, data.labels, hollow=number > 0)
    return drawn


def _map_panels(drawn: DecisionMap, one: History, options: Options) -> list[Panel]:
    panels = [
        Panel(
            [drawn.image, drawn.borders],
            lambda step: drawn.update(partial(one.model.probabilities, one.params_at(step))),
        )
    ]
    if options.hinges:
        lines = hinges(one.params[-1], ax=drawn.ax)
        panels.append(Panel(lines.artists, lambda step: lines.update(one.params_at(step))))
    panels.append(Panel([drawn.rings, *drawn.points], lambda step: None))
    return panels


def _units_panel(ax: Axes, one: History) -> Panel:
    extent = square_around(*(data.points for data in one.sets))
    drawn = units(one.params[-1], one.run.config["activation"], extent=extent, ax=ax)
    width = one.model.widths[-2]
    some = f"{len(drawn.shown)} of " if len(drawn.shown) < width else ""
    ax.set_title(f"{some}{width} hidden units")
    return Panel(drawn.artists, lambda step: drawn.update(one.params_at(step)))


def _chart_panels(layout: Layout, histories: Sequence[History], options: Options) -> list[Panel]:
    series = [charts.loss, charts.accuracy] + ([charts.gradients] if options.gradients else [])
    axes = [layout.chart(place, len(series)) for place in range(len(series))]
    drawn = [draw(ax, histories) for draw, ax in zip(series, axes, strict=True)]
    for ax in axes[:-1]:
        ax.tick_params(labelbottom=False)
    axes[-1].set_xlabel("step")
    return [Panel(chart.artists, chart.update) for chart in drawn]
