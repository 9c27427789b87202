"""What the command and `animate` say when something is wrong, and that nothing half written is left."""

import io
import json
import shutil
import sys

import numpy as np
import pytest

import viz
from minigrad import nn, runs
from minigrad.data import Dataset
from minigrad.files import FileError
from viz.__main__ import main

SMALL = {"size": (600, 300)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"theme": "sepia"}, "no theme 'sepia'"),
        ({"fps": 0}, "fps is 0"),
        ({"hold": -1}, "hold is -1"),
        ({"frames": 0}, "frames is 0"),
        ({"dpi": 0}, "at 0 dpi could not be read"),
        ({"size": (100, 100)}, r"\(100, 100\) pixels at 8 dpi could not be read"),
        ({"size": (380, 300), "dpi": 100}, "380 × 300 is too small for the maps"),
    ],
)
def test_options_out_of_range_are_named(run, options, message):
    with pytest.raises(ValueError, match=message):
        viz.animate(run, **options)


def test_an_odd_size_is_refused_for_mp4(run, tmp_path):
    with pytest.raises(FileError, match=r"601 × 300; \.mp4 needs an even width"):
        viz.animate(run, size=(601, 300), dpi=50).save(tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [("film.avi", r"must end in \.mp4, \.gif, \.png"), ("film", "must end in"), ("no/film.mp4", "no folder")],
)
def test_paths_that_cannot_be_written_are_named(run, tmp_path, name, message):
    with pytest.raises(FileError, match=message):
        viz.animate(run, **SMALL).save(tmp_path / name)


def test_a_film_that_fails_halfway_leaves_the_old_one(run, tmp_path, monkeypatch):
    film = viz.animate(run, **SMALL)
    target = tmp_path / "film.mp4"
    target.write_bytes(b"old")
    show = film.scene.panels[0].show

    def interrupted(step):
        if step > 5:
            raise KeyboardInterrupt
        show(step)

    object.__setattr__(film.scene.panels[0], "show", interrupted)
    with pytest.raises(KeyboardInterrupt):
        film.save(target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_command_writes_a_film_and_says_so(run, tmp_path, capsys):
    target = tmp_path / "film.gif"
    assert main([str(run), "--out", str(target), "--size", "600x300", "--dpi", "50", "--hinges"]) == 0
    assert target.stat().st_size > 1000
    assert f"{target}: {len(runs.load(run).snapshots)} frames" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "--out", "x.png"], "no run folder nowhere"),
        ([".", "--out", "x.png"], "not a run folder"),
        (["RUN"], "say where the picture goes"),
        (["RUN", "--out", "film.webm"], "must end in"),
        (["RUN", "--out", "x.png", "--compare", "nowhere"], "no run folder nowhere"),
    ],
)
def test_the_command_explains_what_is_wrong(run, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main([str(run) if argument == "RUN" else argument for argument in arguments]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_runs_of_more_than_two_inputs_are_refused(run, tmp_path, capsys):
    other = tmp_path / "other"
    shutil.copytree(run, other)
    config = json.loads((other / "config.json").read_text())
    config["widths"][0] = 5
    (other / "config.json").write_text(json.dumps(config))
    assert main([str(other), "--out", str(tmp_path / "x.png")]) == 2
    assert "expected from 2 inputs" in capsys.readouterr().err


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("layers", "scale"), [(1, 1e60), (2, 1e30)])  # the parameters; their product
def test_parameters_beyond_float32_are_named(made_run, layers, scale):
    params = nn.init_mlp([2, 4, 2])
    for layer in params[:layers]:
        layer["W"] *= scale
    folder = made_run(Dataset(np.eye(2), np.array([0, 1]), 2), params)
    with pytest.raises(FileError, match="parameters of step 0 are too large to be drawn"):
        viz.animate(folder)


def test_losses_beyond_float32_are_named_by_the_scrubber(made_run, tmp_path):
    params = nn.init_mlp([2, 4, 2])
    params[0]["W"][:] = 1e20
    folder = made_run(Dataset(np.eye(2) * 1e-5, np.array([0, 1]), 2), params)
    with np.errstate(all="ignore"), pytest.raises(FileError, match="loss of step 0 is beyond float32"):
        viz.animate(folder).save(tmp_path / "x.html")


def test_a_run_that_got_out_of_hand_is_drawn_without_a_warning(trained, recwarn):
    run = trained("--preset", "cs231n", "--points", "60", "--hidden", "16", "--lr", "60", "--steps", "40")
    viz.animate(run, **{**SMALL, "size": (900, 300)}, hinges=True, units=True, gradients=True).frame(-1)
    assert len(recwarn) == 0


def test_ctrl_c_leaves_nothing_behind(run, tmp_path, monkeypatch, capsys):
    def interrupted(self, number):
        raise KeyboardInterrupt

    monkeypatch.setattr(viz.Animation, "frame", interrupted)
    assert main([str(run), "--out", str(tmp_path / "film.mp4")]) == 130
    assert "nothing was written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_ffmpeg_says_is_passed_on(run, tmp_path, monkeypatch):
    monkeypatch.setattr("viz.encode.X264", ("-c:v", "no-such-codec"))
    with pytest.raises(FileError, match=r"(?s)ffmpeg could not write the film: .*no-such-codec"):
        viz.animate(run, **SMALL).save(tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


def test_without_ffmpeg_the_error_says_what_to_do(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(FileError, match="pip install imageio-ffmpeg"):
        viz.animate(run, **SMALL).save(tmp_path / "film.mp4")


def test_a_notebook_shows_the_film(run):
    html = viz.animate(run, **SMALL, frames=2)._repr_html_()
    assert html.startswith("<video")
    assert "data:video/mp4;base64," in html


def test_the_progress_bar_counts_frames_and_tells_the_time_left(run, tmp_path, monkeypatch):
    said = io.StringIO()
    monkeypatch.setattr("sys.stderr", said)
    viz.animate(run, **SMALL, frames=3).save(tmp_path / "film.gif", progress=True)
    assert "3/3" in said.getvalue()
    assert "frame" in said.getvalue()
