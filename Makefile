# Every target sets itself up in .venv; only Python 3.11+, make and a compiler are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CASES ?= 200
SEED ?= 1

.PHONY: help setup parity test lint types contracts gate record live bench bench-smoke clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "truefill needs Python 3.11 or newer; $$($(PYTHON) --version) was found. Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 3; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

setup: $(READY) ## make the private environment with pinned versions

parity: $(READY) ## replay every stored reference; exit 0 only if all agree
	$(BIN)/truefill parity run --report reports

test: $(READY) ## the whole test suite
	$(BIN)/python -m pytest -n auto

lint: $(READY) ## ruff, both as linter and as formatter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## mypy, strict
	$(BIN)/mypy

contracts: $(READY) ## who may import whom
	$(BIN)/lint-imports

gate: $(READY) ## the same verdicts as an exit code, against the known divergences
	$(BIN)/truefill parity gate

record: $(READY) ## record every reference again from the real platforms
	$(BIN)/truefill parity record

live: $(READY) ## random cases against the real platforms (CASES, SEED, PLATFORM)
	$(BIN)/truefill parity live $(if $(PLATFORM),--platform $(PLATFORM)) --cases $(CASES) --seed $(SEED)

bench: $(READY) ## time the engine against the real platforms, in full
	$(BIN)/truefill bench parity
	$(BIN)/truefill bench parity --platform backtesting_py
	$(BIN)/truefill bench parity --platform backtrader
	$(BIN)/truefill bench parity --platform zipline
	$(BIN)/truefill bench replicate
	$(BIN)/truefill bench engine
	$(BIN)/truefill bench optimizer

bench-smoke: $(READY) ## the same benchmarks, small
	$(BIN)/truefill bench parity --smoke
	$(BIN)/truefill bench parity --platform backtesting_py --smoke
	$(BIN)/truefill bench parity --platform backtrader --smoke
	$(BIN)/truefill bench parity --platform zipline --smoke
	$(BIN)/truefill bench replicate --smoke
	$(BIN)/truefill bench engine --smoke
	$(BIN)/truefill bench optimizer --smoke

clean: ## remove everything that was set up or built
	rm -rf $(VENV) .peers .cache
