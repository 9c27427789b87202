"""The one picture: a training step of the spiral by everybody, on a logarithmic scale.

Reading order: … → `report` → **plot**, `readme` → `__main__`
"""

from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from minigrad.files import atomic
from wasm_export.palette import LIGHT

OURS, OTHERS = LIGHT.accent, LIGHT.edge


def draw(table: dict[str, Any], out: Path) -> Path:
    """Draws the results of a table, each contestant of each place a bar as long as its time, to an SVG file."""
    bars = sorted(
        (c["median"] * 1e6, f"{c['name']}  {place_suffix(race['place'])}".strip(), c["name"].startswith("minigrad"))
        for race in table["races"]
        for c in race["contestants"]
        if "median" in c
    )
    figure = Figure(figsize=(8, 0.5 + 0.3 * len(bars)), facecolor=LIGHT.ground, layout="constrained")
    axes = figure.add_subplot(facecolor=LIGHT.ground)
    values = [value for value, *_ in bars]
    drawn = axes.barh(range(len(bars)), values, color=[OURS if ours else OTHERS for *_, ours in bars], height=0.7)
    axes.bar_label(drawn, [f"{value:,.0f}" for value in values], padding=4, color=LIGHT.ink, fontsize=9)
    axes.set_yticks(range(len(bars)), [name for _, name, _ in bars], color=LIGHT.ink, fontsize=9)
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 2, max(values) * 2)
    axes.set_xlabel("µs", color=LIGHT.muted)
    axes.set_title(table["title"], loc="left", color=LIGHT.ink, fontsize=11)
    axes.tick_params(colors=LIGHT.muted, which="both", length=0)
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    axes.grid(axis="x", color=LIGHT.hairline)
    axes.set_axisbelow(True)
    with atomic(out) as file, rc_context({"svg.hashsalt": "minigrad"}):
        FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None})
    return out


def place_suffix(place: str) -> str:
    """Browsers are named; Python goes without saying."""
    return "" if place == "python" else f"({place.capitalize()})"
