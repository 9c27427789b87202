"""Where things go in a figure, and how large it is: squares on the left, charts above each other on the right.

Reading order: … → regions → maps, curves, hinges, units → charts → **layout** → scene → animation → …

Lengths are in hundredths of an inch, which are pixels at 100 dots per inch.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viz.history import Options

MARGIN, HEAD, FOOT, RIGHT = 24, 58, 26, 36
CHART_LEFT, CHART_HEAD, CHART_FOOT, AXIS_LABELS = 70, 44, 10, 32
NARROWEST_CHART, NARROWEST_SQUARE = 300, 100
LEAST_DPI = 25


class Layout:
    """A figure's places; all but `foot` at its bottom is shared out among them.

    Attributes:
        figure: whose size is set.
        columns, rows: of squares: two runs side by side, each above its units; or one run's units beside it.
        side: of a square.

    Raises:
        ValueError: the figure is too small.
    """

    def __init__(self, figure: Figure, runs: int, options: Options, foot: int) -> None:
        self.figure, self.foot = figure, foot
        self.columns, self.rows = grid(runs, options)
        self.width, self.height = (100 * float(inches) for inches in figure.get_size_inches())
        high, wide = self.height - foot, self.width - CHART_LEFT - NARROWEST_CHART
        self.side = min(high / self.rows - HEAD - FOOT, wide / self.columns - MARGIN)
        if self.side < NARROWEST_SQUARE:
            raise ValueError(f"{self.width:.0f} × {self.height:.0f} is too small for the maps beside the charts")

    def map(self, run: int) -> Axes:
        """Axes for a run's map."""
        return self._square(run, 0)

    def gallery(self, run: int) -> Axes:
        """Axes for a run's units."""
        return self._square(run, 1) if self.rows == 2 else self._square(1, 0)

    def chart(self, place: int, count: int) -> Axes:
        """Axes for one of `count` charts."""
        left = MARGIN + self.columns * (self.side + MARGIN) + CHART_LEFT
        room = (self.height - self.foot - FOOT - AXIS_LABELS) / count
        bottom = self.height - (place + 1) * room + CHART_FOOT
        return self._axes(left, bottom, self.width - RIGHT - left, room - CHART_HEAD - CHART_FOOT)

    def _square(self, column: int, row: int) -> Axes:
        left = MARGIN + column * (self.side + MARGIN)
        top = row * (self.side + HEAD + FOOT) + HEAD
        return self._axes(left, self.height - top - self.side, self.side, self.side)

    def _axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        return self.figure.add_axes((left / self.width, bottom / self.height, width / self.width, height / self.height))


def grid(runs: int, options: Options) -> tuple[int, int]:
    """Columns and rows of squares."""
    if runs > 1:
        return runs, 2 if options.units else 1
    return (2, 1) if options.units else (1, 1)


def figure_size(runs: int, options: Options, foot: int) -> tuple[tuple[int, int], float]:
    """A figure's width and height in pixels, and its dots per inch.

    By default every square has 520 hundredths of an inch: 1200 × 600 pixels for one map beside the charts.

    Raises:
        ValueError: so few dots per inch that nothing could be read.
    """
    columns, rows = grid(runs, options)
    return pixels((600 * (columns + 1), 600 * rows + foot), options.size, options.dpi)


def pixels(natural: tuple[int, int], size: tuple[int, int] | None, dpi: float | None) -> tuple[tuple[int, int], float]:
    """A size in pixels, and dots per inch, where one or both are left open.

    >>> pixels((1200, 600), (2400, 1200), None)
    ((2400, 1200), 200.0)
    >>> pixels((1200, 600), None, 50)
    ((600, 300), 50)
    """
    if dpi is None:
        dpi = 100.0 if size is None else 100 * min(size[0] / natural[0], size[1] / natural[1])
    if dpi < LEAST_DPI:
        raise ValueError(f"{size or natural} pixels at {dpi:.0f} dpi could not be read; give a larger size or dpi")
    return size or (round(natural[0] * dpi / 100), round(natural[1] * dpi / 100)), dpi
