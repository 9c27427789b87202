"""The data sets against their formulas, and every way to ask for a wrong one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad import data

NAMES = sorted(data.DATASETS)


def angle(points: np.ndarray) -> np.ndarray:
    return np.arctan2(points[:, 0], points[:, 1])


def test_cs231n_spiral_is_the_published_recipe() -> None:
    rng = np.random.RandomState(0)
    expected = []
    for j in range(3):
        r = np.linspace(0.0, 1, 100)
        t = np.linspace(j * 4, (j + 1) * 4, 100) + rng.randn(100) * 0.2
        expected.append(np.c_[r * np.sin(t), r * np.cos(t)])
    drawn = data.cs231n(points=300, classes=3, noise=0.2, seed=0)
    np.testing.assert_array_equal(drawn.points, np.concatenate(expected))
    np.testing.assert_array_equal(drawn.labels, np.repeat([0, 1, 2], 100))


def test_a_generator_given_as_seed_goes_on_where_the_data_set_stopped() -> None:
    ours, plain = np.random.RandomState(0), np.random.RandomState(0)
    data.cs231n(seed=ours)
    plain.randn(300)
    assert ours.randn() == plain.randn()


def test_spiral_arms_start_evenly_and_turn_by_the_rotation() -> None:
    drawn = data.spiral(points=44, classes=4, noise=0.0, rotation=1.0)
    for j in range(4):
        arm = drawn.points[drawn.labels == j]
        r = np.linspace(0, 1, 11)
        np.testing.assert_allclose(np.hypot(*arm.T), r, atol=1e-15)
        expected = 2 * np.pi * j / 4 + 1.0 * r
        np.testing.assert_allclose(np.exp(1j * angle(arm))[1:], np.exp(1j * expected)[1:], atol=1e-12)


def test_spiral_noise_is_the_standard_deviation_of_the_angle() -> None:
    drawn = data.spiral(points=40_000, classes=2, noise=0.25, rotation=0.0)
    arm = drawn.points[drawn.labels == 0][1:]
    assert np.std(angle(arm)) == pytest.approx(0.25, rel=0.02)


def test_circles_have_one_radius_a_class() -> None:
    drawn = data.circles(points=90, classes=3, noise=0.0)
    np.testing.assert_allclose(np.hypot(*drawn.points.T), (drawn.labels + 1) / 3)


def test_moons_are_half_circles_that_open_in_turn() -> None:
    drawn = data.moons(points=300, classes=3, noise=0.0)
    scale = 1 + 0.6 * 2
    for j in range(3):
        x, y = scale * drawn.points[drawn.labels == j].T
        centre = np.array([1.2 * j - 1.2, -0.25 if j % 2 == 0 else 0.25])
        np.testing.assert_allclose(np.hypot(x - centre[0], y - centre[1]), 1.0)
        assert ((y > centre[1]) == (j % 2 == 0)).all()


def test_xor_with_two_classes_is_the_sign_of_the_product() -> None:
    drawn = data.xor(points=500, classes=2, noise=0.0)
    x, y = drawn.points.T
    np.testing.assert_array_equal(drawn.labels, (x * y < 0).astype(int))


def test_blobs_stand_on_a_circle() -> None:
    drawn = data.blobs(points=40_000, classes=4, noise=0.15)
    for j in range(4):
        blob = drawn.points[drawn.labels == j]
        centre = 0.7 * np.array([np.sin(np.pi * j / 2), np.cos(np.pi * j / 2)])
        np.testing.assert_allclose(blob.mean(axis=0), centre, atol=0.01)
        np.testing.assert_allclose(blob.std(axis=0), 0.15, rtol=0.03)


@pytest.mark.parametrize("name", NAMES)
@given(points=st.integers(6, 60), classes=st.integers(2, 6), seed=st.integers(0, 2**32 - 1))
def test_every_set_has_the_points_asked_for_and_comes_again_from_its_seed(
    name: str, points: int, classes: int, seed: int
) -> None:
    drawn, again = (data.make(name, seed=seed, points=points, classes=classes) for _ in range(2))
    assert drawn.points.shape == (points, 2)
    assert drawn.points.dtype == np.float64
    assert drawn.labels.dtype == np.int64
    np.testing.assert_array_equal(drawn.points, again.points)
    np.testing.assert_array_equal(drawn.labels, again.labels)
    if name != "xor":
        sizes = np.bincount(drawn.labels, minlength=classes)
        assert sizes.max() - sizes.min() <= 1


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_draws_other_points(name: str) -> None:
    assert (data.make(name, seed=0).points != data.make(name, seed=1).points).any()


@pytest.mark.parametrize("name", NAMES)
def test_noise_moves_the_points(name: str) -> None:
    assert (data.make(name, noise=0.0).points != data.make(name, noise=0.1).points).any()


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"name": "spirale"}, "no data set 'spirale'; there are spiral, cs231n"),
        ({"name": "circles", "rotation": 1.0}, "'circles' has no option 'rotation'; it has points, classes, noise"),
        ({"name": "spiral", "classes": 1}, "classes is 1; there must be at least 2"),
        ({"name": "moons", "points": 1}, "points is 1; 2 classes need at least one point each"),
        ({"name": "blobs", "noise": -0.1}, "noise is -0.1"),
        ({"name": "xor", "noise": float("nan")}, "noise is nan"),
        ({"name": "spiral", "rotation": float("inf")}, "rotation is inf"),
        ({"name": "spiral", "seed": -1}, "seed is -1; it must be from 0"),
    ],
)
def test_a_bad_option_is_named(chosen: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        data.make(**chosen)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("points", "labels", "error", "message"),
    [
        (np.zeros((4, 3)), np.zeros(4, int), ValueError, r"shape \(4, 3\); expected \[n, 2\]"),
        (np.zeros((0, 2)), np.zeros(0, int), ValueError, r"shape \(0, 2\)"),
        (np.zeros((4, 2)), np.zeros(5, int), ValueError, r"labels have shape \(5,\)"),
        (np.zeros((4, 2), int), np.zeros(4, int), TypeError, "points are int64"),
        (np.zeros((4, 2)), np.zeros(4), TypeError, "labels are float64"),
        (np.array([[0, 0], [1, np.nan]]), np.zeros(2, int), ValueError, r"point 1 is \[1.0, nan\]"),
        (np.zeros((2, 2)), np.array([0, 3]), ValueError, "label 1 is 3; with 3 classes it must be 0 … 2"),
        (np.zeros((2, 2)), np.array([-1, 0]), ValueError, "label 0 is -1"),
    ],
)
def test_bad_points_and_labels_are_refused(
    points: np.ndarray, labels: np.ndarray, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        data.Dataset(points, labels, 3)


def test_names_are_one_a_class_and_stay_with_the_points() -> None:
    named = data.Dataset(np.eye(2), np.array([0, 1]), 2, ("cat", "dog"))
    parts = data.split(named, 0.5)
    assert {part.names for part in (*parts, named.astype("float32"))} == {("cat", "dog")}
    with pytest.raises(ValueError, match="3 classes have the names cat, dog; expected one each"):
        data.Dataset(np.eye(2), np.array([0, 1]), 3, ("cat", "dog"))


def test_split_keeps_every_point_once_and_depends_on_the_seed() -> None:
    whole = data.blobs(points=50)
    train, test = data.split(whole, 0.3, seed=4)
    assert (len(train), len(test)) == (35, 15)
    together = np.concatenate([train.points, test.points])
    np.testing.assert_array_equal(np.sort(together, axis=0), np.sort(whole.points, axis=0))
    assert train.classes == test.classes == 3
    np.testing.assert_array_equal(data.split(whole, 0.3, seed=4)[1].points, test.points)
    assert (data.split(whole, 0.3, seed=5)[1].points != test.points).any()


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, 0.001, float("nan")])
def test_a_split_with_an_empty_side_is_refused(fraction: float) -> None:
    with pytest.raises(ValueError, match="empty"):
        data.split(data.blobs(points=50), fraction)
