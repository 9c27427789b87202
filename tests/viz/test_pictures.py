"""Whole pictures against ones that were looked at and found good: `PICTURES=renew pytest` draws them anew.

Another version of matplotlib or FreeType moves edges by a fraction of a pixel, so a few pixels may differ, not many.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

import viz
from minigrad import runs
from viz.models import model_of

PICTURES = Path(__file__).parent / "pictures"
DIFFERENT, MOST_DIFFERENT = 48, 0.01


def check(name, picture):
    file = PICTURES / f"{name}.png"
    if os.environ.get("PICTURES") == "renew":
        PICTURES.mkdir(exist_ok=True)
        Image.fromarray(picture).save(file, optimize=True)
    with Image.open(file) as good:
        expected = np.asarray(good.convert("RGB")).astype(int)
    assert picture.shape == expected.shape
    share = np.mean(abs(picture - expected).max(axis=2) > DIFFERENT)
    assert share < MOST_DIFFERENT, f"{share:.1%} of the pixels of {name} differ"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("plain", {"size": (600, 300)}),
        ("dark", {"size": (600, 300), "theme": "dark", "hinges": True}),
        ("everything", {"size": (900, 300), "hinges": True, "units": True, "gradients": True}),
    ],
)
@pytest.mark.parametrize("frame", [4, -1])
def test_a_frame_looks_as_it_should(run, name, options, frame):
    check(f"{name}-{'last' if frame < 0 else 'early'}", viz.animate(run, **options).frame(frame))


def test_two_runs_side_by_side_look_as_they_should(run, tested_run):
    check("compare", viz.animate(run, tested_run, size=(900, 300)).frame(-1))


def test_parts_compose_on_axes_of_ones_own(run):
    one = runs.load(run)
    with viz.style("light"):
        figure = Figure(figsize=(6, 3), dpi=100)
        left, right = figure.subplots(1, 2)
        model = model_of(one.params(), "relu")
        viz.decision_map(lambda points: model.probabilities(one.params(), points), one.points, one.labels, ax=left)
        viz.hinges(one.params(), ax=left)
        viz.units(one.params(), ax=right)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    check("composed", np.asarray(canvas.buffer_rgba())[..., :3])
