# `make app` and `make test` set everything up from nothing. Needs Python 3.11 or newer with venv; the tests also need Node.
PYTHON ?= python3
VENV   := .venv
PIP    := $(VENV)/bin/python -m pip

# On Linux plain `torch` is a CUDA build of several gigabytes; the one marked +cpu is not. It goes in first, so that nothing pulls the other.
ifeq ($(shell uname -s),Linux)
TORCH  := "torch==2.13.0+cpu" --extra-index-url https://download.pytorch.org/whl/cpu --retries 1
else
TORCH  := "torch==2.13.0"
endif

# The tests start many processes: without kept bytecode each would compile all sources anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo app test test-long check benchmarks screenshot film clean

# One process a core. A file of tests stays in one process, so that what its tests share is made once.
PYTEST := $(VENV)/bin/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder --durations=30 --durations-min=2

demo: $(VENV)/.app
	$(VENV)/bin/jepa-workbench demo

app: $(VENV)/.app
	$(VENV)/bin/jepa-workbench app

test: $(VENV)/.test node_modules/.done $(VENV)/.browser
	$(PYTEST) -m "not long"

test-long: $(VENV)/.test node_modules/.done $(VENV)/.browser
	$(PYTEST) -m long

# Without the checks of shapes at run time, which `make test` has: they would take a sixth of the time.
check: $(VENV)/.test node_modules/.done
	JW_TYPES=0 $(PYTEST) -m "not (browser or lab or notebook or slow or long)"

benchmarks: $(VENV)/.test $(VENV)/.browser
	$(PIP) install -q "transformers>=5"
	for b in tests/benchmarks/bench_*.py; do $(VENV)/bin/python $$b; done

screenshot: $(VENV)/.test $(VENV)/.browser
	$(VENV)/bin/python tests/screenshot.py

film: $(VENV)/.test $(VENV)/.browser
	$(VENV)/bin/python tests/film.py

$(VENV)/.torch:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -q "pip>=25.1"
	$(PIP) install -q $(TORCH)
	touch $@

$(VENV)/.app: $(VENV)/.torch pyproject.toml
	$(PIP) install -q -e ".[app,lab,maps,train]"
	touch $@

$(VENV)/.test: $(VENV)/.app
	$(PIP) install -q --group test
	touch $@

node_modules/.done: package.json package-lock.json
	npm ci --silent
	touch $@

# A browser for the tests: the one that is there, else Debian's, else Playwright's own.
$(VENV)/.browser: $(VENV)/.test
	@command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable \
	  || { command -v apt-get && { apt-get update -qq && apt-get install -y -qq chromium || { sudo apt-get update -qq && sudo apt-get install -y -qq chromium; }; }; } \
	  || $(VENV)/bin/python -m playwright install chromium
	touch $@

clean:
	rm -rf $(VENV) node_modules dist
