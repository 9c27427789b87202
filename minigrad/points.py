"""Points from a text file, one `x,y,label` a line: your own, or what the page copied out.

Reading order: ... data -> files -> **points** -> snapshots -> runs -> ...

A line is split at its commas; where it has none, at its semicolons, else at its tabs, else at its spaces. A first line
of words is a heading; empty lines do not count. What cannot be read is named by its line. The page reads the same,
up to 6 classes, by number, and 5,000 points.
"""

import os
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minigrad.data import Dataset
from minigrad.files import FileError

FARTHEST = 1e6
_LINE_END = re.compile(r"\r\n|\r|\n")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[0-9]{1,4}(\.0*)?")
_NAME = re.compile(rf"(?!{_NUMBER.pattern}$).+")


class OwnPoints(NamedTuple):
    """Points of one's own, and the file that they were read from."""

    path: str
    data: Dataset


def read_points(path: str | os.PathLike[str]) -> Dataset:
    """The points of a file, float64.

    Labels that are whole numbers count the classes from 0; others are names, and count in alphabetical order.

    Raises:
        FileError: no such file, not text, no points, points of one class alone, or a line that is not two finite
            numbers within ±10⁶ and a label: a whole number from 0, or a name.
    """
    try:
        lines = _LINE_END.split(Path(path).read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"cannot read points from {path}: {getattr(error, 'strerror', None) or error}") from error
    rows = [(number, _fields(line.strip())) for number, line in enumerate(lines, 1) if line.strip()]
    if rows and not any(map(_NUMBER.fullmatch, rows[0][1])):
        del rows[0]  # a heading
    if not rows:
        raise FileError(f"{path} holds no points: give one x,y,label per line")
    named = not _NUMBER.fullmatch(rows[0][1][-1])
    parsed = [_point(fields, _NAME if named else _WHOLE, f"{path}, line {number}") for number, fields in rows]
    texts = [label for *_, label in parsed]
    names, labels = np.unique(texts, return_inverse=True) if named else ((), np.array([int(float(t)) for t in texts]))
    if labels.min() == labels.max():
        raise FileError(f"{path}: the label of every point is {texts[0]}; there have to be two classes to tell apart")
    return Dataset(np.array([point for *point, _ in parsed]), labels, int(labels.max()) + 1, tuple(map(str, names)))


def _fields(line: str) -> list[str]:
    separator = next((s for s in ",;\t" if s in line), None)  # None splits at any run of spaces
    return [field.strip() for field in line.split(separator)]


def _point(fields: list[str], label: re.Pattern[str], place: str) -> tuple[float, float, str]:
    if len(fields) != 3:
        raise FileError(
            f"{place}: expected x,y,label and found {len(fields)} values; where commas separate them, a label may have "
            f"spaces"
        )
    for field in fields[:2]:
        if not _NUMBER.fullmatch(field) or not abs(float(field)) <= FARTHEST:
            raise FileError(f"{place}: {field!r} is not a number within ±{FARTHEST:.0f}")
    if not label.fullmatch(fields[2]):
        raise FileError(
            f"{place}: the label is {fields[2]!r}; labels are whole numbers from 0 to 9999, or all of them names"
        )
    return float(fields[0]), float(fields[1]), fields[2]
