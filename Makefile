# Every target sets itself up in .venv; only Python 3.11+, make and a compiler are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup parity test lint types contracts live bench report clean

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
	$(BIN)/truefill parity run

test: $(READY) ## the whole test suite
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

live: $(READY) ## random cases against the real platform
	$(BIN)/truefill parity live --platform vectorbt --cases 200 --seed 1

bench: $(READY) ## time the engine against vectorbt
	$(BIN)/truefill bench parity

clean:
	rm -rf $(VENV) .peers .cache
