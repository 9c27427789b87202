"""Results as text, JSON and the README's figures; nothing that is missing or missed is passed over."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import plot, readme, report
from benchmarks.races import Contestant, Race, Target, at_most, times_faster
from benchmarks.tables import TABLES
from minigrad.files import FileError

RACE = Race(
    "A step",
    "chromium",
    [Contestant("minigrad", flops=3e4), Contestant("slow"), Contestant("lost", absent="not installed")],
    [
        at_most(1.0, "slow"),
        times_faster(9, "slow"),
        at_most(1.0, "lost"),
        Target("size", lambda times: 7, "≤", 8, "KB"),
    ],
)
TIMES = {"minigrad": [3e-5, 1e-5], "slow": [12e-5, 4e-5]}


@pytest.fixture
def result() -> dict[str, Any]:
    return report.race_result(RACE, TIMES, "Chromium 1", {"lost": "not installed"})


@pytest.fixture
def folder(tmp_path: Path, result: dict[str, Any]) -> Path:
    machine = {"cpu": "Z80", "cores": 1, "system": "CP/M", "date": "1982-04-23T00:00:00", "versions": {}}
    table = {"title": "A step", "machine": machine, "rounds": 2, "seconds": 0.1, "races": [result]}
    report.save("spiral_step", table, tmp_path)
    return tmp_path


def test_text_shows_times_ratios_rates_and_verdicts(result: dict[str, Any]) -> None:
    text = report.text(result)
    assert "20.0 µs" in text
    assert "80.0 µs  × 4" in text
    assert "1.5 GFLOP/s" in text
    assert "met     minigrad: time ÷ slow: 0.25 × (≤ 1 ×)" in text
    assert "MISSED  minigrad: faster than slow: 4 × (≥ 9 ×)" in text
    assert "met     size: 7 KB (≤ 8 KB)" in text


def test_text_names_who_is_missing(result: dict[str, Any]) -> None:
    text = report.text(result)
    assert "not installed" in text
    assert "not measured  minigrad: time ÷ lost (≤ 1 ×)" in text


def test_figures_go_between_the_markers(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"before\n{readme.BEGIN}\nold\n{readme.END}\nafter\n")
    readme.write(folder, page)
    text = page.read_text()
    assert text.startswith(f"before\n{readme.BEGIN}\n")
    assert text.endswith(f"{readme.END}\nafter\n")
    assert "old" not in text
    assert "Z80, 1 cores, CP/M, 1982-04-23" in text
    assert "| Chromium | 20.0 µs | 80.0 µs (slow) | 4 | ≥ 1 |" in text
    assert "| A step: size | 7 KB | ≤ 8 KB |" in text


def test_a_readme_without_markers_is_left_alone(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("nothing to replace\n")
    with pytest.raises(FileError, match="missing"):
        readme.write(folder, page)
    assert page.read_text() == "nothing to replace\n"


def test_the_readme_says_what_was_measured() -> None:
    _, figures, _ = readme.split(readme.README)
    assert figures == readme.block(readme.load(report.RESULTS))


def test_every_stored_table_is_one_that_can_be_measured_again() -> None:
    assert {file.stem for file in report.RESULTS.glob("*.json")} <= set(TABLES)


def test_the_plot_is_the_same_bytes_each_time(folder: Path, tmp_path: Path) -> None:
    table = json.loads((folder / "spiral_step.json").read_text())
    first, second = (plot.draw(table, tmp_path / name).read_bytes() for name in ("a.svg", "b.svg"))
    assert first == second
