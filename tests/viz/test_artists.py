from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import viz
from minigrad import nn
from viz.curves import gathered
from viz.hinges import importance
from viz.layout import CHART_LEFT, MARGIN
from viz.units import GAP, PITCH, TILE


@pytest.fixture
def ax():
    return Figure(figsize=(4, 4)).subplots()


def test_the_curve_up_to_the_cursor_ends_at_it(ax):
    drawn = viz.curves({"train": (np.arange(11), np.linspace(1, 0, 11))}, ax=ax)
    drawn.update(4)
    assert drawn.lines[0].get_xdata()[-1] == 4
    assert drawn.heads[0].get_xydata().tolist() == [[4.0, pytest.approx(0.6)]]
    assert drawn.legend.get_texts()[0].get_text() == "train 0.6000"
    assert drawn.cursor.get_xdata()[0] == 4


def test_between_two_values_the_earlier_one_is_shown(ax):
    drawn = viz.curves({"": ([0, 10], [3.0, 1.0])}, ax=ax)
    drawn.update(9)
    assert drawn.legend.get_texts()[0].get_text() == "3.0000"


@pytest.mark.parametrize("last", [1, 7, 20, 199])
def test_few_steps_have_whole_numbers_at_their_ticks(ax, last):
    viz.curves({"": ([0, last], [1.0, 0.0])}, ax=ax)
    assert all(float(tick).is_integer() for tick in ax.get_xticks())


def test_more_layers_than_have_room_above_the_axes_are_told_by_number(ax):
    drawn = viz.curves({str(layer): ([0, 1], [1.0, layer]) for layer in range(7)}, form="{:.1e}".format, ax=ax)
    drawn.update(1)
    assert [text.get_text() for text in drawn.legend.get_texts()] == list("01234")
    assert [line.get_linewidth() for line in drawn.lines] == [2, 2, 2, 2, 1, 1, 1]  # dashes repeat after four


def test_limits_do_not_move_with_the_cursor(ax):
    drawn = viz.curves({"train": (np.arange(11), np.linspace(1, 0, 11))}, ax=ax)
    before = ax.get_xlim(), ax.get_ylim()
    drawn.update(10)
    assert (ax.get_xlim(), ax.get_ylim()) == before


@pytest.mark.parametrize(("values", "scale"), [([1.0, 0.2], "linear"), ([20.0, 0.2], "log"), ([20.0, 0.0], "linear")])
def test_values_that_span_decades_have_a_logarithmic_axis(ax, values, scale):
    viz.curves({"": ([0, 1], values)}, ax=ax)
    assert ax.get_yscale() == scale


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("space", [np.geomspace, np.linspace])
@pytest.mark.parametrize(
    ("low", "high"),
    [
        (1.0, 2.0), (0.3, 40.0), (1.0, 1e7), (1e5, 9e5), (1.0, 1e25), (1e20, 2e20), (1e20, 1.5e20), (2e22, 9e23),
        (1e-30, 2e-30), (1e-12, 1.0), (1e-3, 1.7e308), (1e307, 1.7e308), (5e-324, 1e-10),
    ],
)  # fmt: skip
def test_values_of_any_size_can_be_read(low, high, space):
    with viz.style():
        figure = Figure(figsize=(3, 2), dpi=100)
        ax = figure.subplots()
        drawn = viz.curves({"": (np.arange(40), space(low, high, 40))}, "loss", ax=ax)
    for artist in drawn.artists:
        artist.set_animated(True)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn.update(39)
    drawn.legend.draw(canvas.get_renderer())
    assert ax.title.get_window_extent().x1 < drawn.legend.get_window_extent().x0
    assert float(drawn.legend.get_texts()[0].get_text()) == pytest.approx(high, rel=1e-3)
    assert ax.yaxis.get_offset_text().get_text() == ""
    bottom, top = ax.get_ylim()
    labels = [label for label in ax.get_yticklabels() if label.get_text() and bottom <= label.get_position()[1] <= top]
    extents = [label.get_window_extent() for label in labels]
    assert len(extents) >= 2
    assert all(below.y1 < above.y0 for below, above in pairwise(extents))
    assert max(extent.width for extent in extents) < CHART_LEFT + MARGIN  # which is what a film has


def test_several_runs_differ_in_colour_and_their_curves_in_dashes(ax):
    one = {"train": ([0, 1], [1.0, 0.5]), "test": ([0, 1], [1.0, 0.7])}
    lines = viz.curves([one, one], ax=ax).lines
    assert lines[0].get_color() == lines[1].get_color() != lines[2].get_color()
    assert lines[0].get_linestyle() == lines[2].get_linestyle() != lines[1].get_linestyle()


