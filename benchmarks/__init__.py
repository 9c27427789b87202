"""What the README says about speed, measured against its rivals in one run: `python -m benchmarks`, or `make bench`.

Reading order: `timing` (alternating rounds) → `races` (contestants, targets) → `apart` (a process for each in Python)
→ `problems` (the work) → `rivals/` (the same work by others) → `ours`, `in_page` (minigrad's entries) → `tables/`, one
file per table → `browsers`, `machine`, `report`, `plot`, `readme` → `__main__`. In `page/` lies what runs in a browser.

`math_error` stands by itself: how exact the compiled exp, log, tanh … are.
"""
