"""The README's figures, made of the stored results, so that they cannot say anything else.

Reading order: … → `report` → `plot`, **readme** → `__main__`
"""

import json
from pathlib import Path
from typing import Any

from benchmarks.report import shown, unit
from benchmarks.tables import TABLES
from minigrad.files import FileError, atomic

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
PLACES = {"python": "Python", "chromium": "Chromium", "firefox": "Firefox"}


def write(folder: Path, readme: Path = README) -> Path:
    """Puts the figures between the README's two markers.

    Raises:
        FileError: the markers are missing.
    """
    before, _, after = split(readme)
    with atomic(readme) as file:
        file.write_text(f"{before}{BEGIN}\n{block(load(folder))}{END}{after}", encoding="utf-8")
    return readme


def split(readme: Path) -> tuple[str, str, str]:
    """What stands before, between and after the markers."""
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    between, end, after = rest.partition(END)
    if not (begin and end):
        raise FileError(f"{readme}: the lines {BEGIN} and {END} that the figures go between are missing")
    return before, between.removeprefix("\n"), after


def load(folder: Path) -> dict[str, Any]:
    """The stored tables by name, in reading order."""
    files = {name: folder / f"{name}.json" for name in TABLES}
    return {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items() if file.exists()}


def block(tables: dict[str, Any]) -> str:
    """The figures as Markdown; nothing when nothing was measured."""
    if not tables:
        return ""
    parts = [conditions(tables), "The last column says what was asked for."]
    if "spiral_step" in tables:
        parts.append(f"![{tables['spiral_step']['title']}](benchmarks/results/spiral_step.svg)")
    parts += [duels(table) for table in tables.values()]
    parts.append(numbers(tables))
    return "\n\n".join(part for part in parts if part) + "\n"


def conditions(tables: dict[str, Any]) -> str:
    """Machine, dates and rounds in a sentence."""
    machines = {(t["machine"]["cpu"], t["machine"]["cores"], t["machine"]["system"]) for t in tables.values()}
    where = "; ".join(f"{cpu}, {cores} cores, {system}" for cpu, cores, system in sorted(machines))
    dates = sorted({t["machine"]["date"][:10] for t in tables.values()})
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    rounds = " or ".join(map(str, sorted({t["rounds"] for t in tables.values()})))
    return (
        f"Measured by `make bench` on {where}, {when}: medians of {rounds} alternating rounds, ratios round by round."
    )


def duels(table: dict[str, Any]) -> str:
    """A table of ours against rivals; empty when it has none."""
    rows = [
        duel(race, target, label(race, table))
        for race in table["races"]
        for target in race["targets"]
        if target["duel"] and target["value"] is not None
    ]
    header = [f"**{table['title']}**", "", "| | minigrad | rival | rival ÷ minigrad | asked |", "|---|---|---|---|---|"]
    return "\n".join([*header, *rows]) if rows else ""


def label(race: dict[str, Any], table: dict[str, Any]) -> str:
    """What tells a race from the others of its table."""
    place = PLACES[race["place"]]
    return place if race["title"] == table["title"] else f"{race['title'].removeprefix('Training step, ')}, {place}"


def duel(race: dict[str, Any], target: dict[str, Any], name: str) -> str:
    """A row: both times, how many times faster ours is, and was to be."""
    ours, rival = (next(c for c in race["contestants"] if c["name"] == needed) for needed in target["needs"])
    mine, theirs = shown(ours["median"], race["unit"]), shown(rival["median"], race["unit"])
    faster, asked = target["value"], target["bound"]
    if target["sense"] == "≤":
        faster, asked = 1 / faster, 1 / asked
    how = ours["name"].removeprefix("minigrad").strip()
    ours_cell = f"{mine} ({how})" if how else mine
    return f"| {name} | {ours_cell} | {theirs} ({rival['name']}) | {faster:.3g} | ≥ {asked:.2g} |"


def numbers(tables: dict[str, Any]) -> str:
    """A table of the other targets."""
    rows = []
    for race in (race for table in tables.values() for race in table["races"]):
        for target in race["targets"]:
            if not target["duel"] and target["value"] is not None:
                what, end = target["what"].removeprefix("minigrad: "), unit(target)
                asked = f"{target['sense']} {target['bound']:g}{end}"
                rows.append(f"| {race['title']}: {what} | {target['value']:.3g}{end} | {asked} |")
    return "\n".join(["**And**", "", "| | measured | asked |", "|---|---|---|", *rows]) if rows else ""
