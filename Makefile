# The commands a person needs. `make` alone prints them.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PACKAGES := api docflow ocr signing storage scripts tests benchmarks
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run demo test test-faults test-api lint fix bench bench-ocr bench-signing bench-audit bench-search clean python

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 16

setup: python ## make the environment in .venv (run and test call it)
	@$(PYTHON) scripts/setup.py

run: setup ## start everything, with the demo municipality, and print the address and the logins
	@$(BIN)/docflow up --demo $(ARGS)

# Our modules are compiled once, not by each of the hundreds of processes that tests start, also
# where the environment says otherwise.
test test-faults test-api: export PYTHONDONTWRITEBYTECODE :=

test: setup-dev ## lint, then all tests on a real PostgreSQL, broker, S3 store and browser, faults in their short form
	@$(PYTHON) scripts/setup.py --machine
	@$(MAKE) --no-print-directory lint
	@# A file stays with one worker and in its order: tests of a file share a house, made once.
	$(BIN)/python -m pytest -n 2 --dist loadfile -p no:randomly --ignore tests/e2e --ignore tests/faults $(ARGS)
	@# The stories by themselves: a browser's event loop shall not meet code that starts its own.
	$(BIN)/python -m pytest -n 2 --dist loadfile -p no:randomly tests/e2e $(ARGS)
	@# Each part of an installation is killed once while people work with it.
	FAULT_KILLS=0 $(BIN)/python -m pytest -p no:randomly tests/faults $(ARGS)

test-faults: setup-dev ## kill each part of a whole installation again and again (FAULT_KILLS=200, FAULT_SEED=1)
	FAULT_KILLS=$${FAULT_KILLS:-200} $(BIN)/python -m pytest -s -p no:randomly tests/faults $(ARGS)

test-api: setup-dev ## send each operation of the JSON API many requests (API_EXAMPLES=20, API_SEED=1)
	API_OPERATIONS=0 API_EXAMPLES=$${API_EXAMPLES:-20} $(BIN)/python -m pytest tests/api/v1/test_any_request.py $(ARGS)

lint: setup-dev ## style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: setup-dev ## put right what can be put right by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-dev ## measure everything (see benchmarks/README.md)
	$(BIN)/python -m benchmarks $(ARGS)

bench-ocr: setup-dev ## measure the reading against other programs
	$(BIN)/python -m benchmarks reading $(ARGS)

bench-signing: setup-dev ## measure signing and verification
	$(BIN)/python -m benchmarks signing $(ARGS)

demo: setup ## start everything on a fresh directory with the demo municipality, and forget it at the end
	@data=$$(mktemp -d) && trap 'rm -rf "$$data"' EXIT && $(BIN)/docflow up --demo --data "$$data" $(ARGS)

bench-audit: setup-dev ## measure the log: sequencing, proofs, verification
	$(BIN)/python -m benchmarks audit custody $(ARGS)

bench-search: setup-dev ## measure search and work lists with a million entries
	$(BIN)/python -m benchmarks searching lists

clean: ## remove what make setup made (the data in var/ stays)
	rm -rf .venv .node node_modules api/static/built ocr/tessdata docflow/printing/fonts

setup-dev: python
	@$(PYTHON) scripts/setup.py --dev

python:
	@test -n "$(PYTHON)" || { echo "Docflow needs Python 3.11 or newer: sudo apt-get install python3"; exit 1; }
