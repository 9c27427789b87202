import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import viz
from viz.maps import border_lines, square_around
from viz.regions import band_colours, bands, regions
from wasm_export.site.palette import class_colours

POINTS = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
LABELS = np.array([0, 0, 1, 1])


def left_or_right(points):
    """Certain of class 1 where x > 0, in doubt at 0."""
    right = 1 / (1 + np.exp(-20 * points[:, 0]))
    return np.stack([1 - right, right], axis=1)


@pytest.fixture
def ax():
    return Figure(figsize=(4, 4)).subplots()


def test_a_region_has_the_hue_of_its_class_and_fades_out_in_doubt(ax):
    drawn = viz.decision_map(left_or_right, POINTS, LABELS, ax=ax)
    picture = np.asarray(drawn.image.get_array()).astype(int)
    white, blue, orange = np.array([255, 255, 255]), np.array([0x57, 0x90, 0xFC]), np.array([0xF8, 0x9C, 0x20])
    assert abs(picture[80, 5, :3] - (white + 0.45 * (blue - white))).max() <= 1
    assert abs(picture[80, -5, :3] - (white + 0.45 * (orange - white))).max() <= 1
    assert picture[80, 79:81, :3].min() > 230


def test_the_picture_is_the_right_way_up(ax):
    drawn = viz.decision_map(lambda p: (p[:, 1] > 0).astype(int), POINTS, [0, 1, 0, 1], ax=ax)
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba()).astype(int)
    top, bottom = pixels[100, 200], pixels[300, 200]
    assert top[0] > top[2]  # class 1 is orange
    assert bottom[2] > bottom[0]  # class 0 is blue
    assert len(drawn.rings.get_xdata()) == 0


def test_the_border_lies_where_the_classes_change(ax):
    drawn = viz.decision_map(left_or_right, POINTS, LABELS, ax=ax)
    (line,) = drawn.borders.get_segments()
    assert abs(line[:, 0]).max() < 1e-6
    assert np.ptp(line[:, 1]) > 2


def test_borders_keep_their_place_where_probabilities_are_saturated():
    x = np.linspace(-1, 1, 11)
    logits = np.stack(np.meshgrid(x, x), axis=-1)[..., 0] * 60 - 3  # changes sign at 0.05, between samples
    right = 1 / (1 + np.exp(-logits))
    (line,) = border_lines(np.stack([1 - right, right], axis=-1).astype(np.float32), x, x)
    assert abs(line[:, 0] - 0.05).max() < 1e-3


def test_misclassified_points_are_ringed(ax):
    drawn = viz.decision_map(left_or_right, POINTS, [0, 1, 1, 1], ax=ax)
    assert drawn.rings.get_xydata().tolist() == [[-1.0, 1.0]]


def test_each_class_has_its_own_marker_and_colour(ax):
    points = np.random.RandomState(0).randn(24, 2)
    labels = np.arange(24) % 12
    drawn = viz.decision_map(lambda p: np.full(len(p), 0), points, labels, ax=ax)
    assert len({line.get_marker() for line in drawn.points}) == 12
    assert [line.get_markerfacecolor() for line in drawn.points] == list(class_colours(12))


def test_test_points_are_hollow(ax):
    drawn = viz.decision_map(left_or_right, POINTS, LABELS, test=(POINTS / 2, LABELS), ax=ax)
    assert drawn.points[2].get_markerfacecolor() == drawn.ink.surface
    assert drawn.points[2].get_markeredgecolor() == class_colours(2)[0]


def test_estimators_of_scikit_learn_can_be_drawn(ax):
    neighbors = pytest.importorskip("sklearn.neighbors")
    names = np.array(["left", "left", "right", "right"])
    drawn = viz.decision_map(neighbors.KNeighborsClassifier(1).fit(POINTS, names), POINTS, names, ax=ax)
    assert list(drawn.classes) == ["left", "right"]
    assert len(drawn.rings.get_xdata()) == 0
    assert len(drawn.borders.get_segments()) == 1


