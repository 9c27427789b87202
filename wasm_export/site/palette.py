"""The colours of everything that is shown: one for each class, and the neutrals of a light and a dark ground.

Reading order: stands alone; the page and `viz` draw with it, so that a run looks the same in both.

Saturated colour belongs to the data. The classes' colours are Petroff's sequences, found by a survey among colours
that stay apart under every kind of colour blindness: https://arxiv.org/abs/2107.02270
"""

from dataclasses import dataclass

PETROFF_6 = ("#5790FC", "#F89C20", "#E42536", "#964A8B", "#9C9CA1", "#7A21DD")
PETROFF_8 = ("#1845FB", "#FF5E02", "#C91F16", "#C849A9", "#ADAD7D", "#86C8DD", "#578DFF", "#656364")
PETROFF_10 = (
    "#3F90DA", "#FFA90E", "#BD1F01", "#94A4A2", "#832DB6", "#A96B59", "#E76300", "#B9AC70", "#717581", "#92DADD",
)  # fmt: skip
TWELVE = (*PETROFF_10, "#C849A9", "#1845FB")  # lengthened by the two of the eight that are furthest from the ten

MOST_CLASSES = len(TWELVE)

REGION_STRENGTH = 0.45
"""How much of a class's colour a region takes on at most; the points, at full strength, stand out from it."""


@dataclass(frozen=True)
class Theme:
    """The neutrals, and the one accent, of a ground.

    Attributes:
        ground: behind everything.
        surface: behind data: maps and charts.
        ink, muted: text, and text that is less important.
        hairline: grids and frames.
        edge: frames that have to be seen.
        accent: what moves or can be pressed.
    """

    ground: str
    surface: str
    ink: str
    muted: str
    hairline: str
    edge: str
    accent: str


LIGHT = Theme("#FAFAF9", "#FFFFFF", "#1C1917", "#57534E", "#E2E0DD", "#8F8A85", "#0F766E")
DARK = Theme("#121417", "#1A1D21", "#E7E5E4", "#A8A29E", "#2C3036", "#6F757D", "#5EEAD4")
THEMES = {"light": LIGHT, "dark": DARK}


def class_colours(classes: int) -> tuple[str, ...]:
    """A colour for each class, from the shortest of the sequences that has enough.

    >>> class_colours(3)
    ('#5790FC', '#F89C20', '#E42536')

    Raises:
        ValueError: more classes than there are colours that can be told apart.
    """
    for sequence in (PETROFF_6, PETROFF_8, PETROFF_10, TWELVE):
        if classes <= len(sequence):
            return sequence[:classes]
    raise ValueError(f"there are {classes} classes; more than {MOST_CLASSES} colours cannot be told apart")