def test_a_long_curve_keeps_its_spikes():
    values = np.ones(10_000)
    values[7777] = 50
    steps, kept = gathered(np.arange(10_000), values)
    assert len(steps) <= 1202
    assert kept.max() == 50
    assert (np.diff(steps) > 0).all()


@pytest.mark.parametrize(
    ("series", "message"),
    [({}, "no curve"), ({"a": ([], [])}, "curve 'a' has steps"), ({"a": ([1, 2], [1.0])}, r"\(2,\) and values of")],
)
def test_curves_that_cannot_be_drawn_are_named(ax, series, message):
    with pytest.raises(ValueError, match=message):
        viz.curves(series, ax=ax)


PARAMS = [
    {"W": np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]]), "b": np.array([-0.5, 0.25, 9.0])},
    {"W": np.array([[4.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), "b": np.zeros(2)},
]


def test_hinges_are_where_units_switch(ax):
    ax.set(xlim=(-1, 1), ylim=(-1, 1))
    drawn = viz.hinges(PARAMS, ax=ax)
    weaker, stronger = drawn.lines.get_segments()  # the third unit's line, x = -4.5, is out of sight
    assert np.allclose(stronger[:, 0], 0.5)
    assert np.allclose(weaker[:, 1], -0.25)
    assert min(np.ptp(stronger[:, 1]), np.ptp(weaker[:, 0])) >= 2


def test_the_more_a_unit_matters_the_stronger_is_its_hinge(ax):
    ax.set(xlim=(-1, 1), ylim=(-1, 1))
    weaker, stronger = viz.hinges(PARAMS, ax=ax).lines.get_colors()[:, 3]
    assert stronger == pytest.approx(0.6)
    assert weaker == pytest.approx(0.6 / 4)


def test_scaling_a_relu_unit_through_leaves_its_importance_alone():
    scaled = [{"W": PARAMS[0]["W"] * 8, "b": PARAMS[0]["b"]}, {"W": PARAMS[1]["W"] / 8, "b": PARAMS[1]["b"]}]
    assert np.allclose(importance(scaled), importance(PARAMS))


def test_a_dead_unit_has_no_hinge(ax):
    ax.set(xlim=(-1, 1), ylim=(-1, 1))
    dead = [{"W": np.zeros((2, 1)), "b": np.zeros(1)}, {"W": np.ones((1, 2)), "b": np.zeros(2)}]
    assert len(viz.hinges(dead, ax=ax).lines.get_segments()) == 0


def test_a_tile_shows_where_its_unit_is_active_in_the_hue_of_its_class(ax):
    params = [{"W": np.array([[1.0], [0.0]]), "b": np.zeros(1)}, {"W": np.array([[0.0, 3.0]]), "b": np.zeros(2)}]
    tile = np.asarray(viz.units(params, ax=ax).image.get_array())[GAP : GAP + TILE, GAP : GAP + TILE]
    assert (tile[:, : TILE // 2, :3] == 255).all()
    assert tile[0, -1, :3].tolist() == [0xF8, 0x9C, 0x20]  # class 1 is orange


def test_negative_activations_speak_for_the_other_class(ax):
    params = [{"W": np.array([[9.0], [0.0]]), "b": np.zeros(1)}, {"W": np.array([[0.0, 3.0]]), "b": np.zeros(2)}]
    tile = np.asarray(viz.units(params, "tanh", ax=ax).image.get_array())[GAP : GAP + TILE, GAP : GAP + TILE]
    assert tile[0, 0, 2] > tile[0, 0, 0]  # class 0 is blue
    assert tile[0, -1, 0] > tile[0, -1, 2]


def test_only_the_most_important_units_are_shown(ax):
    params = nn.init_mlp([2, 30, 3])
    drawn = viz.units(params, most=9, ax=ax)
    assert len(drawn.shown) == 9
    assert drawn.canvas.shape[:2] == (3 * PITCH + GAP, 3 * PITCH + GAP)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda ax: viz.hinges(nn.init_mlp([2, 3]), ax=ax), "no hidden layer, so there are no hinges"),
        (lambda ax: viz.units(nn.init_mlp([2, 3]), ax=ax), "no hidden layer, so there are no hidden units"),
        (lambda ax: viz.hinges(nn.init_mlp([4, 5, 3]), ax=ax), "takes 4 inputs"),
        (lambda ax: viz.units(nn.init_mlp([4, 5, 3]), ax=ax), "takes 4 inputs"),
        (lambda ax: viz.units(nn.init_mlp([2, 5, 3]), "rely", ax=ax), "no activation 'rely'"),
    ],
)
def test_networks_without_what_is_asked_for_are_named(ax, call, message):
    with pytest.raises(ValueError, match=message):
        call(ax)
