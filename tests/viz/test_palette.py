"""One palette for the page and everything drawn here."""

import re

import pytest
from matplotlib import style
from matplotlib.colors import to_hex

from wasm_export.site import bundle
from wasm_export.site.palette import DARK, LIGHT, MOST_CLASSES, PETROFF_6, PETROFF_8, PETROFF_10, class_colours


@pytest.mark.parametrize("sequence", [PETROFF_6, PETROFF_8, PETROFF_10])
def test_sequences_are_as_published(sequence):
    published = style.library[f"petroff{len(sequence)}"]["axes.prop_cycle"].by_key()["color"]
    assert [colour.lower() for colour in sequence] == [
        to_hex(colour if colour[0] == "#" else "#" + colour) for colour in published
    ]


def test_the_pages_style_sheet_has_the_same_neutrals():
    sheet = "\n".join(path.read_text() for path in sorted(bundle.PAGE.glob("*.css")))
    for theme, text in zip((LIGHT, DARK), sheet.split("prefers-color-scheme: dark")):
        for name in ("ground", "surface", "ink", "muted", "hairline", "edge", "accent"):
            assert re.search(rf"--{name}: (#\w+);", text)[1] == getattr(theme, name).lower()


@pytest.mark.parametrize("classes", range(1, MOST_CLASSES + 1))
def test_every_class_has_a_colour_of_its_own(classes):
    assert len(set(class_colours(classes))) == classes


def test_there_are_no_colours_for_more_classes():
    with pytest.raises(ValueError, match=f"there are {MOST_CLASSES + 1} classes"):
        class_colours(MOST_CLASSES + 1)
