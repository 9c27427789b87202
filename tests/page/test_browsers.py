"""Where a browser is missing, its tests say so: they are skipped at a desk, and fail where they have to run (CI)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run_without(name: str, folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    """Runs a test that wants the browser "firefox" or "chromium", which cannot be found."""
    fixture = {"firefox": "firefox", "chromium": "browser"}[name]
    (folder / "test_it.py").write_text(f"def test_it({fixture}): pass\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rs",
        "-p",
        "tests.conftest",
        "--rootdir",
        str(folder),
        str(folder),
    ]
    environment = {**os.environ, name.upper(): str(folder / "nowhere"), "CI": ci, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)


@pytest.mark.parametrize("name", ["firefox", "chromium"])
def test_at_a_desk_the_tests_in_a_missing_browser_are_skipped_with_a_reason(name: str, tmp_path: Path) -> None:
    done = run_without(name, tmp_path, ci="")
    assert done.returncode == 0, done.stdout
    assert "1 skipped" in done.stdout
    assert f"no {name} is installed; python tests/browser.py gets one, or says how to" in done.stdout


@pytest.mark.parametrize("name", ["firefox", "chromium"])
def test_in_ci_they_fail_with_the_same_reason(name: str, tmp_path: Path) -> None:
    done = run_without(name, tmp_path, ci="true")
    assert done.returncode == 1, done.stdout
    assert "1 error" in done.stdout
    assert f"no {name} is installed; python tests/browser.py gets one, or says how to" in done.stdout
