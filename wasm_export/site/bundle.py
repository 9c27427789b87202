"""The page's source files joined into one document: plain ES modules in, one hashed script out.

Reading order: … recorded → **bundle** → archive → export → the command in `wasm_export/__main__`

The script is deflated in the document, to a quarter; a loader inflates it and puts it into the page as it is, which the
content security policy allows because it names the script's hash.

Inline modules cannot import each other in a file that is opened from disk, so the modules of `page/` are put in the
order of their imports and lose their `import` lines, the word `export` and the lines that are comments. That is sound
because each top-level name exists once over all files, and only names of files of the same folder are imported, under
their own names.
"""

import base64
import hashlib
import re
import zlib
from collections.abc import Mapping
from pathlib import Path

PAGE = Path(__file__).parent.parent / "page"
LOADER = "loader.js"
ENTRY = "main.js"
STYLES = ("look.css", "layout.css")

IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
COMMENT = re.compile(r"^[ ]*(?://.*|/\*\*(?:(?!\*/)[\s\S])*\*/)\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) )", re.MULTILINE)
TOP_LEVEL = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)
PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


def sources() -> dict[str, str]:
    """The JavaScript files of the page by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(PAGE.glob("*.js"))}


def in_import_order(files: Mapping[str, str], entry: str = ENTRY) -> list[str]:
    r"""The names of `entry` and all that it imports, each after what it imports itself.

    >>> in_import_order({"main.js": 'import { f } from "./a.js";\n', "a.js": "export function f() {}\\n"})
    ['a.js', 'main.js']

    Raises:
        ValueError: an import of a file that is not there, or a circle of imports.
    """
    ordered: list[str] = []
    open_files: list[str] = []

    def visit(name: str) -> None:
        if name in ordered:
            return
        if name in open_files:
            raise ValueError(f"the page's modules import each other in a circle: {' → '.join([*open_files, name])}")
        if name not in files:
            raise ValueError(f"{open_files[-1] if open_files else 'the page'} imports {name}, which is not there")
        open_files.append(name)
        for match in IMPORT.finditer(files[name]):
            visit(match[2])
        open_files.pop()
        ordered.append(name)

    visit(entry)
    return ordered


def join(files: Mapping[str, str], entry: str = ENTRY) -> str:
    """One script with what `entry` and its imports say.

    Raises:
        ValueError: an import that cannot be followed, or a top-level name that exists twice.
    """
    owners: dict[str, str] = {}
    parts = []
    for name in in_import_order(files, entry):
        for match in TOP_LEVEL.finditer(files[name]):
            if match[1] in owners:
                raise ValueError(f"{owners[match[1]]} and {name} both define {match[1]}")
            owners[match[1]] = name
        parts.append(f"// {name}\n" + EXPORT.sub("", COMMENT.sub("", IMPORT.sub("", files[name]))).lstrip())
    return "\n".join(parts)


def policy(script: str, style: str, *more: str) -> str:
    """The content security policy: these scripts, this style, compiled WebAssembly, and no request at all."""
    hashes = " ".join(f"'{_hash(text)}'" for text in (script, *more))
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {hashes} 'wasm-unsafe-eval'",
            f"style-src '{_hash(style)}'",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def document(texts: Mapping[str, str]) -> str:
    """The page with its script, its style, and `texts` in the places that `index.html` names.

    `texts` are put in as they stand: who gives them has made them safe for where they go.
    """
    files = sources()
    script, loader = join(files), join(files, LOADER)
    style = "\n".join((PAGE / name).read_text(encoding="utf-8") for name in STYLES)
    own = {
        "script": deflated(script.encode("utf-8")),
        "loader": loader,
        "style": style,
        "policy": policy(script, style, loader),
    }
    template = (PAGE / "index.html").read_text(encoding="utf-8")
    return PLACEHOLDER.sub(lambda match: {**own, **texts}[match[1]], template)


def deflated(content: bytes) -> str:
    """The base64 of the deflated bytes, as the page inflates them."""
    return base64_of(zlib.compress(content, 9))


def base64_of(content: bytes) -> str:
    """The base64 of the bytes."""
    return base64.b64encode(content).decode("ascii")


def _hash(text: str) -> str:
    return "sha256-" + base64_of(hashlib.sha256(text.encode("utf-8")).digest())
