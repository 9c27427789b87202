"""The command: `python -m viz RUN` makes films and stills of a run folder.

Reading order: the end of the animator. Drawings of graphs stand apart: style → dot → draw, tape.
"""

import argparse
import sys
import time
from pathlib import Path

from minigrad import console
from minigrad.files import FileError
from viz.animation import animate
from viz.encode import FILMS, PAGES, STILLS, check_path
from viz.history import MOST_FRAMES
from viz.window import show
from wasm_export.site.palette import THEMES


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    command = argparse.ArgumentParser(
        prog="python -m viz",
        description="Shows how a network learned: its decision map beside loss and accuracy, snapshot by snapshot.",
    )
    add = command.add_argument
    add("run", metavar="RUN", help="a run folder, from python -m minigrad train")
    add("--out", metavar="FILE", help="the film, .mp4 or .gif; its last frame, .png; a page with a slider, .html")
    add("--show", action="store_true", help="open a window with a slider and a play button instead")
    add("--compare", metavar="RUN2", help="another run, shown beside the first in step")
    add("--hinges", action="store_true", help="draw the lines w·x + b = 0 of the first hidden layer")
    add("--units", action="store_true", help="add the gallery of hidden units")
    add("--gradients", action="store_true", help="add the norm of each layer's gradient")
    add("--theme", choices=list(THEMES), default="light", help="the ground [light]")
    add("--size", type=_size, metavar="WxH", help="pixels; by default 1200x600 for one map beside the charts")
    add("--dpi", type=float, help="pixels an inch; by default what makes the picture the same at any size")
    add("--fps", type=float, default=12, help="frames a second [12]")
    add("--hold", type=float, default=2, metavar="SECONDS", help="how long the last frame stays [2]")
    add("--frames", type=int, default=MOST_FRAMES, metavar="N", help=f"show at most so many snapshots [{MOST_FRAMES}]")
    return command


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its exit status: 0, 2 for an error, 130 after Ctrl-C, which leaves no half file."""
    chosen = vars(parser().parse_args(arguments))
    run, other, out = chosen.pop("run"), chosen.pop("compare"), chosen.pop("out")
    runs = [run, other] if other else [run]
    began = time.perf_counter()
    try:
        if chosen.pop("show"):
            if out is not None:
                raise ValueError("--show opens a window and --out writes a file; give one of them")
            del chosen["hold"]
            show(*runs, **chosen)
            return 0
        if out is None:
            names = ", ".join(FILMS + STILLS + PAGES)
            raise ValueError(f"say where the picture goes: --out FILE, one of {names}; or --show opens a window")
        check_path(out)
        film = animate(*runs, **chosen)
        written = film.save(out)
    except (FileError, ValueError) as error:
        print(f"viz: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("viz: stopped; nothing was written", file=sys.stderr)
        return 130
    print(_said(written, len(film), time.perf_counter() - began))
    return 0


def _said(written: Path, frames: int, seconds: float) -> str:
    count = f"{frames} frames, " if written.suffix in FILMS else ""
    return f"{written}: {count}{written.stat().st_size / 1000:,.0f} KB, in {seconds:.1f} s"


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write width and height in pixels, as in 1200x600")
    return int(width), int(height)


if __name__ == "__main__":
    console.run(main)
