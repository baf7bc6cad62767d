# Everything from a fresh machine: `make demo`, `make test`. Python 3.11-3.13 is all that is needed.
PYTHON ?= python3
VENV ?= .venv
BIN := $(abspath $(VENV))/bin
REALDATA := $(or $(TFPARTIAL_REALDATA),../shared/realdata)
export PATH := $(BIN):$(PATH)
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: demo test lint types check openkbp benchmarks clean

demo: $(VENV)/installed
	configs/experiment.sh configs/demo.yaml runs/demo naive certain

test: $(VENV)/installed
	pytest -n 2 --dist loadfile

lint: $(VENV)/installed
	ruff check .
	ruff format --check .

types: $(VENV)/installed
	mypy

check: lint types test

openkbp: $(VENV)/installed
	DATASET=$(REALDATA)/Dataset501_OpenKBP FOLDS="0 1" configs/experiment.sh configs/openkbp_alpha30.yaml runs/openkbp_alpha30 naive certain

$(VENV)/installed: setup.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) runs build dist *.egg-info
