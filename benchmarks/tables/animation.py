"""The animator on the CS231n spiral: what a film of 100 frames takes, in seconds and bytes, and what one map takes."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

import viz
from benchmarks.problems import SPIRAL, step_program
from benchmarks.races import Race, Target, entry, known
from benchmarks.timing import Run
from minigrad import runs
from minigrad.recipe import PRESETS
from minigrad.snapshots import Snapshot
from minigrad.train import snapshot_steps
from viz.history import History, history
from viz.maps import DecisionMap, square_around
from viz.models import compiled_predict, predict_program, single
from wasm_export import compile

FRAMES, GROWTH = 100, 1.076
"""With steps that grow so, the preset's 10,000 steps have 100 snapshots."""

TITLE = f"The spiral's film, {FRAMES} frames of 1200 × 600 pixels"
REPLAY, COMPILED = "map of a frame, by replay", "map of a frame, compiled"


def races(hand_tuned: Path | None) -> Iterator[Race]:
    """In Python. A file's time is that of reading the run, drawing and encoding, as `python -m viz` does them."""
    with TemporaryDirectory() as folder:
        path = reference_run(Path(folder) / "run")
        (mp4_seconds, mp4), (gif_seconds, gif), (_, html) = (made(path, suffix) for suffix in ("mp4", "gif", "html"))
        one = history(path)
    yield Race(
        TITLE,
        "python",
        [entry(REPLAY, mapping, one, predict_program), entry(COMPILED, mapping, one, compiled_predict)],
        [
            known("MP4, on one core", mp4_seconds, "≤", 12, "s"),
            known("MP4", mp4, "≤", 0.4, "MB"),
            known("GIF", gif, "≤", 1.5, "MB"),
            known("HTML", html, "≤", 0.5, "MB"),
            Target(REPLAY, lambda times: 1e3 * median(times[REPLAY]), "≤", 10, "ms", (REPLAY,)),
            Target(COMPILED, lambda times: 1e3 * median(times[COMPILED]), "≤", 10, "ms", (COMPILED,)),
        ],
        "ms",
        [f"the GIF took {gif_seconds:.1f} s on one core"],
    )


def reference_run(path: Path) -> Path:
    """The preset's run in float32, trained by the compiled step; its 100 snapshots are spaced geometrically."""
    recipe = replace(PRESETS["cs231n"], dtype="float32")
    train, _, start = recipe.start()
    runs.create(path, recipe.config(), train)
    labels, lr, reg = train.labels.astype(np.int32), np.float32(recipe.lr), np.float32(recipe.reg)
    bound = compile(step_program(SPIRAL)).bind(start.params, start.state, train.points, labels, lr, reg)
    losses = np.empty(recipe.steps)
    due = {*takewhile(lambda step: step < recipe.steps, snapshot_steps(GROWTH)), recipe.steps}
    for step in range(recipe.steps + 1):
        if step in due:
            params = [{key: bound.outputs[f"params.{i}.{key}"].copy() for key in ("W", "b")} for i in (0, 1)]
            runs.save(path, Snapshot(step, params, start.state, start.random), losses[:step])
        if step < recipe.steps:
            bound.run()
            losses[step] = bound.outputs["loss"]
    return path


def mapping(one: History, make: Callable[..., Any]) -> Run:
    """Map after map: where the network is asked, the regions, the border; gives the mean of the last picture."""
    network = make(*one.model.kind)
    data = one.run.train
    drawn = DecisionMap(Figure().subplots(), square_around(data.points), range(data.classes))
    drawn.add_points(data.points, data.labels)

    def run(k: int) -> float:
        for frame in range(k):
            params = one.params[frame % len(one.params)]
            drawn.update(lambda points, params=params: network(params, single(points)))
        return float(np.mean(drawn.image.get_array()))

    return run


def made(path: Path, suffix: str) -> tuple[float, float]:
    """Writes a film; seconds and MB that it took."""
    with TemporaryDirectory() as folder, threadpool_limits(1), one_core():
        began = time.perf_counter()
        file = viz.animate(path).save(Path(folder) / f"film.{suffix}", progress=False)
        return time.perf_counter() - began, file.stat().st_size / 1e6


@contextmanager
def one_core() -> Iterator[None]:
    """This thread and the programs that it starts share a core, where the system can be told so."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
