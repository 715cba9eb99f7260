# Every target sets up .venv; `make` without a target lists them.
PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2

BIN := $(VENV)/bin
# One stamp per purpose: the packages of the demo, and those of everything else.
DEMO := $(VENV)/.installed-demo
INSTALLED := $(VENV)/.installed

.PHONY: help demo test test-slow test-cluster coverage check glossary configuration docs venv lock lowest clean

help:
	@echo "make demo       annotate, train, compare: every stage on the sample corpus (minutes)"
	@echo "                LOCAL=FILE.gguf: compare a language model on this machine, too"
	@echo "make test       the tests, except the slow ones"
	@echo "make test-slow  the slow tests (minutes of training)"
	@echo "make test-cluster  the tests on a Ray cluster of three nodes, of which one is killed"
	@echo "make coverage   make test, and the share of lines that the tests run"
	@echo "make check      lint, format, types, import layers"
	@echo "make glossary   write docs/glossary.md from docs/glossary.toml"
	@echo "make configuration  write docs/configuration.md from the sections of the code"
	@echo "make docs       build the documentation site in build/site, strictly"
	@echo "make venv       set up $(VENV)"
	@echo "make lock       update requirements.lock and requirements.deploy.lock (UPGRADE=1: newest releases)"
	@echo "make lowest     test the lowest allowed versions of the direct dependencies"
	@echo "make clean      remove $(VENV) and every cache"

# A local model needs the extra local, which the whole environment has.
demo: $(if $(LOCAL),$(INSTALLED),$(DEMO))
	$(BIN)/vermeil demo $(if $(LOCAL),--local "$(LOCAL)")

TESTS := -m "not slow and not cluster" -n $(JOBS) --durations=10

# With COVERAGE=1, processes that tests start are measured, too; the floor is fail_under in pyproject.toml.
test: export COVERAGE_FILE = $(CURDIR)/.coverage
test: $(INSTALLED)
ifdef COVERAGE
	rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest $(TESTS)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report
else
	$(BIN)/python -m pytest $(TESTS)
endif

test-slow: $(INSTALLED)
	$(BIN)/python -m pytest -m slow -n $(JOBS) --durations=10

test-cluster: $(INSTALLED)
	$(BIN)/python -m pytest -m cluster --durations=10

coverage:
	$(MAKE) test COVERAGE=1

check: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

glossary: $(INSTALLED)
	$(BIN)/python tools/glossary.py

configuration: $(INSTALLED)
	$(BIN)/python tools/configuration.py

docs: $(INSTALLED)
	$(BIN)/python tools/docs_site.py

venv: $(INSTALLED)

PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet -c requirements.lock

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Vermeil needs Python 3.11 or newer; name one: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Stamps are older than the dependencies when these change; they are written only after success.
$(DEMO): pyproject.toml requirements.lock | $(BIN)/python
	$(PIP) -e ".[train]"
	@touch $@

$(INSTALLED): pyproject.toml requirements.lock | $(BIN)/python
	$(PIP) -e ".[train,deploy,export,serve,ray,spacy,dev]"
	@touch $(DEMO) $@

lock:
	tools/lock.sh $(if $(UPGRADE),--upgrade)

lowest:
	$(PYTHON) tools/lowest.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.*
