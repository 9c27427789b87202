"""The data sets: labelled points in the plane, drawn from a seed.

Reading order: ... binding -> execute -> **data** -> files -> points -> ...

Every data set is a function `(points, classes, noise, seed)` that returns a `Dataset`: `points` in all, shared out
among `classes` as evenly as they go, class after class, inside or near the square [-1, 1]². A seed is an integer or a
`numpy.random.RandomState`, whose stream then goes on: the published CS231n numbers are draws from one `RandomState(0)`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Labels = NDArray[np.int64]
Seed = int | np.random.RandomState


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled points. Checked when made, so that whoever holds one need not ask.

    Attributes:
        points: [n, 2], float, finite.
        labels: [n], int64, from 0 to classes - 1.
        classes: how many classes there are, at least 2.
        names: what the classes are called, where they are more than numbers.

    Raises:
        ValueError: a wrong shape, a value that is not finite, a label out of range, names that are not one a class.
        TypeError: points that are not floats, labels that are not integers.
    """

    points: Floats
    labels: Labels
    classes: int
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        points, labels = np.asarray(self.points), np.asarray(self.labels)
        if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
            raise ValueError(f"points have shape {points.shape}; expected [n, 2] with n ≥ 1")
        if labels.shape != points.shape[:1]:
            raise ValueError(f"labels have shape {labels.shape}; expected one label a point, {points.shape[:1]}")
        if not np.issubdtype(points.dtype, np.floating):
            raise TypeError(f"points are {points.dtype}; expected float64 or float32")
        if not np.issubdtype(labels.dtype, np.integer):
            raise TypeError(f"labels are {labels.dtype}; expected integers")
        if self.classes < 2:
            raise ValueError(f"classes is {self.classes}; there must be at least 2")
        if self.names and len(self.names) != self.classes:
            raise ValueError(f"{self.classes} classes have the names {', '.join(self.names)}; expected one each")
        if not np.isfinite(points).all():
            row = int(np.argmin(np.isfinite(points).all(axis=1)))
            raise ValueError(f"point {row} is {points[row].tolist()}; every coordinate must be finite")
        wrong = (labels < 0) | (labels >= self.classes)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueError(
                f"label {row} is {labels[row]}; with {self.classes} classes it must be 0 … {self.classes - 1}"
            )
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "labels", labels.astype(np.int64, copy=False))

    def __len__(self) -> int:
        return len(self.labels)

    def astype(self, dtype: str) -> "Dataset":
        """The same data with its points as "float64" or "float32"."""
        return replace(self, points=self.points.astype(dtype))


def cs231n(points: int = 300, classes: int = 3, noise: float = 0.2, seed: Seed = 0) -> Dataset:
    """The spiral of CS231n: arm j turns from angle 4j to 4(j + 1) while its radius grows from 0 to 1.

    `noise` is the angle's standard deviation in radians.
    Source: https://cs231n.github.io/neural-networks-case-study

    >>> cs231n().points[1].round(6).tolist()
    [0.001214, 0.010028]
    """
    rng = _checked(points, classes, noise, seed)
    arms = []
    for j, m in enumerate(_shares(points, classes)):
        r = np.linspace(0.0, 1.0, m)
        t = np.linspace(4 * j, 4 * (j + 1), m) + noise * rng.randn(m)
        arms.append(_polar(r, t))
    return _labelled(arms)


def spiral(
    points: int = 500, classes: int = 5, noise: float = 0.25, seed: Seed = 0, rotation: float = np.pi
) -> Dataset:
    """Spiral arms, evenly spread: a point of arm j at radius r stands at angle 2πj/classes + rotation·r + noise·randn.

    `rotation` (how far an arm turns from the centre to its end) and `noise` (a standard deviation) are in radians; the
    radii of an arm are evenly spaced from 0 to 1; angles are measured from the y axis, as in CS231n's form.
    """
    rng = _checked(points, classes, noise, seed)
    if not np.isfinite(rotation):
        raise ValueError(f"rotation is {rotation}; it must be a finite angle in radians")
    arms = []
    for j, m in enumerate(_shares(points, classes)):
        r = np.linspace(0.0, 1.0, m)
        arms.append(_polar(r, 2 * np.pi * j / classes + rotation * r + noise * rng.randn(m)))
    return _labelled(arms)


def circles(points: int = 300, classes: int = 2, noise: float = 0.05, seed: Seed = 0) -> Dataset:
    """Rings around the origin: class j at radius (j + 1)/classes + noise·randn, at a uniform angle."""
    rng = _checked(points, classes, noise, seed)
    rings = []
    for j, m in enumerate(_shares(points, classes)):
        t = 2 * np.pi * rng.rand(m)
        rings.append(_polar((j + 1) / classes + noise * rng.randn(m), t))
    return _labelled(rings)


