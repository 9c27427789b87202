"""The JavaScript by itself: unit tests under Node, types by TypeScript, names that can share one script."""

import os
import re
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from minigrad import optim
from tests.page.tools import node, npm_package
from wasm_export.compile import compile
from wasm_export.site import bundle, palette
from wasm_export.site.archive import run_programs

FOLDER = Path(__file__).parent
UNITS = sorted((FOLDER / "unit").glob("*.test.js"))


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module of a small run's own network: ReLU, one hidden layer, three classes."""
    path = tmp_path_factory.mktemp("module") / "relu-1-3.wasm"
    path.write_bytes(compile(run_programs(("relu", 1), 3, optim.sgd())).wasm)
    return path


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_units(file: Path, module: Path) -> None:
    command = [node(), "--test", str(file)]
    environment = {**os.environ, "MODULE": str(module)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout


def test_types() -> None:
    compiler = npm_package("typescript") / "bin" / "tsc"
    done = subprocess.run([node(), compiler, "--project", FOLDER], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_file_is_part_of_the_page() -> None:
    files = bundle.sources()
    assert sorted(bundle.in_import_order(files)) == sorted(files)


def test_joined_script_has_no_imports_and_defines_each_name_once() -> None:
    script = bundle.join(bundle.sources())
    assert "\nimport " not in script
    assert "\nexport " not in script


def test_a_name_that_exists_twice_is_an_error() -> None:
    files = {
        "main.js": 'import { f } from "./a.js";\nfunction g() {}\n',
        "a.js": "export function f() {}\nconst g = 1;\n",
    }
    with pytest.raises(ValueError, match=r"a\.js and main\.js both define g"):
        bundle.join(files)


def test_a_circle_of_imports_is_an_error() -> None:
    files = {"main.js": 'import { f } from "./a.js";\n', "a.js": 'import { g } from "./main.js";\n'}
    with pytest.raises(ValueError, match=r"circle: main\.js → a\.js → main\.js"):
        bundle.join(files)


def test_an_import_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"main\.js imports b\.js"):
        bundle.join({"main.js": 'import { f } from "./b.js";\n'})


def test_lines_of_comment_go_and_code_beside_a_comment_stays() -> None:
    script = "// head\n/**\n * doc\n */\nexport function f() {\n"
    script += "  // why\n  /** @type {X} */ (g).h();\n  return 1; // here\n}\n"
    joined = bundle.join({"main.js": script})
    assert joined == "// main.js\nfunction f() {\n  /** @type {X} */ (g).h();\n  return 1; // here\n}\n"


@pytest.mark.parametrize(("ground", "theme"), list(palette.THEMES.items()))
def test_the_style_sheet_has_the_colours_of_the_palette(ground: str, theme: palette.Theme) -> None:
    light, dark = (bundle.PAGE / "look.css").read_text().split("@media (prefers-color-scheme: dark)")
    declared = dict(re.findall(r"--([\w-]+): (#\w+);", {"light": light, "dark": dark.split("}")[0]}[ground]))
    for name, colour in asdict(theme).items():
        assert declared[name] == colour.lower(), name
