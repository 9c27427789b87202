"""The film of a run: the static parts drawn once, and for each frame only the artists that change.

Reading order: … → layout → scene → **animation** → encode, gif, scrub → window, watch → the command in `__main__`

matplotlib's own `animation.save` draws every frame from nothing; here a frame starts as a copy of the static parts.
"""

import base64
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from tqdm import tqdm

from minigrad.files import atomic
from minigrad.runs import Run
from viz import encode
from viz.gif import gif_palette, write_gif
from viz.history import MOST_FRAMES, Options
from viz.scene import Scene, stage
from viz.scrub import write_scrubber
from viz.style import style

Frame = NDArray[np.uint8]


class Animation:
    """The frames of a scene, [height, width, 3] bytes each; iterate over them, `save` them, or show it in a notebook.

    Attributes:
        scene: what is shown.
        steps: the step of each frame.
        fps: frames a second.
        hold: for how many seconds the last frame stays.
    """

    def __init__(self, scene: Scene, hold: float) -> None:
        if not hold >= 0:
            raise ValueError(f"hold is {hold}; it must be 0 or more seconds")
        self.scene, self.steps, self.fps, self.hold = scene, scene.steps, scene.options.fps, hold
        self.canvas = _agg(scene.figure)
        for artist in scene.artists:
            artist.set_animated(True)
        self.canvas.draw()
        self.static = self.canvas.copy_from_bbox(scene.figure.bbox)

    def __len__(self) -> int:
        return len(self.steps)

    def frame(self, number: int) -> Frame:
        """One frame; negative numbers count from the end."""
        self.canvas.restore_region(self.static)
        self.scene.show(self.steps[number])
        renderer = self.canvas.get_renderer()
        for artist in self.scene.artists:
            artist.draw(renderer)
        return np.asarray(self.canvas.buffer_rgba())[..., :3].copy()

    def __iter__(self) -> Iterator[Frame]:
        return (self.frame(number) for number in range(len(self)))

    def save(self, path: str | os.PathLike[str], progress: bool | None = None) -> Path:
        """Writes the film as .mp4 or .gif, its last frame as .png, or the scrubber as .html, whole or not at all.

        Args:
            path: where to; its suffix chooses the format.
            progress: whether to show a progress bar; by default where standard error is a terminal.

        Raises:
            FileError: an unknown suffix, or a path that cannot be written to.
            ValueError: the scrubber of two runs, or with units or gradients.
        """
        target = encode.check_path(path)
        if target.suffix == ".html":
            return write_scrubber(target, self.scene.histories, self.scene.options)
        if target.suffix == ".png":
            return encode.write_png(target, self.frame(-1))
        bar = tqdm(self, unit="frame", desc=target.name, disable=None if progress is None else not progress)
        with atomic(target) as temporary:
            if target.suffix == ".mp4":
                encode.write_mp4(temporary, bar, self.fps, self.hold)
            else:
                pause = round(100 / self.fps) * 10  # GIF counts in hundredths of a second
                durations = [pause] * (len(self) - 1) + [pause + round(1000 * self.hold)]
                with self.banded():
                    write_gif(temporary, bar, durations, gif_palette(self.scene.theme, self.scene.classes))
        return target

    @contextmanager
    def banded(self) -> Iterator[None]:
        """Frames made meanwhile show their maps in few colours."""
        for drawn in self.scene.maps:
            drawn.banded = True
        try:
            yield
        finally:
            for drawn in self.scene.maps:
                drawn.banded = False

    def _repr_html_(self) -> str:
        with tempfile.TemporaryDirectory() as folder:
            data = self.save(Path(folder) / "film.mp4", progress=False).read_bytes()
        film = base64.b64encode(data).decode("ascii")
        return f'<video controls muted style="max-width: 100%" src="data:video/mp4;base64,{film}"></video>'


def animate(
    run: Run | str | os.PathLike[str],
    *others: Run | str | os.PathLike[str],
    hinges: bool = False,
    units: bool = False,
    gradients: bool = False,
    theme: str = "light",
    size: tuple[int, int] | None = None,
    dpi: float | None = None,
    fps: float = 12,
    hold: float = 2,
    frames: int = MOST_FRAMES,
) -> Animation:
    """The film of a run, or of two in step: decision map, loss, accuracy, with a cursor at the frame's step.

    A notebook shows the result as a video; `.save("film.mp4")` writes it.

    Args:
        run: a run folder, or a run that `minigrad.runs.load` has read.
        *others: another one, to be shown beside it; at most one.
        hinges: draws the first layer's lines w·x + b = 0.
        units: adds the gallery of hidden units.
        gradients: adds the norm of each layer's gradient.
        theme: "light" or "dark".
        size: width and height in pixels.
        dpi: pixels an inch, which sizes text and lines; by default what makes the picture the same at any size.
        fps: frames a second.
        hold: for how many seconds the last frame stays.
        frames: at most so many snapshots are shown, evenly thinned out.

    Raises:
        FileError: not a run folder, or a broken one.
        ValueError: an option out of its range, or hinges or units of a network without a hidden layer.
    """
    options = Options(hinges, units, gradients, theme, size, dpi, fps, frames)
    with style(theme):
        return Animation(stage((run, *others), options, Figure), hold)


def _agg(figure: Figure) -> Any:
    """The canvas of a figure: pixels in memory (matplotlib leaves most of its methods untyped)."""
    return FigureCanvasAgg(figure)
