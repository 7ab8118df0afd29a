# The two commands of a new user are `make demo` and `make test`; both set up what they need.
# PYTHON names the interpreter for the virtual environment (3.11 or newer).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt
PACKAGES := bot handlers knowledge storage

.PHONY: all setup demo check fix test test-crashes bench clean
all: check test

setup: $(VENV)/developing

# torch first: asked for by name and pinned, pip takes the build that is configured (see README) and nothing larger.
$(VENV)/running: constraints.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) torch
	$(PIP) --editable .
	touch $@

$(VENV)/developing: $(VENV)/running
	$(PIP) --editable '.[dev]'
	touch $@

demo: $(VENV)/running
	@$(BIN)/lotsenfunk demo

check: $(VENV)/developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PACKAGES) tests
	$(BIN)/lint-imports

fix: $(VENV)/developing
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: $(VENV)/developing
	$(BIN)/python -m pytest

# Fifty kills at random moments take some ten minutes; `make test` does five.
test-crashes: $(VENV)/developing
	LOTSENFUNK_TEST_CRASHES=50 $(BIN)/python -m pytest tests/integration/test_crashes.py --timeout 1800

bench: $(VENV)/developing
	$(BIN)/python tests/benchmarks/run.py $(BENCH)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
