"""Programs that tests of the page need: Node, and packages from npm."""

import shutil
import subprocess
from pathlib import Path

import playwright
import pytest

FOLDER = Path(__file__).parent


def node() -> str:
    """An installed Node, or the one that Playwright brings."""
    return shutil.which("node") or str(Path(playwright.__file__).parent / "driver" / "node")


def npm_package(name: str) -> Path:
    """The folder of a package that `package.json` asks for, installed when it is not yet there."""
    folder = FOLDER / "node_modules" / name
    if not folder.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip(f"npm is not installed, so {name} cannot be")
        subprocess.run([npm, "ci", "--silent", "--no-audit", "--no-fund"], cwd=FOLDER, check=True)
    return folder
