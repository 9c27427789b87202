"""The one style of everything drawn here, as matplotlib settings: the page's neutrals, large text, hairlines.

Reading order: **style** → models → history → regions → maps, curves, hinges, units → charts → layout → scene → …

What draws reads its colours from matplotlib's settings and from the axes it is given. So a figure of your own, made
inside `with viz.style("dark"):`, looks like the animation, and in a figure of another style the artists follow that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from numpy.typing import NDArray

from wasm_export.site.palette import PETROFF_6, THEMES, Theme

TEXT, TITLE, HEADLINE = 12.5, 15, 21
"""Sizes of text in points, at 100 dots per inch."""

MARKERS = (
    ("o", 7.5), ("s", 6.7), ("^", 8.2), ("D", 6.4), ("v", 8.2), ("P", 8.6), ("X", 8.4), ("p", 8.2), ("<", 8.2),
    ("*", 11.5), (">", 8.2), ("h", 8.2),
)  # fmt: skip
"""The shape of each class's points, and the size at which it looks as large as the others."""


def settings(theme: str = "light") -> Any:
    """The matplotlib settings of a theme, "light" or "dark".

    Raises:
        ValueError: there is no such theme.
    """
    t = theme_named(theme)
    return {
        "figure.facecolor": t.ground, "savefig.facecolor": t.ground, "axes.facecolor": t.surface,
        "text.color": t.ink, "axes.titlecolor": t.ink, "axes.labelcolor": t.muted, "axes.edgecolor": t.edge,
        "xtick.color": t.edge, "ytick.color": t.edge, "xtick.labelcolor": t.muted, "ytick.labelcolor": t.muted,
        "grid.color": t.hairline, "lines.color": t.accent,
        # DejaVu Sans comes with matplotlib: every machine draws the same letters, and its digits are tabular.
        "font.family": "DejaVu Sans", "font.size": TEXT, "axes.labelsize": TEXT, "axes.titlesize": TITLE,
        "xtick.labelsize": TEXT, "ytick.labelsize": TEXT, "legend.fontsize": TEXT,
        "axes.titlelocation": "left", "axes.titlepad": 8,
        "axes.grid": True, "axes.axisbelow": True, "grid.linewidth": 1.0, "axes.linewidth": 1.0,
        "axes.spines.top": False, "axes.spines.right": False, "axes.unicode_minus": True,
        "xtick.minor.visible": False, "ytick.minor.visible": False,
        "lines.linewidth": 2.0, "lines.solid_capstyle": "round", "axes.prop_cycle": cycler(color=PETROFF_6),
        "svg.hashsalt": "minigrad", "svg.fonttype": "none",
    }  # fmt: skip


def theme_named(name: str) -> Theme:
    """The theme of that name; `ValueError` where there is none."""
    if name not in THEMES:
        raise ValueError(f"there is no theme {name!r}; there are {' and '.join(THEMES)}")
    return THEMES[name]


@contextmanager
def style(theme: str = "light") -> Iterator[None]:
    """Figures made inside look like the animation: `with viz.style("dark"): fig, ax = plt.subplots()`."""
    with mpl.rc_context(settings(theme)):
        yield
        interactive = mpl.is_interactive()
    mpl.interactive(interactive)  # what a backend, loaded meanwhile, turned on; the context's end turns it off


@dataclass(frozen=True)
class Ink:
    """The colours in force where an artist is added to axes."""

    ground: str
    surface: str
    text: str
    muted: str
    hairline: str
    accent: str


def ink(ax: Axes) -> Ink:
    """The colours for artists on these axes: the axes' own ground, and matplotlib's settings."""
    rc: Any = mpl.rcParams
    figure: Any = ax.get_figure(root=True)
    grounds = figure.get_facecolor(), ax.get_facecolor()
    return Ink(*map(to_hex, grounds), *(to_hex(rc[key]) for key in INK_SETTINGS))


INK_SETTINGS = ("text.color", "axes.labelcolor", "grid.color", "lines.color")


def rgb(colours: tuple[str, ...] | list[str]) -> NDArray[np.float32]:
    """Colours as numbers from 0 to 255, [k, 3]."""
    return np.array([to_rgb(colour) for colour in colours], np.float32) * 255


def axes_or_current(ax: Axes | None) -> Axes:
    """`ax`, or pyplot's current axes, as matplotlib's own functions take them."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.gca()
