# Everything one does with Headrow. `make` alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Each step of the set-up says what it does, and where it fails what came back and what to do.
STEP = @$(PYTHON) setting_up/step.py
UV = $(BIN)/python setting_up/uv.py
INSTALL = $(UV) pip install --no-deps --build-constraints requirements.txt
REGISTRY = See that this machine reaches PyPI, or the index that pip is set to (pip config list). Then run the same \
command again: it goes on where it stopped.

# Modules are compiled once, and not again by each process that the tests start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install up check test cleanroom faults bench wheel sbom pictures lock lint dev provided words clean tests-of-check tests-of-test

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/installed $(VENV)/dressed ## install Headrow and its locked dependencies into .venv

up: install ## run everything in one process, with the sample programme, on http://localhost:8000
	$(BIN)/headrow up --demo

# Lint beside tests: mypy keeps one processor busy, and the tests wait for the clock now and then.
check: dev ## format, lint, types, imports, and the tests that need no server: under a minute
	@$(MAKE) --no-print-directory -j 2 lint tests-of-check

test: dev provided ## what `check` does, with more examples, and every other test; starts PostgreSQL and RabbitMQ
	@$(MAKE) --no-print-directory -j 2 lint tests-of-test

tests-of-check: dev
	$(BIN)/python -m pytest -q -n 2 -m "not postgresql and not rabbitmq and not slow and not patient" --hypothesis-profile=few

# By file, as the slow tests of a file share what was started; three at once, as those wait as much as they compute.
# TESTS names some of them.
tests-of-test: dev
	$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder $(TESTS)

cleanroom: ## as root: the smallest Debian, nothing else of ours, and in it `make up` to a booked place, and `make check`
	@$(PYTHON) setting_up/cleanroom.py

faults: dev provided ## break everything that can break, for half an hour, and print how long it took to be whole again
	FAULTS_SECONDS=600 $(BIN)/python -m pytest -q tests/faults tests/bus

bench: dev provided ## measure calls, reads and bookings a second, beside what they stand on
	$(BIN)/python -m benchmarks

# Built from nothing, and of the time of the last commit, so that the same files give the same wheel.
wheel: install ## build what others can install, with the pages dressed, into dist/
	@rm -rf build
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct 2>/dev/null || echo 315532800) \
		$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . && ls dist/*.whl
	@rm -rf build

sbom: ## list what it is made of, by the locks, as CycloneDX in dist/sbom.json
	@$(PYTHON) setting_up/sbom.py dist/sbom.json

pictures: dev provided ## take the pictures that README.md shows, with Chromium
	$(BIN)/python -m tests.browser.pictures

lock: $(VENV)/uv ## pin the newest dependencies that pyproject.toml allows, with hashes
	@for extra in "" dev; do \
		$(UV) pip compile pyproject.toml $${extra:+--extra $$extra} --upgrade --universal \
			--python-version 3.11 --generate-hashes --no-header --quiet \
			--output-file requirements$${extra:+-$$extra}.txt || exit 1; \
	done
	@echo uv | $(UV) pip compile - --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --quiet --output-file setting_up/uv.txt

words: dev ## write down the sentences of our letters, for translators
	cd services/notifications && ../../$(BIN)/pybabel -q extract -F locale/babel.cfg --no-location --sort-output \
		--omit-header -o locale/letters.pot .

clean: ## remove what was made, save the data in var/
	rm -rf $(VENV) assets/node_modules gateway/web/pages/static/built build dist htmlcov .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -rf *.egg-info
	find services gateway setting_up benchmarks tests -name __pycache__ -type d -prune -exec rm -rf {} +

lint: dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

dev: $(VENV)/installed-dev $(VENV)/dressed

# Before any test runs, so that no two of them install at once.
provided: dev
	@$(BIN)/python -m tests.servers.provide

# Stamps: each is newer than the files that it was made from, so that nothing is installed twice.
$(VENV)/installed: $(VENV)/locked pyproject.toml
	$(STEP) "Installing Headrow itself" --or "$(REGISTRY)" -- $(INSTALL) --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	$(STEP) "Installing what the tests need" --or "$(REGISTRY)" -- $(INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/dressed: $(VENV)/locked $(wildcard assets/*.*) assets/build
	@assets/build "$(CURDIR)/$(BIN)/python"
	@touch $@

$(VENV)/locked: $(VENV)/uv requirements.txt
	$(STEP) "Installing what Headrow needs" --or "$(REGISTRY)" -- $(INSTALL) --require-hashes -r requirements.txt
	@touch $@

$(VENV)/uv: $(VENV)/made setting_up/uv.txt setting_up/uv.py
	$(STEP) "Installing uv, which installs the rest" --or "$(REGISTRY)" -- \
		$(BIN)/python -m pip install --no-deps --require-hashes -r setting_up/uv.txt
	@touch $@

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
		echo "Headrow needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is: $$($(PYTHON) --version 2>&1)."; \
		echo "Name another one: make install PYTHON=python3.12"; exit 1; }
	$(STEP) "Making an environment in $(VENV)" --or "On Debian: apt-get install python3-venv" -- \
		$(PYTHON) -m venv $(VENV)
	@touch $@
