"""GIF films: every frame in one palette, made from what is drawn rather than from the frames, without dither.

Reading order: … → animation → encode, **gif**, scrub → window, watch → the command in `__main__`

A palette chosen from the pixels would give most of its colours to the large regions and lose the points' own; dither
would flicker. So the palette is the style itself: text and lines fading into the ground, each class's hue fading into
it in even steps. A map comes out in clean bands of equal probability, which also makes the file small.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viz.style import rgb
from wasm_export.site.palette import REGION_STRENGTH, Theme, class_colours

Frame = NDArray[np.uint8]

LEVELS = 5
MOST_COLOURS = 255  # one of the 256 says "as before"


def write_gif(path: Path, frames: Iterable[Frame], durations: list[int], palette: NDArray[np.uint8]) -> None:
    """Writes frames [height, width, 3] in a palette [k ≤ 255, 3]; durations are in milliseconds."""
    table = palette.tobytes().ljust(3 * 256, b"\0")
    book = Image.new("P", (1, 1))
    book.putpalette(palette.tobytes())
    indexed = (Image.fromarray(frame).quantize(palette=book, dither=Image.Dither.NONE) for frame in frames)
    # `optimize` lets each frame store only what has changed; `palette` spares it a table of its own.
    look: dict[str, Any] = {"duration": durations, "loop": 0, "optimize": True, "palette": table}
    next(indexed).save(path, format="GIF", save_all=True, append_images=indexed, **look)


def gif_palette(theme: Theme, classes: int) -> NDArray[np.uint8]:
    """The colours of all that is drawn: [k, 3]."""
    hues = rgb(class_colours(classes))
    surface, ground, ink, accent = rgb([theme.surface, theme.ground, theme.ink, theme.accent])
    regions = surface + REGION_STRENGTH * (hues - surface)
    colours = [
        rgb([theme.surface, theme.ground, theme.muted, theme.hairline, theme.edge]),
        _ramp(surface, ink, np.linspace(0.1, 1, 10)),
        _ramp(ground, ink, np.linspace(0.2, 1, 5)),
        _ramp(surface, accent, np.linspace(0.33, 1, 3)),
    ]
    for hue, region in zip(hues, regions, strict=True):
        colours += [
            _ramp(surface, region, np.linspace(0, 1, LEVELS + 1)[1:]),
            _ramp(region, hue, np.linspace(0.33, 1, 3)),
            _ramp(region, ink, np.array([0.4, 0.75])),
        ]
    # Where two classes are equally likely, their hues mix; with many classes there is no room for that.
    pairs = [(a, b) for i, a in enumerate(regions) for b in regions[:i]]
    mixed = [_ramp(surface, a + b - surface, np.array([0.15, 0.3, 0.45])) for a, b in pairs]
    if sum(map(len, colours + mixed)) <= MOST_COLOURS:
        colours += mixed
    return np.unique(np.concatenate(colours).round().astype(np.uint8), axis=0)


def _ramp(start: NDArray[Any], end: NDArray[Any], places: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(start + places[:, None] * (end - start), np.float32)
