"""The scrubber: a run as one HTML file with a slider, its maps painted in the browser by the compiled network.

Reading order: … → animation → encode, gif, **scrub** → window, watch → the command in `__main__`

The file holds the weights of every snapshot and the module that the compiler makes of `paint`, `likeliest` and
`evaluate`; so any frame is exact at any size, in a fraction of what its pictures would take. The page's own JavaScript
does the rest.
"""

import base64
import html
import json
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import minigrad as mg
from minigrad import nn, ops, passes
from minigrad.files import FileError, atomic, named
from minigrad.program import Program
from viz.curves import gathered
from viz.history import History, Options
from viz.maps import square_around
from wasm_export.compile import compile
from wasm_export.site import bundle, recorded
from wasm_export.site.palette import DARK, LIGHT, Theme, class_colours

SOURCES = Path(__file__).parent / "scrubber"
ENTRY = "scrubber.js"
COLUMNS = 300
"""Of a long curve, so many times two values are written."""


def write_scrubber(out: Path, histories: Sequence[History], options: Options) -> Path:
    """Writes the scrubber of a run; the file is there whole or not at all.

    Args:
        out: the HTML file.
        histories: the run.
        options: whether the hinge lines are shown at first, and snapshots a second while it plays; units and
            gradients are for films.

    Raises:
        FileError: the file cannot be written.
        ValueError: two runs, or options that are for films.
    """
    if len(histories) > 1 or options.units or options.gradients:
        raise ValueError(f"{out.name} shows map and curves of one run; two runs, units and gradients need a film")
    text = document(histories[0], options)
    with atomic(out) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return out


def document(history: History, options: Options) -> str:
    """The whole file."""
    own = {path.name: path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob("*.js"))}
    script = bundle.join({**bundle.sources(), **own}, ENTRY)
    style = _filled((SOURCES / "style.css").read_text(encoding="utf-8"), light=_css(LIGHT), dark=_css(DARK))
    film = json.dumps(content(history, options), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return _filled(
        (SOURCES / "index.html").read_text(encoding="utf-8"),
        title=html.escape(f"{history.name}: {history.steps[-1]:,} steps of learning"),
        policy=bundle.policy(script, style),
        style=style,
        script=script,
        film=film,
    )


def content(history: History, options: Options) -> dict[str, Any]:
    """What the script reads: arrays as base64 of little-endian bytes, test points after training points."""
    run, sets = history.run, history.sets
    flat = [named(params, "params") for params in history.params]
    widths = history.model.widths
    return {
        "steps": history.steps,
        "params": [{"name": name, "items": array.size} for name, array in flat[0].items()],
        "dims": {f"h{layer}": width for layer, width in enumerate(widths[1:-1], start=1)},
        "weights": _encode(np.concatenate([array.ravel() for one in flat for array in one.values()]).astype("<f4")),
        "module": base64.b64encode(module(*history.model.kind)).decode("ascii"),
        "points": _encode(np.concatenate([part.points for part in sets]).astype("<f4")),
        "labels": _encode(np.concatenate([part.labels for part in sets]).astype("u1")),
        "tested": len(run.test) if run.test else 0,
        "palette": class_colours(widths[-1]),
        "extent": square_around(*(part.points for part in sets)),
        "hinges": options.hinges,
        "hasHinges": len(widths) > 2,
        "fps": options.fps,
        "charts": [
            {"title": "loss", "percent": False, "curves": _curves(history, history.training_loss, history.loss)},
            {
                "title": "accuracy",
                "percent": True,
                "curves": _curves(history, (history.steps, history.accuracy(run.train)), history.accuracy),
            },
        ],
    }


def module(layers: int, activation: str, classes: int) -> bytes:
    """The compiled `paint`, `likeliest` and `evaluate` of a network."""
    functions = {
        "paint": recorded.paint_program(layers, activation, classes),
        "likeliest": likeliest_program(layers, activation, classes),
        "evaluate": recorded.evaluate_program(layers, activation, classes),
    }
    return compile({name: passes.simplify(program) for name, program in functions.items()}).wasm


def likeliest_program(layers: int, activation: str, classes: int) -> Program:
    """(params, x0, x1, y0, y1) to the most likely class of each pixel, int32 [side, side], row 0 at the top."""
    (side,) = mg.dims("side")

    def likeliest(params: nn.Params, x0: Any, x1: Any, y0: Any, y1: Any) -> dict[str, Any]:
        logits = nn.mlp(params, recorded.plane_of(side, x0, x1, y0, y1), activation)
        return {"likeliest": ops.argmax(logits, axis=-1).astype("int32")}

    return mg.record(likeliest, recorded.params_spec(layers, classes), *[recorded.number] * 4)


def _curves(history: History, train: tuple[Any, Any], of: Any) -> list[dict[str, Any]]:
    test = history.run.test
    found = {"train": train, "test": (history.steps, of(test))} if test else {"": train}
    return [_curve(name, np.asarray(x), np.asarray(y), history.steps) for name, (x, y) in found.items()]


def _curve(name: str, steps: NDArray[Any], values: NDArray[Any], frames: list[int]) -> dict[str, Any]:
    steps, values = gathered(steps, values, COLUMNS, frames)
    if not np.isfinite(values).all():
        at = steps[~np.isfinite(values)][0]
        raise FileError(f"the {f'{name} ' if name else ''}loss of step {at} is beyond float32, and cannot be drawn")
    return {"name": name, "steps": steps.tolist(), "values": [float(f"{value:.6g}") for value in values]}


def _css(theme: Theme) -> str:
    return " ".join(f"--{part.name}: {getattr(theme, part.name)};" for part in fields(theme))


def _filled(template: str, **texts: str) -> str:
    return bundle.PLACEHOLDER.sub(lambda match: texts[match[1]], template)


def _encode(array: NDArray[Any]) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")
