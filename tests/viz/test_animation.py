"""The film of a run: its frames, the files they are written to, and the runs that it has to cope with."""

import subprocess
from functools import partial

import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from matplotlib.figure import Figure
from PIL import Image

import viz
from minigrad import nn, runs
from minigrad.data import Dataset
from viz.history import history
from viz.regions import band_colours
from wasm_export.site.palette import class_colours

SMALL = {"size": (600, 300), "dpi": 50}


def decoded(path):
    """The frames of a film."""
    pipe = [get_ffmpeg_exe(), "-loglevel", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    return np.frombuffer(subprocess.run(pipe, capture_output=True, check=True).stdout, np.uint8).reshape(
        -1, 300, 600, 3
    )


def test_there_is_a_frame_for_each_snapshot(run):
    film = viz.animate(run, **SMALL)
    assert film.steps == runs.load(run).snapshots
    frames = list(film)
    assert len(frames) == len(film) == len(film.steps)
    assert all(frame.shape == (300, 600, 3) and frame.dtype == np.uint8 for frame in frames)


def test_a_frame_shows_the_network_of_its_snapshot(run):
    film, one = viz.animate(run, **SMALL), history(run)
    image = film.scene.figure.axes[0].get_images()[0]
    for place in (0, 4, -1):
        film.frame(place)
        predict = partial(one.model.probabilities, one.params[place])
        expected = viz.decision_map(predict, one.run.points, one.run.labels, ax=Figure().subplots()).image
        assert (np.asarray(image.get_array()) == expected.get_array()).all()


def test_a_frame_is_the_same_whatever_was_shown_before(run):
    film = viz.animate(run, **SMALL, hinges=True, units=True, gradients=True)
    fresh = film.frame(3)
    film.frame(-1)
    assert (film.frame(3) == fresh).all()


def test_blitted_frames_equal_a_whole_drawing(run):
    film = viz.animate(run, **SMALL, hinges=True)
    blitted = film.frame(5).astype(int)
    for artist in film.scene.artists:
        artist.set_animated(False)
    film.canvas.draw()
    whole = np.asarray(film.canvas.buffer_rgba())[..., :3].astype(int)
    assert np.mean(abs(blitted - whole).max(axis=2) > 8) < 0.01  # lines may cross the frame's edge in another order


def test_nothing_moves_outside_what_changes(run):
    frames = np.stack(list(viz.animate(run, **SMALL)))
    still = (frames == frames[0]).all(axis=(0, 3))
    assert still[:, :10].all()  # the margin
    assert still.mean() > 0.4


def test_mp4_frames_are_the_frames_and_the_last_one_stays(run, tmp_path):
    film = viz.animate(run, **SMALL, fps=10, hold=1)
    found = decoded(film.save(tmp_path / "film.mp4"))
    assert len(found) == len(film) + 10
    for place, frame in ((0, film.frame(0)), (len(film) - 1, film.frame(-1)), (-1, film.frame(-1))):
        assert abs(found[place].astype(int) - frame).mean() < 3


def test_gif_frames_are_the_frames_in_one_palette(run, tmp_path):
    film = viz.animate(run, **SMALL, fps=10, hold=1)
    with Image.open(film.save(tmp_path / "film.gif")) as gif:
        durations = []
        for place in range(gif.n_frames):
            gif.seek(place)
            durations.append(gif.info["duration"])
            shown = np.asarray(gif.convert("RGB")).astype(int)
            assert abs(shown - film.frame(place)).mean() < 4
        assert gif.n_frames == len(film)
        assert gif.info["loop"] == 0
    assert durations == [100] * (len(film) - 1) + [1100]


def test_gif_shows_equal_colours_as_equal(run, tmp_path):
    film = viz.animate(run, **SMALL, frames=1)
    with Image.open(film.save(tmp_path / "film.gif")) as gif, film.banded():
        pairs = np.concatenate([film.frame(-1), np.asarray(gif.convert("RGB"))], axis=2).reshape(-1, 6)
    assert len(np.unique(pairs, axis=0)) == len(np.unique(pairs[:, :3], axis=0))


def test_gif_keeps_the_classes_own_colours(run, tmp_path):
    with Image.open(viz.animate(run, frames=1).save(tmp_path / "film.gif")) as gif:
        found = {tuple(colour) for colour in np.asarray(gif.convert("RGB")).reshape(-1, 3).tolist()}
    assert {(0x57, 0x90, 0xFC), (0xF8, 0x9C, 0x20), (0xE4, 0x25, 0x36), (0xFA, 0xFA, 0xF9)} <= found


def test_gif_regions_are_flat_bands_shown_exactly_and_edges_nearly(run, tmp_path):
    film = viz.animate(run)
    target = film.save(tmp_path / "film.gif")
    flat = band_colours(class_colours(3), "#ffffff").reshape(-1, 4)[:, :3]
    with Image.open(target) as gif, film.banded():
        for place in range(len(film)):
            gif.seek(place)
            frame, shown = film.frame(place)[58:578, 24:544], np.asarray(gif.convert("RGB"))[58:578, 24:544]
            in_band = (frame[..., None, :] == flat).all(axis=-1).any(axis=-1)
            assert in_band.mean() > 0.8
            assert (shown[in_band] == frame[in_band]).all()
            assert abs(shown.astype(int) - frame).max() < 64
    film.frame(-1)
    assert len(np.unique(np.asarray(film.scene.maps[0].image.get_array()).reshape(-1, 4), axis=0)) > len(flat)


def test_png_is_the_last_frame(run, tmp_path):
    film = viz.animate(run, **SMALL)
    with Image.open(film.save(tmp_path / "still.png")) as png:
        assert (np.asarray(png) == film.frame(-1)).all()


@pytest.mark.parametrize("suffix", ["mp4", "gif", "png"])
def test_the_same_run_gives_the_same_bytes(run, tmp_path, suffix):
    one, two = (viz.animate(run, **SMALL, hinges=True).save(tmp_path / f"{i}.{suffix}") for i in (1, 2))
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("option", ["hinges", "units", "gradients"])
def test_an_option_adds_to_the_picture(run, option):
    size = {"size": (900, 300), "dpi": 50}
    assert (viz.animate(run, **size).frame(-1) != viz.animate(run, **size, **{option: True}).frame(-1)).any()


def test_two_runs_are_shown_in_step(run, tested_run):
    film = viz.animate(run, tested_run, size=(900, 300), dpi=50)
    assert film.steps == sorted({*runs.load(run).snapshots, *runs.load(tested_run).snapshots})
    assert [ax.get_title("right") for ax in film.scene.figure.axes[:2]] == [run.name, tested_run.name]
    film.frame(-1)


def test_everything_at_once(run, tested_run, tmp_path):
    film = viz.animate(run, tested_run, hinges=True, units=True, gradients=True, theme="dark", dpi=40)
    assert film.frame(-1).shape == (480, 720, 3)


def test_a_test_set_has_its_own_curve_and_hollow_points(tested_run):
    film = viz.animate(tested_run, **SMALL)
    ground, loss, _ = film.scene.figure.axes
    assert ground.get_title("right") == "hollow: test points"
    assert [text.get_text().split()[0] for text in loss.get_legend().get_texts()] == ["train", "test"]


def test_text_is_large_enough_to_read(run):
    figure = viz.animate(run, gradients=True).scene.figure
    sizes = [text.get_fontsize() for text in figure.findobj(lambda artist: hasattr(artist, "get_fontsize"))]
    assert min(sizes) >= 11


def test_a_larger_picture_is_the_same_in_finer_detail(run):
    small, large = (viz.animate(run, size=size).frame(-1).astype(int) for size in ((600, 300), (1200, 600)))
    shrunk = large.reshape(300, 2, 600, 2, 3).mean(axis=(1, 3))
    assert abs(shrunk - small).mean() < 6


def test_the_dark_theme_is_dark(run):
    assert viz.animate(run, **SMALL, theme="dark").frame(0)[2, 2].tolist() == [0x12, 0x14, 0x17]


def test_the_map_is_square_and_holds_all_points(run):
    ground = viz.animate(run).scene.figure.axes[0]
    box = ground.get_window_extent()
    assert box.width == pytest.approx(box.height)
    points = runs.load(run).points
    (x0, x1), (y0, y1) = ground.get_xlim(), ground.get_ylim()
    assert x0 < points[:, 0].min() < points[:, 0].max() < x1
    assert y0 < points[:, 1].min() < points[:, 1].max() < y1
    assert x1 - x0 == pytest.approx(y1 - y0)


def test_a_single_snapshot_is_a_film_of_one_frame(made_run, tmp_path):
    folder = made_run(Dataset(np.eye(2), np.array([0, 1]), 2), nn.init_mlp([2, 4, 2]))
    film = viz.animate(folder, **SMALL)
    assert len(film) == 1
    assert len(decoded(film.save(tmp_path / "film.mp4"))) == 1 + 24
    film.save(tmp_path / "film.gif")
    film.save(tmp_path / "film.png")


def test_one_class_among_the_labels_is_enough(made_run):
    folder = made_run(Dataset(np.eye(2), np.array([1, 1]), 2), nn.init_mlp([2, 4, 2]))
    assert viz.animate(folder, **SMALL).frame(0).shape == (300, 600, 3)


def test_twelve_classes_are_told_apart(made_run, tmp_path):
    rng = np.random.RandomState(0)
    folder = made_run(Dataset(rng.randn(48, 2), np.arange(48) % 12, 12), nn.init_mlp([2, 20, 12], rng=rng))
    film = viz.animate(folder, **SMALL)
    assert len({line.get_markerfacecolor() for line in film.scene.figure.axes[0].get_lines()[1:]}) == 12
    film.save(tmp_path / "film.gif")


def test_more_classes_than_colours_are_refused(made_run):
    folder = made_run(Dataset(np.eye(2), np.array([0, 12]), 13), nn.init_mlp([2, 4, 13]))
    with pytest.raises(ValueError, match="13 classes; more than 12 colours"):
        viz.animate(folder)


def test_a_network_without_hidden_layer_has_a_map_but_no_hinges(made_run):
    folder = made_run(Dataset(np.eye(2), np.array([0, 1]), 2), nn.init_mlp([2, 2]))
    viz.animate(folder, **SMALL).frame(0)
    for option in ("hinges", "units"):
        with pytest.raises(ValueError, match="no hidden layer"):
            viz.animate(folder, **{option: True})
