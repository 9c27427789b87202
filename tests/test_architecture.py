"""The house: imports point down only, and each package needs only what its floor may use."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "minigrad": {"numpy", "safetensors", "threadpoolctl", "tqdm"},
    "jax_ref": {"minigrad", "numpy", "jax", "tqdm"},
    "wasm_export": {"minigrad", "numpy", "wasmtime", "tqdm"},
    # The last three come with matplotlib, and are declared beside it.
    "viz": {"minigrad", "wasm_export", "numpy", "matplotlib", "imageio_ffmpeg", "tqdm", "PIL", "contourpy", "cycler"},
}
FILES = [(package, file) for package in ALLOWED for file in sorted((ROOT / package).rglob("*.py"))]


def imports(node: ast.AST) -> set[str]:
    """The top-level packages that the code under `node` imports."""
    found = set()
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            found |= {alias.name.split(".")[0] for alias in child.names}
        elif isinstance(child, ast.ImportFrom):
            found.add((child.module or "").split(".")[0])
    return found - set(sys.stdlib_module_names)


@pytest.mark.parametrize(("package", "file"), FILES, ids=[str(file.relative_to(ROOT)) for _, file in FILES])
def test_imports_point_down(package: str, file: Path) -> None:
    used = imports(ast.parse(file.read_text()))
    assert used <= ALLOWED[package] | {package}


def test_the_compiler_needs_wasmtime_only_to_run() -> None:
    for file in (ROOT / "wasm_export").rglob("*.py"):
        at_import = {name for node in ast.parse(file.read_text()).body for name in top_imports(node)}
        assert "wasmtime" not in at_import, f"{file.name} imports wasmtime before anything is run"


def top_imports(node: ast.stmt) -> set[str]:
    return imports(node) if isinstance(node, ast.Import | ast.ImportFrom) else set()
