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
	DATASET=$(REALDATA)/Dataset501_OpenKBP FOLDS="$(or $(FOLDS),0)" configs/experiment.sh configs/openkbp_alpha30.yaml runs/openkbp_alpha30 naive certain

$(VENV)/installed: setup.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

# Ratios against PyTorch, and memory. Let nothing else run meanwhile: about 15 minutes on 2 cores.
benchmarks: $(VENV)/installed $(VENV)-torch/installed
	python -m benchmarks.unet --peer-python $(VENV)-torch/bin/python --precision bfloat16 --rounds 2 --steps 3 --out benchmarks/results/unet_cpu_bfloat16.json
	python -m benchmarks.unet --peer-python $(VENV)-torch/bin/python --precision float32 --rounds 1 --steps 2 --out benchmarks/results/unet_cpu_float32.json
	python -m benchmarks.weight_maps --rounds 8 --out benchmarks/results/weight_maps_cpu.json
	python -m benchmarks.pipeline --out benchmarks/results/pipeline.json
	python -m benchmarks.prepare_memory --out benchmarks/results/prepare_memory.json
	python -m benchmarks.predict_memory --out benchmarks/results/predict_memory.json

$(VENV)-torch/installed:
	$(PYTHON) -m venv $(VENV)-torch
	$(VENV)-torch/bin/python -m pip install --quiet numpy torch==2.13.0
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-torch runs build dist *.egg-info
