"""The reading order stands whole in `minigrad/__init__.py`, and each file's first lines repeat the part around it."""

import ast
import re
from pathlib import Path

import pytest

import minigrad

FOLDER = Path(minigrad.__file__).parent
ORDER = re.findall(r"\w+", re.split("itself:|Start at", minigrad.__doc__)[1])
APART = {"__init__", "elsewhere"}
FILES = {file.stem: file for file in FOLDER.glob("*.py")} | {
    file.parent.name: file for file in FOLDER.glob("*/__init__.py")
}


def test_the_reading_order_names_every_file_once():
    assert sorted(ORDER) == sorted(FILES.keys() - APART)


@pytest.mark.parametrize("name", sorted(FILES.keys() - APART))
def test_a_file_says_what_stands_around_it(name):
    said = ast.get_docstring(ast.parse(FILES[name].read_text())).split("Reading order: ")[1].split("\n\n")[0]
    steps = [word for word in re.findall(r"\w+", re.sub(r"\([^)]*\)", "", said)) if word in ORDER]
    place = ORDER.index(steps[0])
    assert f"**{name}**" in said.replace("`", "")
    assert len(steps) > 1
    assert steps == ORDER[place : place + len(steps)]
