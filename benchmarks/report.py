"""Results as text to read and as JSON to keep.

Reading order: … → `machine` → **report** → `plot`, `readme` → `__main__`
"""

import json
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.races import Contestant, Race, Target
from benchmarks.timing import Times, ratio
from minigrad.files import atomic

RESULTS = Path(__file__).parent / "results"
SCALES = {"s": 1.0, "ms": 1e3, "µs": 1e6}


def race_result(race: Race, times: Times, agent: str | None, absent: dict[str, str]) -> dict[str, Any]:
    """A race as JSON. `absent` says, by name, why a contestant has no times; `agent` is the browser's own name."""
    return {
        "title": race.title,
        "place": race.place,
        "agent": agent,
        "unit": race.unit,
        "contestants": [contestant_result(c, times, absent) for c in race.contestants],
        "targets": [target_result(t, times) for t in race.targets],
        "notes": list(race.notes),
    }


def contestant_result(contestant: Contestant, times: Times, absent: dict[str, str]) -> dict[str, Any]:
    """Median and all rounds in seconds, the ratio to the first contestant, and the rate; or why there are none."""
    name = contestant.name
    if name not in times:
        return {"name": name, "absent": absent[name]}
    middle = median(times[name])
    rate = contestant.flops / middle / 1e9 if contestant.flops else None
    ratio_to_first = ratio(times, name, next(iter(times)))
    return {"name": name, "median": middle, "ratio": ratio_to_first, "gflops": rate, "rounds": list(times[name])}


def target_result(target: Target, times: Times) -> dict[str, Any]:
    """What was reached; `value` is None where a contestant that it needs is absent."""
    value = target.value(times) if all(name in times for name in target.needs) else None
    met = None if value is None else target.met(value)
    known = {"what": target.what, "sense": target.sense, "bound": target.bound, "unit": target.unit}
    return {**known, "needs": list(target.needs), "duel": target.duel, "value": value, "met": met}


def text(result: dict[str, Any]) -> str:
    """A race's table: median, ratio to the first line, rate; then the targets."""
    lines = ["", f"{result['title']}; {result['place']}"]
    for c in result["contestants"]:
        if "absent" in c:
            lines.append(f"  {c['name']:34} –  {c['absent']}")
            continue
        rate = f"{c['gflops']:8.1f} GFLOP/s" if c["gflops"] else ""
        lines.append(f"  {c['name']:34} {shown(c['median'], result['unit']):>14}  × {c['ratio']:<7.3g}{rate}".rstrip())
    lines += [f"  {target_text(t)}" for t in result["targets"]]
    return "\n".join([*lines, *(f"  ({note})" for note in result["notes"])])


def target_text(target: dict[str, Any]) -> str:
    """Such as "met     minigrad: time ÷ hand-tuned SIMD: 0.98 × (≤ 1 ×)"."""
    bound = f"({target['sense']} {target['bound']:g}{unit(target)})"
    if target["value"] is None:
        return f"not measured  {target['what']} {bound}"
    return f"{'met   ' if target['met'] else 'MISSED'}  {target['what']}: {target['value']:.3g}{unit(target)} {bound}"


def unit(target: dict[str, Any]) -> str:
    """The unit behind a number."""
    return f" {target['unit']}" if target["unit"] else ""


def shown(seconds: float, unit: str) -> str:
    """A time in a unit, to three digits."""
    value = seconds * SCALES[unit]
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def save(table: str, result: dict[str, Any], folder: Path) -> Path:
    """Writes a table's JSON, rounds included."""
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / f"{table}.json"
    with atomic(out) as file:
        file.write_text(json.dumps(rounded(result), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return out


def rounded(value: Any) -> Any:
    """The same tree with numbers of six digits."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: rounded(child) for key, child in value.items()}
    return [rounded(child) for child in value] if isinstance(value, list) else value
