"""A window with a slider and a play button: the film of a run to turn by hand.

Reading order: … → animation → encode, gif, scrub → **window**, watch → the command in `__main__`

Space plays and pauses, the arrow keys go one snapshot back and on, Home and End to the first and the last.
"""

import os
from typing import Any

import matplotlib as mpl
from matplotlib.widgets import Button, Slider

from minigrad.files import FileError
from minigrad.runs import Run
from viz.history import MOST_FRAMES, Options
from viz.layout import MARGIN, RIGHT
from viz.scene import Scene, stage
from viz.style import style

FOOT = 60
"""Hundredths of an inch below the panels, for the controls."""


class Window:
    """A scene in a figure of pyplot, with its controls.

    Attributes:
        scene: what is shown.
        frame: the number of the frame.
        playing: whether it moves on by itself.
        slider, button: the controls.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene, self.frame, self.playing = scene, len(scene.steps) - 1, False
        figure, theme = scene.figure, scene.theme
        width, height = (100 * float(inches) for inches in figure.get_size_inches())
        button = figure.add_axes((MARGIN / width, 16 / height, 90 / width, 34 / height))
        slider = figure.add_axes((150 / width, 16 / height, (width - 150 - RIGHT) / width, 34 / height))
        self.button = Button(button, "Play", color=theme.surface, hovercolor=theme.hairline)
        last = max(len(scene.steps) - 1, 1)
        self.slider = Slider(slider, "", 0, last, valinit=self.frame, valstep=1, color=theme.accent,
                             track_color=theme.hairline, initcolor="none")  # fmt: skip
        self.slider.valtext.set_visible(False)
        button.spines[:].set_visible(True)
        self.button.on_clicked(lambda _: self.play(not self.playing))
        self.slider.on_changed(lambda value: self._show(round(value)))
        canvas: Any = figure.canvas
        canvas.mpl_connect("key_press_event", self._on_key)
        self.timer = canvas.new_timer(interval=round(1000 / scene.options.fps))
        self.timer.add_callback(self._advance)
        self._show(self.frame)
        canvas.draw()  # ticks are made when first drawn, in the style then in force

    def go(self, frame: int) -> None:
        """Shows a frame; numbers beyond the film's ends mean these."""
        self.slider.set_val(min(max(frame, 0), len(self.scene.steps) - 1))

    def play(self, playing: bool = True) -> None:
        """Starts, from the beginning if the end has been reached, or pauses."""
        self.playing = playing
        self.button.label.set_text("Pause" if playing else "Play")
        if playing:
            if self.frame == len(self.scene.steps) - 1:
                self.go(0)
            self.timer.start()
        else:
            self.timer.stop()
        self.scene.figure.canvas.draw_idle()

    def _show(self, frame: int) -> None:
        self.frame = min(frame, len(self.scene.steps) - 1)
        self.scene.show(self.scene.steps[self.frame])
        self.scene.figure.canvas.draw_idle()

    def _advance(self) -> None:
        self.go(self.frame + 1)
        if self.frame == len(self.scene.steps) - 1:
            self.play(False)

    def _on_key(self, event: Any) -> None:
        if event.key == " ":
            self.play(not self.playing)
            return
        last = len(self.scene.steps) - 1
        places = {"left": self.frame - 1, "right": self.frame + 1, "home": 0, "end": last}
        if event.key in places:
            self.play(False)
            self.go(places[event.key])


def window(
    run: Run | str | os.PathLike[str],
    *others: Run | str | os.PathLike[str],
    hinges: bool = False,
    units: bool = False,
    gradients: bool = False,
    theme: str = "light",
    size: tuple[int, int] | None = None,
    dpi: float | None = None,
    fps: float = 12,
    frames: int = MOST_FRAMES,
) -> Window:
    """Makes the window of a run, or of two to compare; `matplotlib.pyplot.show()` then opens it.

    The arguments are those of `viz.animate`. Keep the result for as long as the window is open.

    Raises:
        FileError: not a run folder, or a broken one.
        ValueError: an option out of its range, or hinges or units of a network without a hidden layer.
    """
    import matplotlib.pyplot as plt

    options = Options(hinges, units, gradients, theme, size, dpi, fps, frames)
    with style(theme), mpl.rc_context({"toolbar": "None"}):
        scene = stage((run, *others), options, plt.figure, FOOT)
        manager: Any = scene.figure.canvas.manager
        manager.set_window_title(f"{scene.histories[0].name}: minigrad")
        if manager.key_press_handler_id is not None:  # the keys are ours
            scene.figure.canvas.mpl_disconnect(manager.key_press_handler_id)
        return Window(scene)


def show(run: Run | str | os.PathLike[str], *others: Run | str | os.PathLike[str], **options: Any) -> None:
    """Opens the window of a run and waits until it is closed; the arguments are those of `window`.

    Raises:
        FileError: there is no display, or matplotlib has no toolkit to open a window with.
    """
    import matplotlib.pyplot as plt

    opened = window(run, *others, **options)
    canvas: Any = opened.scene.figure.canvas
    if canvas.required_interactive_framework is None:
        raise FileError(
            f"no window can be opened (matplotlib uses {plt.get_backend()}): there is no display, or no toolkit such "
            "as Tk or Qt; write a film or a page instead, with --out"
        )
    plt.show()
    opened.timer.stop()
