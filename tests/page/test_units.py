"""The JavaScript by itself: unit tests under Node, types by TypeScript, names that can share one script."""

import os
import re
import subprocess
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import wasmtime

from minigrad import optim
from minigrad.dims import Dim, dims
from tests.page.tools import node, npm_package
from wasm_export.compile import compile
from wasm_export.encode import encode
from wasm_export.site import archive, bundle, palette, recorded
from wasm_export.site.archive import run_programs
from wasm_export.wat import wat

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
    # Compiling in the background, Node 20 was once seen to wait for itself for ever.
    command = [node(), "--single-threaded", str(file)]
    environment = {**os.environ, "MODULE": str(module)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)
    assert done.returncode == 0, done.stdout


def run_script(script: str, *arguments: str) -> bytes:
    """What a module script writes; it may import the page's files."""
    command = [node(), "--input-type=module", "--eval", script, *arguments]
    done = subprocess.run(command, capture_output=True, check=False, cwd=bundle.PAGE)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


UNPACK = """
import { readFileSync } from "node:fs";
import { decodeLzma } from "./lzma.js";
const [file, size] = process.argv.slice(1);
process.stdout.write(decodeLzma(readFileSync(file), Number(size)));
"""


@pytest.mark.parametrize("kind", ["text", "noise", "zeros", "module", "one byte"])
def test_lzma_gives_back_what_python_packed(kind: str, module: Path, tmp_path: Path) -> None:
    content = {
        "text": "".join(bundle.sources().values()).encode(),
        "noise": np.random.default_rng(0).bytes(3000) * 2,
        "zeros": bytes(100_000),
        "module": module.read_bytes(),
        "one byte": b"x",
    }[kind]
    (tmp_path / "packed").write_bytes(archive.tightly(content))
    assert run_script(UNPACK, str(tmp_path / "packed"), str(len(content))) == content


PRINT = """
import { readFileSync } from "node:fs";
import { FunctionPrinter } from "./wat.js";
import { readModule } from "./binary.js";
const [module, names, opcodes] = process.argv.slice(1).map((file) => readFileSync(file));
const functions = readModule(module, JSON.parse(names));
const texts = functions.map((one) => new FunctionPrinter(functions, JSON.parse(opcodes)).print(one).join("\\n"));
console.log(`(module (memory (export "memory") 1)\\n${texts.join("\\n")})`);
"""


@pytest.mark.parametrize(("network", "classes"), [(("relu", 1), 3), (("tanh", 2), dims("c")[0]), (("gelu", 1), 4)])
def test_the_wat_of_the_page_is_that_of_python_and_assembles_to_the_same_code(
    network: archive.Network, classes: int | Dim, tmp_path: Path
) -> None:
    module = compile(recorded.programs(network[1], network[0], classes, optim.adam()))
    (tmp_path / "module").write_bytes(module.wasm)
    (tmp_path / "names").write_bytes(archive.as_json(archive.names(module.module)))
    (tmp_path / "opcodes").write_bytes(archive.as_json(archive.opcodes()))
    text = run_script(PRINT, *(str(tmp_path / name) for name in ("module", "names", "opcodes"))).decode()
    code = encode(replace(module.module, data=(), custom={}, pages=1))
    assert wasmtime.wat2wasm(text)[: len(code)] == code  # what follows are names
    printed = re.findall(r"\(func .*(?:\n.*)*", wat(replace(module.module, data=(), custom={})))[0]
    assert text.count(";;") == printed.count(";;") > 20
    assert words_of(text) == words_of(printed)


def words_of(text: str) -> list[str]:
    """The words of functions without line breaks and brackets, numbers alike however they are written."""
    found = re.sub(r"[\s()]+", " ", text[text.index("(func") :]).split()
    return [str(float(word) % 2**32) if re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", word) else word for word in found]


def test_types() -> None:
    compiler = npm_package("typescript") / "bin" / "tsc"
    done = subprocess.run([node(), compiler, "--project", FOLDER], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_file_is_part_of_the_page() -> None:
    files = bundle.sources()
    assert sorted([bundle.LOADER, *bundle.in_import_order(files)]) == sorted(files)


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
