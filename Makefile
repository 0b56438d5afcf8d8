# The front door. `make` alone lists the commands; docs/install.md says what each needs.

VENV := .venv
BIN := $(VENV)/bin
CODE := api server cli tui tests tools
ARGS :=
WORKERS := 3

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test test-all chaos fuzz check format bench music lock clean libmpv test-programs

help:  ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: $(VENV)/.run libmpv  ## Install what Tonearm needs to run, into .venv

setup-dev: $(VENV)/.dev libmpv test-programs  ## Install what its tests need as well

run: setup  ## Start a demo: server, account, album, player (data in .demo/)
	@$(BIN)/python tools/demo.py $(ARGS)

# All: a module for each worker at a time, as tests wait as much as they compute. A chosen part starts sooner without.
test: setup-dev music  ## Run the tests (ARGS="-k queue" to choose)
	@$(BIN)/pytest $(or $(ARGS),-n $(WORKERS) --dist loadfile)

test-all: check test  ## Run the checks, the tests, the long ones too, and the demo without a terminal
	@$(BIN)/pytest -m long
	@$(MAKE) --no-print-directory run </dev/null

chaos: setup-dev  ## Kill, starve and attack servers of our own for some minutes
	@$(BIN)/pytest -m campaign -s tests/campaigns $(ARGS)

fuzz: setup-dev  ## Send thousands of requests made from the OpenAPI document
	@$(BIN)/pytest -m campaign -s tests/campaigns/test_fuzz.py $(ARGS)

check: $(VENV)/.dev  ## Check format, lint, types and import contracts
	@$(BIN)/ruff format --check --quiet . || { echo "make format would mend this"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy $(CODE)
	@$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev  ## Format the code and mend what the linter can
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

bench: setup-dev  ## Measure Tonearm beside nginx and bare aiohttp (ARGS="stream" to choose)
	@PYTHONPATH=tools $(BIN)/python -m bench $(ARGS)

music: $(VENV)/.run  ## Fetch two freely licensed albums for the tests (.music/)
	@$(BIN)/python tools/music.py

lock: $(VENV)/.dev  ## Resolve the dependencies again (requirements/*.txt)
	@BIN=$(BIN) tools/lock.sh $(ARGS)

clean:  ## Remove .venv, the demo's data, the music and every cache
	rm -rf $(VENV) .demo .music .bench .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find $(CODE) -name __pycache__ -prune -exec rm -rf {} +

# Steps. A stamp is younger than what its step was made from, so that a second run has nothing to do.

LOCK_INPUTS := pyproject.toml requirements/uv.txt tools/setup.sh

$(VENV)/.run: requirements/run.txt $(LOCK_INPUTS)
	@tools/setup.sh $(VENV) requirements/run.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(LOCK_INPUTS)
	@tools/setup.sh $(VENV) requirements/dev.txt
	@touch $@ $(VENV)/.run

# The player needs libmpv at run time, from whichever source; only when there is none, Debian's is installed.
libmpv: | $(VENV)/.run
	@$(BIN)/python tools/find_libmpv.py || tools/system_packages.sh libmpv2

# libatomic1: the driver that Playwright brings is linked against it and nothing else asks for it.
test-programs:
	@tools/system_packages.sh chromium tmux libatomic1 nginx-light openssl postgresql redis-server
