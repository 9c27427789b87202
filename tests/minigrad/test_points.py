"""Points are read from text as the page reads them, and what cannot be read is named by its line."""

from pathlib import Path

import numpy as np
import pytest

from minigrad import runs
from minigrad.__main__ import main
from minigrad.files import FileError
from minigrad.points import read_points


@pytest.mark.parametrize(
    "text",
    [
        "x,y,label\n0.5,-1,0\n2e-1,.25,2\n",
        "0.5;-1;0\r\n\r\n0.2 ; 0.25 ; 2.0",
        "\ufeffa\tb\tc\n0.5\t-1\t0\n0.2  0.25 2\n",
    ],
)
def test_the_usual_separators_and_a_heading_are_understood(tmp_path, text):
    file = tmp_path / "points.csv"
    file.write_text(text, newline="")
    found = read_points(file)
    np.testing.assert_array_equal(found.points, [[0.5, -1], [0.2, 0.25]])
    assert (found.labels.tolist(), found.classes) == ([0, 2], 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no points"),
        ("x,y,label\n", "holds no points"),
        ("0,0,0\n1,2\n", "line 2: expected x,y,label and found 2 values"),
        ("0,0,New York, NY\n", "line 1: expected x,y,label and found 4 values"),
        ("0 0 New York\n", "found 4 values; where commas separate them, a label may have spaces"),
        ("0,0 1\n", "line 1: expected x,y,label and found 2 values"),
        ("0,0 1,cat\n", "line 1: '0 1' is not a number"),
        ("0,0,0\n\n1,two,1\n", "line 3: 'two' is not a number"),
        ("nan,0,0\n", "line 1: 'nan' is not a number within"),
        ("1e7,0,0\n", "line 1: '1e7' is not a number within"),
        ("0,0,1.5\n", "line 1: the label is '1.5'"),
        ("0,0,-1\n", "line 1: the label is '-1'"),
        ("0,0,0\n1_0,0,1\n", "line 2: '1_0' is not a number"),
        ("0,0,0\n0,0,\u0663\n", "line 2: the label is"),
        (
            "0,0,0\n1,1,cat\n",
            "line 2: the label is 'cat'; labels are whole numbers from 0 to 9999, or all of them names",
        ),
        ("0,0,cat\n1,1,dog\n2,2,1.5\n", "line 3: the label is '1.5'"),
        ("0,0,cat\n1,1,\n", "line 2: the label is ''"),
        ("0,0,4\n1,1,4\n", "the label of every point is 4; there have to be two classes"),
        ("0,0,cat\n1,1,cat\n", "the label of every point is cat"),
    ],
)
def test_a_bad_line_is_named(tmp_path, text, message):
    file = tmp_path / "points.csv"
    file.write_text(text)
    with pytest.raises(FileError, match=message):
        read_points(file)


@pytest.mark.parametrize("separator", [",", ", ", " ,", ";", " ; ", "\t"])
def test_a_name_may_have_spaces_where_they_do_not_separate(tmp_path, separator):
    file = tmp_path / "places.csv"
    rows = [("x coordinate", "y coordinate", "class name"), ("1", "2", "New York"), ("3", "4", "Rome")]
    file.write_text("\n".join(map(separator.join, rows)))
    found = read_points(file)
    assert (found.points.tolist(), found.names) == ([[1, 2], [3, 4]], ("New York", "Rome"))


def test_what_is_no_text_is_an_error(tmp_path):
    (tmp_path / "image.png").write_bytes(b"\x89PNG\xff\xfe")
    for name in ("image.png", "missing.csv"):
        with pytest.raises(FileError, match=f"cannot read points from .*{name}"):
            read_points(tmp_path / name)


def test_a_network_learns_the_points_of_a_file_and_goes_on_without_it(tmp_path, capsys):
    file, run = tmp_path / "mine.csv", str(tmp_path / "run")
    file.write_text(
        "".join(f"{x},{y},{int(x * y > 0)}\n" for x in (-0.9, -0.5, 0.5, 0.9) for y in (-0.8, -0.4, 0.4, 0.8))
    )
    assert main(["train", "--data", str(file), "--steps", "300", "--hidden", "16", "--out", run]) == 0
    file.unlink()
    assert main(["train", "--continue", run, "--steps", "400"]) == 0
    assert main(["show", run]) == 0
    shown = capsys.readouterr().out
    assert f"{file}, 16 points; 2-16-2 relu" in shown
    assert "accuracy 100.0 %" in shown


def test_labels_may_be_names_and_the_run_remembers_them(tmp_path, capsys):
    file, run = tmp_path / "pets.csv", str(tmp_path / "run")
    file.write_text("width,height,animal\n1,0.5,dog\n0.2,0.1,cat\n0.9,0.6,dog\n0.1,0.2,ant\n")
    own = read_points(file)
    assert (own.labels.tolist(), own.classes, own.names) == ([2, 1, 2, 0], 3, ("ant", "cat", "dog"))
    assert main(["train", "--data", str(file), "--steps", "2", "--hidden", "4", "--test", "0.25", "--out", run]) == 0
    assert main(["show", run]) == 0
    assert "pets.csv, 3 points (ant, cat, dog); 2-4-3 relu" in capsys.readouterr().out
    trained = runs.load(run)
    assert trained.config["dataset"]["names"] == ["ant", "cat", "dog"]
    assert trained.test.names == ("ant", "cat", "dog")


def test_a_file_is_read_once(tmp_path, monkeypatch):
    file, read, reads = tmp_path / "mine.csv", Path.read_text, []
    file.write_text("0,0,0\n1,1,1\n")
    monkeypatch.setattr(Path, "read_text", lambda path, *how: reads.append(path) or read(path, *how))
    assert main(["train", "--data", str(file), "--steps", "1", "--hidden", "4", "--out", str(tmp_path / "run")]) == 0
    assert reads.count(file) == 1


@pytest.mark.parametrize("extra", ["--dataset moons", "--noise 0.1", "--preset demo", "--points 9", "--arms 3"])
def test_options_of_drawn_data_are_refused_beside_a_file(tmp_path, capsys, extra):
    file = tmp_path / "mine.csv"
    file.write_text("0,0,0\n1,1,1\n")
    assert main(["train", "--data", str(file), "--out", str(tmp_path / "run"), *extra.split()]) == 2
    assert extra.split()[0] in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
