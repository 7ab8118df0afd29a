# The two commands of a new user are `make demo` and `make test`; both set up what they need.
# PYTHON names the interpreter for the virtual environment (3.11 or newer).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt
PACKAGES := bot handlers knowledge storage
ELEMENT := tests/servers/element_web
PLAYGROUND := tests/servers/playground

# Some images set this: then each process would compile all modules again, and each run of tests rewrite all assertions.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: all setup demo check fix test test-crashes test-faults bench clean
all: check test

setup: $(VENV)/developing

# torch first: asked for by name and pinned, pip takes the build that is configured (see README) and nothing larger.
$(VENV)/running: constraints.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) torch
	$(PIP) --editable .
	touch $@

# Both at once: one after the other, pip would look at everything twice.
$(VENV)/developing: constraints.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) torch
	$(PIP) --editable '.[dev]'
	touch $(VENV)/running $@

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

# Three files at a time: tests mostly wait for their servers. Each worker has servers and a model of its own (1.5 GB).
# A file stays in one piece, as its tests may share a bot; in this order many short files come last and fill the time.
test: $(VENV)/developing $(ELEMENT)/node_modules $(PLAYGROUND)/node_modules
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

# The tests' Matrix client; without npm its tests are skipped.
$(ELEMENT)/node_modules: $(ELEMENT)/package.json
	@if command -v npm >/dev/null; then cd $(ELEMENT) && npm ci && touch node_modules; \
	else echo "npm is missing, so the tests with a real Matrix client are skipped."; fi

# The tests' Teams; it needs chromium, too, or its tests are skipped.
$(PLAYGROUND)/node_modules: $(PLAYGROUND)/package.json
	@if command -v npm >/dev/null; then cd $(PLAYGROUND) && npm ci && touch node_modules; \
	else echo "npm is missing, so the tests with a look-alike of Teams are skipped."; fi

# Fifty kills at random moments take some ten minutes; `make test` does two.
test-crashes: $(VENV)/developing
	LOTSENFUNK_TEST_CRASHES=50 $(BIN)/python -m pytest tests/integration/test_crashes.py --timeout 1800

# Twenty trials of each fault, with the table of what was lost or doubled, take some half an hour; `make test` does one.
test-faults: $(VENV)/developing $(ELEMENT)/node_modules
	LOTSENFUNK_TEST_FAULTS=20 $(BIN)/python -m pytest tests/integration/test_fault_table.py -rP

bench: $(VENV)/developing
	$(BIN)/python tests/benchmarks/run.py $(BENCH)

clean:
	rm -rf $(VENV) $(ELEMENT)/node_modules $(PLAYGROUND)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
