"""GIF films: every frame in one palette, made from what is drawn rather than from the frames, without dither.

Reading order: … → animation → encode, **gif**, scrub → window, watch → the command in `__main__`

A palette chosen from the pixels would give most of its colours to the large regions and lose the points' own; dither
would flicker. So the palette is the style itself: the bands of the map, text and lines fading into what is behind them.
A frame stores only the pixels that have changed, which is what makes the file small. So a pixel on the edge of a line
or a marker, whose mixed colour is not in the palette anyway, keeps what it shows for as long as that is near enough.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viz.regions import band_colours
from viz.style import rgb
from wasm_export.site.palette import Theme, class_colours

Frame = NDArray[np.uint8]

NEAR = 20
"""How far a channel of an edge's pixel may be off, of 255; the palette is no closer to many of them."""

SIDE, STEP = 64, 4
"""Cells along each side of the cube of colours, and how many of a channel's 256 values each takes."""

MOST_COLOURS = 255  # one of the 256 says "as before"


def write_gif(path: Path, frames: Iterable[Frame], durations: list[int], palette: NDArray[np.uint8]) -> None:
    """Writes frames [height, width, 3] in a palette [k ≤ 255, 3]; durations are in milliseconds."""
    images = (_image(places, palette) for places in indexed(frames, palette))
    table = palette.tobytes().ljust(3 * 256, b"\0")
    # `optimize` lets each frame store only what has changed; `palette` spares it a table of its own.
    look: dict[str, Any] = {"duration": durations, "loop": 0, "optimize": True, "palette": table}
    next(images).save(path, format="GIF", save_all=True, append_images=images, **look)


def indexed(frames: Iterable[Frame], palette: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Frames as places [height, width] in the palette."""
    table = nearest(palette)
    shown = None
    for frame in frames:
        places = table[cells(frame)]
        if shown is not None:
            changed = np.nonzero(places != shown)
            wanted, found, old = frame[changed], places[changed], shown[changed]
            off = np.maximum(wanted, palette[old]) - np.minimum(wanted, palette[old])
            mixed = (wanted != palette[found]).any(axis=1)
            places[changed] = np.where(mixed & (off <= NEAR).all(axis=1), old, found)
        shown = places
        yield places


def nearest(palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The place in the palette of the colour nearest to each cell; a colour's own place in its own cell."""
    middles = np.arange(SIDE, dtype=np.float32) * STEP + (STEP - 1) / 2
    plane = np.stack(np.meshgrid(middles[:1], middles, middles, indexing="ij"), axis=-1).reshape(-1, 3)
    colours = palette.astype(np.float32)
    table = np.empty((SIDE, SIDE * SIDE), np.uint8)
    for red, middle in enumerate(middles):
        plane[:, 0] = middle
        table[red] = ((colours**2).sum(axis=1) - 2 * plane @ colours.T).argmin(axis=1)
    flat = table.ravel()
    flat[cells(palette)] = np.arange(len(palette))
    return flat


def cells(colours: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The cell of each colour [..., 3], of the 64³ that the cube of colours is cut into."""
    red, green, blue = np.moveaxis(colours // STEP, -1, 0).astype(np.uint32)
    return np.asarray((red * SIDE + green) * SIDE + blue)


def gif_palette(theme: Theme, classes: int) -> NDArray[np.uint8]:
    """The colours of all that is drawn: [k, 3]."""
    names = class_colours(classes)
    surface, ground, ink, accent = rgb([theme.surface, theme.ground, theme.ink, theme.accent])
    steps = band_colours(names, theme.surface)[..., :3].astype(np.float32)
    colours = [
        rgb([theme.surface, theme.ground, theme.muted, theme.hairline, theme.edge]),
        _ramp(surface, ink, np.linspace(0.1, 1, 10)),
        _ramp(ground, ink, np.linspace(0.2, 1, 5)),
        _ramp(surface, accent, np.linspace(0.33, 1, 3)),
    ]
    for hue, own in zip(rgb(names), steps, strict=True):
        colours += [own, _ramp(own[-1], hue, np.linspace(0.33, 1, 3)), _ramp(own[-1], ink, np.array([0.4, 0.75]))]
    found: NDArray[np.uint8] = np.unique(np.concatenate(colours).round().astype(np.uint8), axis=0)
    assert len(found) <= MOST_COLOURS
    return found


def _image(places: NDArray[np.uint8], palette: NDArray[np.uint8]) -> Image.Image:
    image = Image.fromarray(places)
    image.putpalette(palette.tobytes())
    return image


def _ramp(start: NDArray[Any], end: NDArray[Any], places: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(start + places[:, None] * (end - start), np.float32)
