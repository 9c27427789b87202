"""Regions: class probabilities as colours, a class's hue where it is likely, fading out towards where it is in doubt.

Reading order: … → history → **regions** → maps, curves, hinges, units → charts → layout → scene → …

A class of probability p adds its hue with strength (p - 1/c)/(1 - 1/c), and nothing below chance; so a region fades out
towards its border, and a classifier that knows nothing leaves the ground blank. `wasm_export.site.recorded` says the
same for the page. A GIF has few colours; for it there are bands: only the likeliest class, in steps of its strength.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viz.style import rgb
from wasm_export.site.palette import REGION_STRENGTH

Bytes = NDArray[np.uint8]

LEVELS = 4
"""Steps of strength in bands."""


def regions(probabilities: NDArray[np.float32], colours: Sequence[str], ground: str) -> Bytes:
    """Probabilities [..., c] as RGBA bytes [..., 4]: matplotlib draws these twice as fast as RGB."""
    base = rgb([ground])[0]
    painted = np.full((*probabilities.shape[:-1], 4), 255, np.uint8)
    strength = REGION_STRENGTH * strengths(probabilities, len(colours))
    painted[..., :3] = base + strength @ (rgb(list(colours)) - base) + 0.5
    return painted


def bands(probabilities: NDArray[np.float32], colours: Sequence[str], ground: str, side: int) -> Bytes:
    """Probabilities [rows, columns, c] as RGBA bytes [side, side, 4] in the colours of `band_colours`.

    What lies between the samples is interpolated before it is put into bands, so that these have smooth edges.
    """
    planes = (Image.fromarray(plane) for plane in np.ascontiguousarray(np.moveaxis(probabilities, -1, 0)))
    fine = np.stack([np.asarray(plane.resize((side, side), Image.Resampling.BILINEAR)) for plane in planes])
    level = np.rint(LEVELS * strengths(fine.max(axis=0), len(colours))).astype(np.uint8)
    painted: Bytes = band_colours(colours, ground)[fine.argmax(axis=0), level]
    return painted


def band_colours(colours: Sequence[str], ground: str) -> Bytes:
    """The RGBA bytes [c, LEVELS + 1, 4] of each class's bands, from the ground to full strength."""
    chance = chance_of(len(colours))
    steps = chance + np.linspace(0, 1, LEVELS + 1, dtype=np.float32) * (1 - chance)
    return regions(np.eye(len(colours), dtype=np.float32)[:, None] * steps[:, None], colours, ground)


def strengths(probabilities: NDArray[np.float32], classes: int) -> NDArray[np.float32]:
    """How strongly a probability shows, from 0 at chance to 1."""
    chance = chance_of(classes)
    found: NDArray[np.float32] = np.maximum(probabilities - chance, 0) / np.float32(1 - chance)
    return found


def chance_of(classes: int) -> float:
    """The probability of each class for one who knows nothing; a class alone is no matter of chance."""
    return 1 / classes if classes > 1 else 0
