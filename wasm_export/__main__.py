"""`python -m wasm_export RUN --out page.html`: a run becomes a page on which its network trains.

`--show program|fused|loops|wat` prints, instead, a form of one of the functions that the page runs.
"""

import argparse
import sys
from pathlib import Path

from minigrad import console, runs
from minigrad.files import FileError
from wasm_export.compile import show
from wasm_export.site.archive import FORMS, run_programs
from wasm_export.site.export import check, networks_of, optimizer_of, write_page


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns the exit status: 0, or 2 for an error."""
    options = parser().parse_args(argv)
    if not (options.out or options.show):
        parser().error("say what to make: --out PAGE.html writes the page, --show FORM prints a function")
    try:
        path = page_path(options.out) if options.out else None
        run = runs.load(options.run)
        check(run)
        if options.show:
            print(shown(run, options.function, options.show))
        if path:
            parts = write_page(run, path)
            listed = ", ".join(f"{title} {size / 1e3:.0f}" for title, size in parts.items())
            print(f"{sum(parts.values()) / 1e3:.0f} KB: {listed}")
            print(path)
    except FileError as error:
        print(f"wasm_export: error: {error}", file=sys.stderr)
        return 2
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="python -m wasm_export", description=__doc__.split("\n")[0])
    result.add_argument("run", metavar="RUN", type=Path, help="the run folder, as `python -m minigrad train` makes it")
    result.add_argument("--out", metavar="PATH", help="the page: a file, or a folder that then gets an index.html")
    result.add_argument("--show", choices=FORMS, help="print this form of a function")
    result.add_argument("--function", metavar="NAME", help="which function to show (default: the first)")
    return result


def page_path(out: str) -> Path:
    """The page's file; a folder stands for the index.html in it, and is made if its name ends in a slash.

    Raises:
        FileError: the folder cannot be made, or is not there.
    """
    path = Path(out)
    if out.endswith("/"):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"cannot make the folder {path}: {error.strerror}") from error
    path = path / "index.html" if path.is_dir() else path
    if not path.parent.is_dir():
        raise FileError(f"cannot write {path}: there is no folder {path.parent}")
    return path


def shown(run: runs.Run, function: str | None, form: str) -> str:
    """A form of one of the functions of the run's network.

    Raises:
        FileError: there is no such function.
    """
    functions = run_programs(networks_of(run)[0], run.config["classes"], optimizer_of(run))
    function = function or next(iter(functions))
    if function not in functions:
        raise FileError(f"there is no function {function!r}; there are {', '.join(functions)}")
    return show(functions[function], form)


if __name__ == "__main__":
    console.run(main)
