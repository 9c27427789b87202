# make demo      train the spiral, check it against JAX, animate it, export the page (everything lands in demo/)
# make test      lint, types, and every test: unit, property, doctest, browser
# make sabotage  break every gradient rule, shape rule and pass in turn, and require that the tests notice
# make lint      ruff and mypy alone
# make bench     measure every figure of the README against its rivals, on a quiet machine (a few minutes)
# make clean     remove what these made, the virtual environment included

PYTHON ?= python3
PY := .venv/bin/python
DEMO := demo

.PHONY: demo test sabotage lint bench clean

demo: .venv/.demo
	rm -rf $(DEMO)
	$(PY) -m minigrad train --preset cs231n --out $(DEMO)/run
	$(PY) -m jax_ref $(DEMO)/run > $(DEMO)/jax_check.txt; status=$$?; cat $(DEMO)/jax_check.txt; exit $$status
	$(PY) -m viz $(DEMO)/run --out $(DEMO)/spiral.mp4
	$(PY) -m wasm_export $(DEMO)/run --out $(DEMO)/spiral.html
	@echo
	@$(PY) -m minigrad show $(DEMO)/run
	@echo "run folder   $(DEMO)/run"
	@echo "JAX check    $(DEMO)/jax_check.txt"
	@echo "animation    $(DEMO)/spiral.mp4"
	@echo "page         $(DEMO)/spiral.html   (open it by a double click)"

test: lint
	$(PY) tests/browser.py
	$(PY) -m pytest -n auto

sabotage: .venv/.dev
	$(PY) -m tests.sabotage

lint: .venv/.dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

# Rivals that are not installed are named in the tables; PyTorch is large, so it is left to you:
#   .venv/bin/python -m pip install --editable ".[bench-torch]"
bench: .venv/.bench
	$(PY) -m benchmarks --readme $(BENCH)

clean:
	rm -rf .venv $(DEMO) benchmarks/.cache build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: each is newer than pyproject.toml once what it names is installed, so a second call installs nothing.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "minigrad needs Python 3.11 or later; say which with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv || { rm -rf .venv; echo "python3 cannot make a virtual environment; on Debian: apt-get install python3-venv"; exit 1; }

.venv/.demo: pyproject.toml | .venv/bin/python
	$(PY) -m pip install --quiet --editable ".[jax,viz,wasm]"
	@touch $@

.venv/.bench: pyproject.toml | .venv/.demo
	$(PY) -m pip install --quiet --editable ".[bench]"
	@touch $@

.venv/.dev: pyproject.toml | .venv/.demo
	$(PY) -m pip install --quiet --editable ".[dev]"
	@touch $@
