"""TensorFlow.js from npm, in a folder that git ignores: what a page needs of it, and the versions."""

import functools
import shutil
import subprocess
from pathlib import Path

from benchmarks.races import Unavailable

NAME = "TensorFlow.js wasm"
VERSION = "4.22.0"
PACKAGES = ("tfjs", "tfjs-backend-wasm")
CACHE = Path(__file__).parent / ".cache"


@functools.cache
def folder() -> Path:
    """The folder that holds the packages, installed there by npm the first time.

    Raises:
        Unavailable: there is no npm, or it cannot install them.
    """
    packages = CACHE / "node_modules/@tensorflow"
    if all((packages / name / "dist").is_dir() for name in PACKAGES):
        return packages
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is needed to get it, and is not installed")
    CACHE.mkdir(exist_ok=True)
    wanted = [f"@tensorflow/{name}@{VERSION}" for name in PACKAGES]
    command = [npm, "install", "--prefix", str(CACHE), "--no-audit", "--no-fund", "--ignore-scripts", *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"npm cannot install it: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    return packages
