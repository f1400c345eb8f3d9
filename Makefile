# Everything the project runs, once: pre-commit and CI call these targets too.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# Several test processes with several threads of linear algebra each wait for each other.
test test-lowest: export OPENBLAS_NUM_THREADS := 1

.PHONY: run test check lint types lowest peers bench

run: $(INSTALLED)  ## the main job: best dense and mixture-of-experts model for 1e21 FLOPs
	$(BIN)/scalesearch search experiments/jobs/best-1e21.yaml --resume

test: $(INSTALLED)  ## every test that belongs to the gate
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not ray"
	$(BIN)/python -m pytest -m ray

check: lint types test

lint: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(INSTALLED)
	$(BIN)/mypy

lowest:  ## the tests again, on the oldest version of every dependency
	$(MAKE) VENV=.venv-lowest LOCK=requirements-lowest.lock PYTEST_ARGS="$(PYTEST_ARGS)" test-lowest

test-lowest: $(INSTALLED)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not ray and not slow" $(PYTEST_ARGS)

peers: $(INSTALLED)  ## other programs to measure against, each in an environment of its own; PEER_PYTHON names their Python
	$(BIN)/python -m experiments.benchmarks.peers --install

bench: $(INSTALLED)  ## speed and regret tables
	$(BIN)/python -m experiments.benchmarks

LOCK ?= requirements.lock

$(INSTALLED): pyproject.toml $(LOCK)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@