def moons(points: int = 300, classes: int = 2, noise: float = 0.05, seed: Seed = 0) -> Dataset:
    """Half circles in a row, open downwards and upwards in turn, each reaching into the next; noise·randn on both axes.

    Moon j is (cos t + 1.2j, ±(sin t - 0.25)) for a uniform t in [0, π]; the row is then centred and scaled to [-1, 1].
    """
    rng = _checked(points, classes, noise, seed)
    middle = 0.6 * (classes - 1)
    arcs = []
    for j, m in enumerate(_shares(points, classes)):
        t = np.pi * rng.rand(m)
        side = 1 if j % 2 == 0 else -1
        arc = np.stack([np.cos(t) + 1.2 * j - middle, side * (np.sin(t) - 0.25)], axis=1)
        arcs.append(arc / (1 + middle) + noise * rng.randn(m, 2))
    return _labelled(arcs)


def xor(points: int = 300, classes: int = 2, noise: float = 0.05, seed: Seed = 0) -> Dataset:
    """A classes × classes chequerboard on [-1, 1]²: cell (i, k) holds class (i + k) mod classes; XOR with two.

    Points are uniform, labelled, then moved by noise·randn on both axes, so class sizes vary with the draw.
    """
    rng = _checked(points, classes, noise, seed)
    u = rng.rand(points, 2)
    labels = np.floor(classes * u).astype(np.int64).sum(axis=1) % classes
    return Dataset(2 * u - 1 + noise * rng.randn(points, 2), labels, classes)


def blobs(points: int = 300, classes: int = 3, noise: float = 0.15, seed: Seed = 0) -> Dataset:
    """Gaussian clouds: class j around the point at radius 0.7 and angle 2πj/classes, with standard deviation noise."""
    rng = _checked(points, classes, noise, seed)
    clouds = []
    for j, m in enumerate(_shares(points, classes)):
        centre = _polar(np.array([0.7]), np.array([2 * np.pi * j / classes]))
        clouds.append(centre + noise * rng.randn(m, 2))
    return _labelled(clouds)


DATASETS: dict[str, Callable[..., Dataset]] = {
    "spiral": spiral, "cs231n": cs231n, "circles": circles, "moons": moons, "xor": xor, "blobs": blobs
}  # fmt: skip


def options(name: str) -> dict[str, Any]:
    """The options of data set `name` and their defaults, the seed left out.

    >>> options("circles")
    {'points': 300, 'classes': 2, 'noise': 0.05}

    Raises:
        ValueError: no data set has that name.
    """
    if name not in DATASETS:
        raise ValueError(f"there is no data set {name!r}; there are {', '.join(DATASETS)}")
    defaults = {key: parameter.default for key, parameter in signature(DATASETS[name]).parameters.items()}
    del defaults["seed"]
    return defaults


def make(name: str, seed: Seed = 0, **chosen: Any) -> Dataset:
    """Draws data set `name`; what is not chosen keeps that set's default.

    Raises:
        ValueError: an unknown name or option, or a value out of its range.
    """
    known = options(name)
    for option in chosen:
        if option not in known:
            raise ValueError(f"data set {name!r} has no option {option!r}; it has {', '.join(known)}")
    return DATASETS[name](seed=seed, **chosen)


def split(dataset: Dataset, test: float, seed: Seed = 0) -> tuple[Dataset, Dataset]:
    """Parts a shuffled data set into (training, test); `test` is the fraction that goes to the test set.

    >>> [len(part) for part in split(cs231n(), 0.2)]
    [240, 60]

    Raises:
        ValueError: the fraction leaves one of the two empty.
    """
    held = round(test * len(dataset)) if np.isfinite(test) else 0
    if not 0 < held < len(dataset):
        raise ValueError(
            f"a test fraction of {test} of {len(dataset)} points leaves the training or the test set empty"
        )
    order = generator(seed).permutation(len(dataset))
    chosen = np.sort(order[held:]), np.sort(order[:held])
    train, tested = (replace(dataset, points=dataset.points[i], labels=dataset.labels[i]) for i in chosen)
    return train, tested


def generator(seed: Seed) -> np.random.RandomState:
    """The generator of a seed; a generator is its own. `ValueError` for a seed out of range."""
    if isinstance(seed, np.random.RandomState):
        return seed
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed is {seed}; it must be from 0 to 2³² - 1")
    return np.random.RandomState(seed)


def _checked(points: int, classes: int, noise: float, seed: Seed) -> np.random.RandomState:
    if classes < 2:
        raise ValueError(f"classes is {classes}; there must be at least 2")
    if points < classes:
        raise ValueError(f"points is {points}; {classes} classes need at least one point each")
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise is {noise}; it must be 0 or more, and finite")
    return generator(seed)


def _shares(points: int, classes: int) -> Iterator[int]:
    """How many points each class gets: equal, the first ones one more where it does not divide."""
    for j in range(classes):
        yield points // classes + (j < points % classes)


def _polar(r: Floats, t: Floats) -> Floats:
    return np.stack([r * np.sin(t), r * np.cos(t)], axis=1)


def _labelled(parts: Sequence[Floats]) -> Dataset:
    labels = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return Dataset(np.concatenate(parts), labels, len(parts))
