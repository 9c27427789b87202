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
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "tests.conftest", "--rootdir", folder, folder]
    environment = {**os.environ, name.upper(): str(folder / "nowhere"), "CI": ci, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)


@pytest.mark.parametrize(("ci", "code", "outcome"), [("", 0, "1 skipped"), ("true", 1, "1 error")], ids=["desk", "ci"])
@pytest.mark.parametrize("name", ["firefox", "chromium"])
def test_tests_in_a_missing_browser_are_skipped_at_a_desk_and_fail_in_ci_with_the_same_reason(
    name: str, ci: str, code: int, outcome: str, tmp_path: Path
) -> None:
    done = run_without(name, tmp_path, ci)
    assert done.returncode == code, done.stdout
    assert outcome in done.stdout
    assert f"no {name} is installed; python tests/browser.py gets one, or says how to" in done.stdout
