"""The one picture: a training step of the spiral by everybody, on a logarithmic scale.

Reading order: … → `report` → **plot**, `readme` → `__main__`
"""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from minigrad.files import atomic
from wasm_export.site.palette import LIGHT


def draw(table: dict[str, Any], out: Path) -> Path:
    """Draws the results of a table, fastest first, to an SVG file: a dot at the median, a line over half the rounds."""
    entries = sorted(
        (c["median"] * 1e6, np.percentile(c["rounds"], (25, 75)) * 1e6, title(c["name"], race["place"]))
        for race in table["races"]
        for c in race["contestants"]
        if "median" in c
    )
    figure = Figure(figsize=(8, 0.8 + 0.27 * len(entries)), facecolor=LIGHT.ground, layout="constrained")
    axes = figure.add_subplot(facecolor=LIGHT.ground)
    for place, (middle, (low, high), name) in enumerate(entries):
        colour = LIGHT.accent if name.startswith("minigrad") else LIGHT.edge
        axes.plot((low, high), (place, place), color=colour, linewidth=2)
        axes.plot(middle, place, "o", color=colour, markersize=7)
        axes.annotate(f"{middle:,.0f}", (max(high, middle), place), (7, 0), textcoords="offset points", va="center",
                      color=LIGHT.ink, fontsize=9)  # fmt: skip
    axes.set_yticks(range(len(entries)), [name for *_, name in entries], color=LIGHT.ink, fontsize=9)
    axes.set_xscale("log")
    axes.set_xlim(right=axes.get_xlim()[1] * 1.3)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f} µs")
    axes.tick_params(colors=LIGHT.muted, which="both", length=0, labelsize=9)
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    axes.grid(axis="both", color=LIGHT.hairline, linewidth=0.7)
    axes.set_axisbelow(True)
    figure.suptitle(table["title"], x=0.01, ha="left", color=LIGHT.ink, fontsize=11)
    with atomic(out) as file, rc_context({"svg.hashsalt": "minigrad"}):
        FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None})
    return out


def title(name: str, place: str) -> str:
    """Who, and in which browser; Python goes without saying."""
    return name if place == "python" else f"{name} ({place.capitalize()})"
