# Everything a user or CI runs. `make help` lists it.
SHELL := /bin/sh
PYTHON ?= $(shell command -v /usr/bin/python3 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP = $(BIN)/python -m pip install -q --disable-pip-version-check
PREFIX ?= /usr/local

.PHONY: help demo test test-full check unit tools lint types docs site generated snippets series native vm \
	conformance course install uninstall clean coverage

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | expand -t 14

# The extras are pinned in pyproject.toml; the stamp is older than it when they have changed.
$(VENV)/.runtime: pyproject.toml
	@sh tools/deps.sh demo
	@echo "Making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) -e . >$(VENV)/pip.log 2>&1 || { cat $(VENV)/pip.log; exit 1; }
	@touch $@

$(VENV)/.all: pyproject.toml $(VENV)/.runtime
	@echo "Installing the tools for tests and docs"
	@$(PIP) -e '.[test,docs,dev]' >$(VENV)/pip.log 2>&1 || { cat $(VENV)/pip.log; exit 1; }
	@touch $@

demo: $(VENV)/.runtime ## a container's life in front of your eyes
	@if [ "$$(id -u)" = 0 ]; then \
		sh tools/demo.sh $(BIN)/python; \
	else \
		sh tools/deps.sh lab && $(PYTHON) -m lab run -- sh tools/demo.sh /usr/bin/python3; \
	fi

# Jobs wait for programs and browsers about as long as they compute, so that two processors carry
# three; each says what it has done when it is done.
JOBS = $(MAKE) --no-print-directory -j3 --output-sync=target
QUICK = unit tools lint types generated

check: $(VENV)/.all ## the quick loop: no VM, no root, a minute
	@$(JOBS) $(QUICK)

unit: $(VENV)/.all
	OCI_SCHEMA_DIR="$$(sh tools/oracle.sh)" $(BIN)/python -m pytest -q tests/unit

tools: $(VENV)/.all
	$(BIN)/python -m pytest -q tests/tools

coverage: $(VENV)/.all ## what the unit tests cover of the pure packages; fails below 95 %
	OCI_SCHEMA_DIR="$$(sh tools/oracle.sh)" $(BIN)/python -m coverage run -m pytest -q tests/unit
	@status=0; for package in plan spec seccomp; do \
		[ ! -d anocir/$$package ] || \
		$(BIN)/python -m coverage report --include "anocir/$$package/*" || status=1; \
	done; exit $$status

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

snippets: $(VENV)/.all
	$(BIN)/python -m tools.snip

generated: snippets
	$(BIN)/python -m tools.schema_table --check
	$(BIN)/python -m tools.reference --check
	$(BIN)/python -m tools.stub --check
	$(BIN)/python -m tools.parts check
	$(BIN)/python -m tools.parts series --check
	$(BIN)/python -m tools.snip --check
	$(BIN)/python -m tools.mdlint

series: $(VENV)/.all ## the branch `series` with a commit and a tag for each part
	$(BIN)/python -m tools.parts series

site: snippets ## build the site in site/
	$(BIN)/python -m mkdocs build --strict --quiet

docs: site ## build the site and try it in a real browser
	@sh tools/deps.sh docs
	$(BIN)/python -m tools.links
	$(BIN)/python -m tools.browser

course: $(VENV)/.all ## the exercises: the starter fails, the solution passes
	$(BIN)/python -m pytest -q tests/course

test: $(VENV)/.all ## all of this, in the lab VM too (20 minutes)
	@sh tools/deps.sh demo test lab docs
	@echo "Running course, docs and check, three jobs at a time"
	@$(JOBS) course docs $(QUICK)
	$(MAKE) --no-print-directory vm

vm: $(VENV)/.all ## integration tests and checks in the lab VM, on cgroup v2 and v1
	PYTHON=$(CURDIR)/$(BIN)/python sh tools/vmtests.sh

native: $(VENV)/.all ## every integration test on this machine, as root
	$(BIN)/python -m pytest -q tests/integration

test-full: $(VENV)/.all test ## all that takes longer: both images, every sabotage, long races (hours)
	$(BIN)/python -m pytest -q tests/checker
	FULL=1 sh tools/vmtests.sh

conformance: $(VENV)/.all ## the OCI validation suite against anocir, runc and crun; needs Go
	@sh tools/deps.sh lab
	$(BIN)/python -m tools.conformance

install: $(VENV)/.runtime ## put the launcher, man page and completions under PREFIX
	$(BIN)/python tools/install.py --prefix $(PREFIX)

uninstall: ## take them away again
	$(PYTHON) tools/install.py --uninstall --prefix $(PREFIX)

clean: ## remove what the targets above have made here
	rm -rf $(VENV) site build .mypy_cache .ruff_cache .pytest_cache .coverage docs/_snippets *.egg-info