def test_artists_follow_the_style_of_the_axes(ax):
    with viz.style("dark"):
        dark = viz.decision_map(left_or_right, POINTS, LABELS, ax=Figure().subplots())
    assert dark.ink.surface == "#1a1d21"
    assert viz.decision_map(left_or_right, POINTS, LABELS, ax=ax).ink.surface == "#ffffff"


def test_pyplot_axes_are_used_where_none_are_given():
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(1, 2)
    assert viz.decision_map(left_or_right, POINTS, LABELS).ax is axes[1]
    plt.close()


def test_one_class_is_one_region(ax):
    drawn = viz.decision_map(lambda p: np.zeros(len(p), int), POINTS, [0, 0, 0, 0], ax=ax)
    assert len(drawn.borders.get_segments()) == 0
    assert len(np.unique(np.asarray(drawn.image.get_array()).reshape(-1, 4), axis=0)) == 1


def test_a_single_point_has_a_square_around_it():
    left, right, bottom, top = square_around(np.array([[3.0, 4.0]]))
    assert left < 3 < right
    assert bottom < 4 < top


def test_chance_leaves_the_ground_blank():
    assert (regions(np.full((2, 2, 4), 0.25, np.float32), class_colours(4), "#102030")[..., :3] == [16, 32, 48]).all()


def test_bands_are_the_likeliest_class_in_steps_of_its_strength():
    right = np.linspace(0, 1, 50, dtype=np.float32) * np.ones((50, 1), np.float32)
    painted = bands(np.stack([1 - right, right], axis=-1), class_colours(2), "#ffffff", 200)
    assert painted.shape == (200, 200, 4)
    steps = band_colours(class_colours(2), "#ffffff")
    expected = [*steps[0, ::-1], *steps[1, 1:]]  # from certain of class 0 to certain of class 1
    changes = np.flatnonzero((painted[100, 1:] != painted[100, :-1]).any(axis=1))
    assert painted[100, [0, *(changes + 1)]].tolist() == np.array(expected).tolist()
    assert (painted == painted[100]).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda ax: viz.decision_map(left_or_right, np.zeros((4, 3)), LABELS, ax=ax), r"shape \(4, 3\); a map shows"),
        (lambda ax: viz.decision_map(left_or_right, POINTS, LABELS[:3], ax=ax), r"labels have shape \(3,\)"),
        (lambda ax: viz.decision_map(left_or_right, ax=ax), "give extent="),
        (lambda ax: viz.decision_map(left_or_right, extent=(0, 1, 0, 1), ax=ax), "give classes="),
        (
            lambda ax: viz.decision_map(left_or_right, POINTS, LABELS + 1, classes=[0, 1], ax=ax),
            "points have the label 2,",
        ),
        (lambda ax: viz.decision_map(lambda p: p.sum(), POINTS, LABELS, ax=ax), r"predict gave float64 of shape \(\)"),
        (
            lambda ax: viz.decision_map(lambda p: np.full(len(p), 7), POINTS, LABELS, ax=ax),
            r"predict gives the label 7, .* classes=\[",
        ),
        (
            lambda ax: viz.decision_map(lambda p: p - 5, POINTS, LABELS, classes=[0, 1], ax=ax),
            r"gave the row \[-\d.*, -\d.*\].* look like logits: apply minigrad.softmax",
        ),
        (
            lambda ax: viz.decision_map(lambda p: p * np.nan, POINTS, LABELS, classes=[0, 1], ax=ax),
            r"gave the row \[nan, nan\].*; not all of these are finite",
        ),
        (lambda ax: viz.decision_map(lambda p: 2 * left_or_right(p), POINTS, LABELS, ax=ax), "sum to 1"),
        (lambda ax: viz.decision_map(lambda p: np.nan * left_or_right(p), POINTS, LABELS, ax=ax), r"\[nan, nan\]"),
        (lambda ax: viz.decision_map("svm", POINTS, LABELS, ax=ax), "predict is str"),
        (lambda ax: viz.decision_map(None, POINTS, LABELS, classes=range(13), ax=ax), "13 classes; more than 12"),
    ],
)
def test_wrong_arguments_are_named(ax, call, message):
    with pytest.raises(ValueError, match=message):
        call(ax)
