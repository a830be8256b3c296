# Everything one does with Headrow. `make` alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Modules are compiled once, and not again by each process that the tests start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install up check test bench pictures lock lint dev words clean tests-of-check tests-of-test

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/installed $(VENV)/dressed ## install Headrow and its locked dependencies into .venv

up: install ## run everything in one process, with the sample programme, on http://localhost:8000
	$(BIN)/headrow up --demo

# Lint beside tests: mypy keeps one processor busy, and the tests wait for the clock now and then.
check: dev ## format, lint, types, imports, and the tests that need no server: under a minute
	@$(MAKE) --no-print-directory -j 2 lint tests-of-check

# The slow ones go by file, as their tests share what was started; three at once, as they wait as much as they compute.
test: dev ## what `check` does, with more examples, and every other test; starts PostgreSQL and RabbitMQ
	@$(MAKE) --no-print-directory -j 2 lint tests-of-test
	$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder -m slow

tests-of-check: dev
	$(BIN)/python -m pytest -q -n 2 -m "not postgresql and not rabbitmq and not slow and not patient" --hypothesis-profile=few

tests-of-test: dev
	$(BIN)/python -m pytest -q -n 2 -m "not slow"

bench: dev ## measure calls, reads and bookings a second, beside what they stand on
	$(BIN)/python -m tests.benchmarks

pictures: dev ## take the pictures that README.md shows, with Chromium
	$(BIN)/python -m tests.browser.pictures

lock: ## pin the newest dependencies that pyproject.toml allows, with hashes
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(PYTHON) -m venv "$$folder" && "$$folder/bin/pip" install --quiet uv && \
	for extra in "" dev; do \
		"$$folder/bin/uv" pip compile pyproject.toml $${extra:+--extra $$extra} --upgrade --universal \
			--python-version 3.11 --generate-hashes --no-header --quiet \
			--output-file requirements$${extra:+-$$extra}.txt || exit 1; \
	done

words: dev ## write down the sentences of our letters, for translators
	cd services/notifications && ../../$(BIN)/pybabel -q extract -F locale/babel.cfg --no-location --sort-output \
		--omit-header -o locale/letters.pot .

clean: ## remove what was made, save the data in var/
	rm -rf $(VENV) assets/node_modules gateway/pages/static/built build dist htmlcov .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -rf *.egg-info
	find services gateway tests -name __pycache__ -type d -prune -exec rm -rf {} +

lint: dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

dev: $(VENV)/installed-dev $(VENV)/dressed

# Stamps: each is newer than the files that it was made from, so that nothing is installed twice.
$(VENV)/installed: $(VENV)/locked pyproject.toml
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/dressed: $(VENV)/locked $(wildcard assets/*.*) assets/build
	assets/build "$(CURDIR)/$(BIN)/python"
	@touch $@

$(VENV)/locked: $(VENV)/made requirements.txt
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	@touch $@

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
		echo "Headrow needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is: $$($(PYTHON) --version 2>&1)."; \
		echo "Name another one: make install PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		echo "$(PYTHON) cannot make a virtual environment (on Debian: apt-get install python3-venv)."; exit 1; }
	@touch $@
