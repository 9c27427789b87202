"""`python -m wasm_export`: which runs become a page, where it goes, and what is said about the others."""

import base64
import json
import re
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad import runs
from minigrad.__main__ import main as minigrad_command
from minigrad.files import FileError
from wasm_export.__main__ import main
from wasm_export.site import export

Train = Callable[..., Path]


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> Train:
    made: dict[tuple[str, ...], Path] = {}

    def train_it(*options: str) -> Path:
        if options not in made:
            made[options] = tmp_path_factory.mktemp("runs") / "run"
            arguments = ["train", "--steps", "5", "--hidden", "8", *options, "--out", str(made[options])]
            assert minigrad_command(arguments) == 0
        return made[options]

    return train_it


@pytest.fixture(autouse=True)
def small_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about the rest: the networks beside the run's own are left out."""
    monkeypatch.setattr(export, "networks_of", lambda run: [(run.config["activation"], len(run.config["widths"]) - 2)])


def parts_of(page: str) -> dict[str, bytes]:
    """The parts of the page's first container."""
    text = re.search(r'id="first">(.*?)</script>', page, flags=re.DOTALL)
    content = zlib.decompress(base64.b64decode(text[1]))
    start = 4 + int.from_bytes(content[:4], "little")
    return {name: content[start + a : start + b] for name, (a, b) in json.loads(content[4:start]).items()}


def changed(run: runs.Run, **config: Any) -> runs.Run:
    return replace(run, config={**run.config, **config})


def test_writes_one_file_and_says_where(train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "page.html"
    assert main([str(train()), "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(out)
    assert list(tmp_path.iterdir()) == [out]
    text = out.read_text()
    assert text.startswith("<!doctype html>")
    assert "{{" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


def test_a_page_with_all_networks_takes_200_kilobytes_at_most(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    folder = train("--preset", "cs231n", "--hidden", "100")
    assert main([str(folder), "--out", str(tmp_path / "page.html")]) == 0
    assert (tmp_path / "page.html").stat().st_size <= 200_000


def test_a_folder_gets_an_index(train: Train, tmp_path: Path) -> None:
    assert main([str(train()), "--out", f"{tmp_path}/site/"]) == 0
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["index.html"]
    (tmp_path / "there").mkdir()
    assert main([str(train()), "--out", str(tmp_path / "there")]) == 0
    assert (tmp_path / "there" / "index.html").exists()


def test_the_same_run_gives_the_same_bytes(train: Train, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        assert main([str(train()), "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        ("--dataset", "moons", "--activation", "tanh", "--hidden", "5", "4"),
        ("--dataset", "blobs", "--arms", "6", "--optimizer", "adam"),
        ("--dataset", "xor", "--dtype", "float32", "--batch", "10", "--test", "0.2"),
        ("--hidden", "6", "5", "4", "--activation", "gelu"),
    ],
)
def test_any_run_in_the_plane_becomes_a_page(train: Train, tmp_path: Path, options: tuple[str, ...]) -> None:
    folder = train(*options)
    assert main([str(folder), "--out", str(tmp_path / "page.html")]) == 0
    shown = json.loads(parts_of((tmp_path / "page.html").read_text())["run"])
    run = runs.load(folder)
    assert shown["widths"] == run.config["widths"]
    assert shown["settings"]["optimizer"] == run.config["optimizer"]["name"]
    assert shown["tested"] == (len(run.test) if run.test else 0)


def test_weights_are_the_runs_own_in_float32(train: Train) -> None:
    run = runs.load(train())
    flat = np.frombuffer(export.run_parts(run, [("relu", 1)])["final"], np.float32)
    first, second = run.params()
    expected = [first["W"], first["b"], second["W"], second["b"]]
    np.testing.assert_array_equal(flat, np.concatenate([x.ravel() for x in expected]).astype(np.float32))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"widths": [3, 8, 3]}, r"the network takes 3 inputs; the page shows a plane, so 2 are needed"),
        ({"widths": [2, 8, 9]}, r"there are 9 classes; the page shows at most 6"),
        ({"widths": [2, 3]}, r"the network has no hidden layer"),
        ({"widths": [2, 300, 3]}, r"a hidden layer has 300 units; the page runs at most 256"),
        ({"activation": "sine"}, r"there is no activation 'sine'; there are relu, tanh"),
    ],
)
def test_a_run_that_cannot_be_shown(train: Train, config: dict[str, Any], message: str) -> None:
    with pytest.raises(export.FileError, match=message):
        export.check(changed(runs.load(train()), **config))


def test_nothing_is_written_for_a_run_that_cannot_be_shown(train: Train, tmp_path: Path) -> None:
    run = changed(runs.load(train()), activation="sine")
    with pytest.raises(export.FileError):
        export.write_page(run, tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_errors_are_one_line_and_leave_nothing(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "nowhere"), "--out", str(tmp_path / "page.html")]) == 2
    assert capsys.readouterr().err == f"wasm_export: error: there is no run folder {tmp_path / 'nowhere'}\n"
    assert main([str(train()), "--out", str(tmp_path / "no" / "page.html")]) == 2
    assert "cannot write" in capsys.readouterr().err
    assert main([str(train()), "--show", "wat", "--function", "fly"]) == 2
    assert "there is no function 'fly'; there are step, gradient" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("form", "text"),
    [("program", "{ lambda params.0.W"), ("fused", "sum_n"), ("loops", "for each n"), ("wat", "(module")],
)
def test_forms_are_printed(train: Train, capsys: pytest.CaptureFixture[str], form: str, text: str) -> None:
    assert main([str(train()), "--show", form]) == 0
    assert text in capsys.readouterr().out


def test_says_what_it_wants_when_asked_for_nothing(train: Train) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wasm_export", str(train())], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--out" in done.stderr
    assert "--show" in done.stderr


@pytest.mark.filterwarnings("error")
def test_weights_beyond_float32_are_named(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    run = runs.load(train())
    params = run.params()
    params[0]["W"][0, 0] = 1e60
    monkeypatch.setattr(runs.Run, "params", lambda self, step=None: params)
    monkeypatch.setattr(export, "final_loss", lambda run: 1e60)
    with pytest.raises(FileError, match="its initial numbers are not finite in float32"):
        export.run_parts(run, [("relu", 1)])


def test_a_share_that_the_run_does_not_say_is_counted(train: Train) -> None:
    run = runs.load(train("--dataset", "moons", "--points", "40", "--test", "0.25"))
    config = {key: value for key, value in run.config.items() if key != "test"}
    assert export.settings(replace(run, config=config), [("relu", 1)])["test"] == 0.25
