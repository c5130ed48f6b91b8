# Everything runs in .venv, which is made on first use and kept until its requirements change.
#   PORT    port of the app (8501)          JOBS  tests at the same time (2)
#   ORDER   a seed: the tests in a random order of it (as they stand)
#   PYTHON  interpreter to make .venv with (first on the PATH that is 3.11 or newer)
PORT ?= 8501
JOBS ?= 2
ORDER ?=
export PYTHON

python := .venv/bin/python
checked := tensorllm_core pages scripts tests app.py

.DEFAULT_GOAL := help
.PHONY: help run test check format bench demo-models clean app-environment test-environment browser
.SILENT:

help:  ## say what there is
	sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 20

run: app-environment  ## install what is needed and open the app
	exec $(python) scripts/start.py --port "$(PORT)"

test: check browser  ## install what is needed, check, and run the tests
	$(python) -m pytest -n $(JOBS) --dist loadgroup $(if $(ORDER),--random-order --random-order-seed=$(ORDER))

check: test-environment  ## lint, formatting and types
	$(python) -m ruff check --quiet $(checked)
	$(python) -m ruff format --quiet --check $(checked) || { \
		echo "error: Expected formatted code, got some that is not; run \`make format\`." >&2; exit 1; }
	$(python) -m mypy --no-error-summary

format: test-environment  ## format the code and mend what the linter can
	$(python) -m ruff check --quiet --fix $(checked)
	$(python) -m ruff format --quiet $(checked)

bench: test-environment browser  ## measure this machine: the core, the evaluation, the app in a browser
	$(python) -m tensorllm_core bench
	$(python) -m tests.tools.evaluation_bench
	$(python) -m tests.tools.browser_bench
	$(python) -m tests.tools.instrument_bench

demo-models: app-environment  ## train the bundled models anew
	$(python) -m tensorllm_core.demo train
	$(python) -m tensorllm_core.demo picture

clean:  ## remove .venv and every cache
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

app-environment:
	scripts/install.sh requirements.txt

test-environment:
	scripts/install.sh requirements-dev.txt

browser: test-environment
	$(python) -m tests.tools.chromium
