# One verb for each thing a person does here. Each installs what it needs into .venv first, and only once: the stamps
# below remember which sets of packages are there, and forget when pyproject.toml or constraints.txt change.
#
# uv installs when it is there, otherwise venv and pip do. Both take the same ranges (pyproject.toml), the same exact
# versions (constraints.txt) and whatever index the machine is configured with.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-slow coverage check lint types layers bench docs build lock clean

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
DONE := $(VENV)/.installed
# Passed on to the program a verb runs: make demo ARGS=--json, make test ARGS="-k book -x".
ARGS ?=

EXTRAS := cli,http2,otel,parquet,prometheus,socks,testing,trio,zstd

# A test process for each core; make test WORKERS= runs all of them in one, as a debugger wants it.
WORKERS ?= --numprocesses auto --dist worksteal

# A Python that is there already; neither tool is to fetch one.
export UV_PYTHON_DOWNLOADS := never
PYTHON ?= $(shell for python in python3 python python3.14 python3.13 python3.12 python3.11; do \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$python; break; fi; done)

# A uv that does not know dependency groups yet is of no use here.
UV := $(shell uv pip install --help 2>/dev/null | grep -q -- '--group' && echo uv)
ifneq ($(UV),)
INSTALL = uv pip install --quiet --python $(PY) --constraint constraints.txt
else
INSTALL = $(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
endif
# One stamp for each tool: an environment that uv made has no pip, and uv may be gone from PATH tomorrow.
READY := $(DONE)/ready-for-$(or $(UV),pip)

help:  ## list the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: $(DONE)/demo  ## a simulated venue and a live table of its market; about 15 s, no network
	$(BIN)/barterpy demo $(ARGS)

test: $(DONE)/test  ## the tests, on asyncio and on trio
	$(PY) -m pytest $(WORKERS) -m "not slow" $(ARGS)

test-slow: $(DONE)/test  ## the tests that take minutes, and the property tests with far more examples
	HYPOTHESIS_PROFILE=deep $(PY) -m pytest $(WORKERS) -m "slow or hypothesis" --timeout 600 $(ARGS)

coverage: $(DONE)/test  ## the tests, and which lines and branches they left out
	$(PY) -m coverage erase
	$(PY) -m coverage run -m pytest -m "not slow" $(ARGS)
	$(PY) -m coverage report --skip-covered --show-missing

check: lint types layers  ## lint, format, types (mypy, pyright, completeness), layers

lint: $(DONE)/check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DONE)/check
	$(PY) -m mypy
	$(BIN)/pyright --pythonpath $(PY)
	$(PY) scripts/verify_types.py

layers: $(DONE)/check
	$(BIN)/lint-imports --no-cache --no-logo

bench: $(DONE)/bench  ## the benchmark beside its peers, with ratios
	$(PY) -m benchmarks $(ARGS)

docs: $(DONE)/docs  ## the documentation, into docs/_build/html
	$(PY) -m sphinx --jobs auto --nitpicky --fail-on-warning --keep-going --quiet -b html docs docs/_build/html $(ARGS)
	@echo "open docs/_build/html/index.html"

build: $(DONE)/build  ## wheel and sdist, into dist
	rm -rf dist
	$(PY) -m build --quiet $(if $(UV),--installer uv) .
	@ls dist

lock:  ## resolve the ranges of pyproject.toml anew (needs uv); UPGRADE=1 takes the latest of everything
	uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --all-extras \
		--group pyproject.toml:dev --group pyproject.toml:bench --group pyproject.toml:docs \
		--no-annotate --no-header --no-emit-index-url $(if $(UPGRADE),--upgrade) --output-file constraints.txt

clean:  ## everything that was installed, built or cached
	rm -rf $(VENV) dist build docs/_build htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .hypothesis \
		.import_linter_cache demo-output
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# --- the environment --------------------------------------------------------------------------------------------------

$(READY):
ifneq ($(UV),)
	@test -x $(PY) || uv venv --quiet --allow-existing --python "$(or $(PYTHON),>=3.11)" $(VENV) || \
		{ echo "barterpy needs Python 3.11 or newer; say which with: make PYTHON=/path/to/python" >&2; exit 1; }
else
	@test -n "$(PYTHON)" || test -x $(PY) || \
		{ echo "barterpy needs Python 3.11 or newer, and there is none on PATH; say which with: make PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null 2>&1 || \
		{ echo "there is neither uv on PATH nor pip in $(VENV); call make clean, then make again" >&2; exit 1; }
	@echo "installing pip"
	@$(PY) -m pip install --quiet --disable-pip-version-check "pip>=25.1"  # the first that knows dependency groups
endif
	@mkdir -p $(DONE) && touch $@

SOURCES := pyproject.toml constraints.txt | $(READY)

$(DONE)/demo: $(SOURCES)
	@echo "installing barterpy[cli]"
	@$(INSTALL) --editable ".[cli]"
	@touch $@

$(DONE)/test: $(SOURCES)
	@echo "installing barterpy[$(EXTRAS)] and the group test"
	@$(INSTALL) --group test --editable ".[$(EXTRAS)]"
	@touch $@

$(DONE)/check: $(SOURCES)
	@echo "installing barterpy[$(EXTRAS)] and the groups test, check, bench"
	@$(INSTALL) --group test --group check --group bench --editable ".[$(EXTRAS)]"
	@touch $@

$(DONE)/bench: $(SOURCES)
	@echo "installing barterpy[$(EXTRAS)] and the group bench"
	@$(INSTALL) --group bench --editable ".[$(EXTRAS)]"
	@touch $@

$(DONE)/docs: $(SOURCES)
	@echo "installing barterpy[$(EXTRAS)] and the group docs"
	@$(INSTALL) --group docs --editable ".[$(EXTRAS)]"
	@touch $@

$(DONE)/build: $(SOURCES)
	@echo "installing the group build"
	@$(INSTALL) --group build
	@touch $@
