"""What the command and `animate` say when something is wrong, and that nothing half written is left."""

import io
import json
import shutil

import pytest

import viz
from minigrad import runs
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
