# Everything from a fresh machine: `make demo`, `make test`. Python 3.11-3.13 is all that is needed.
PYTHON ?= python3
VENV ?= .venv
BIN := $(abspath $(VENV))/bin
REALDATA := $(or $(TFPARTIAL_REALDATA),../shared/realdata)
export PATH := $(BIN):$(PATH)
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: demo test lint types check readme openkbp openkbp_sweep openkbp_losses fine_tuning btcv networks recipes u_transformer inerrant stipple stipple_phantom two_sources benchmarks mutants clean

demo: $(VENV)/installed
	tfpartial sweep configs/demo.yaml
	saved_model_cli run --dir runs/demo/alpha0.3/fold0/certain/10-export/1 --tag_set serve --signature_def serving_default \
		--inputs "hu=$$(find runs/demo/05-prepare/cases -name image.npy | sort | head -n 1)" \
		--outdir runs/demo/served_outputs --overwrite > runs/demo/served_outputs.log 2>&1
	@echo "page: runs/demo/11-report/report.html   picture: runs/demo/09-compare/figure.png   what the served model gives: runs/demo/served_outputs"

test: $(VENV)/installed
	pytest -n 2 --dist loadfile

lint: $(VENV)/installed
	ruff check .
	ruff format --check .

readme: $(VENV)/installed
	python docs/embed.py README.md docs/*.md docs/explanation/*.md
	python docs/reference.py

types: $(VENV)/installed
	mypy

check: lint types test

openkbp: $(VENV)/installed
	tfpartial sweep configs/openkbp_alpha30.yaml --folds $(or $(FOLDS),0) --set ingest.dataset=$(REALDATA)/Dataset501_OpenKBP

openkbp_sweep: $(VENV)/installed
	tfpartial sweep configs/openkbp.yaml --set ingest.dataset=$(REALDATA)/Dataset501_OpenKBP

btcv: $(VENV)/installed
	tfpartial sweep configs/btcv.yaml --set ingest.dataset=$(REALDATA)/Dataset510_BTCV

networks: $(VENV)/installed
	tfpartial sweep configs/networks.yaml --set ingest.dataset=$(REALDATA)/Dataset510_BTCV
	tfpartial sweep configs/networks.yaml --out runs/networks_seed1 --only unet u_transformer --seeds 1 --set ingest.dataset=$(REALDATA)/Dataset510_BTCV

recipes: $(VENV)/installed
	tfpartial sweep configs/recipes.yaml --set ingest.dataset=$(REALDATA)/Dataset510_BTCV

u_transformer: $(VENV)/installed
	tfpartial sweep configs/u_transformer.yaml --set ingest.dataset=$(REALDATA)/Dataset510_BTCV

openkbp_losses: $(VENV)/installed
	tfpartial sweep configs/openkbp_losses.yaml --set ingest.dataset=$(REALDATA)/Dataset501_OpenKBP

fine_tuning: $(VENV)/installed
	tfpartial sweep configs/fine_tuning.yaml --set ingest.dataset=$(REALDATA)/Dataset501_OpenKBP

# The same folder for both: what they have in common is done once.
inerrant: $(VENV)/installed
	tfpartial sweep configs/inerrant.yaml --out runs/inerrant --set ingest.dataset=$(REALDATA)/Dataset501_OpenKBP

stipple: $(VENV)/installed
	tfpartial sweep configs/stipple.yaml --out runs/inerrant --set ingest.dataset=$(REALDATA)/Dataset501_OpenKBP

stipple_phantom: $(VENV)/installed
	tfpartial sweep configs/stipple_phantom.yaml

# The configuration names its folders from where the real data are.
two_sources: $(VENV)/installed
	cd $(REALDATA) && tfpartial sweep $(CURDIR)/configs/two_sources.yaml --out $(CURDIR)/runs/two_sources

$(VENV)/installed: setup.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

# Ratios against PyTorch, and memory. Let nothing else run meanwhile: about an hour on 2 cores.
benchmarks: $(VENV)/installed $(VENV)-torch/installed
	python -m benchmarks.networks --network unet --size 512 --peer-python $(VENV)-torch/bin/python --precision bfloat16 --out benchmarks/results/unet_cpu_bfloat16.json
	python -m benchmarks.networks --network unet --size 512 --peer-python $(VENV)-torch/bin/python --rounds 1 --steps 2 --out benchmarks/results/unet_cpu_float32.json
	python -m benchmarks.networks --organs 13 --width 16 --size 128 --batch 8 --rounds 1 --out benchmarks/results/networks_btcv.json
	python -m benchmarks.networks --network unet attention_unet --organs 13 --width 16 --size 128 --batch 8 --rounds 1 --peer-python $(VENV)-torch/bin/python --out benchmarks/results/networks_peers.json
	python -m benchmarks.networks --network unet --batch 1 --threads 1 2 --deterministic --rounds 1 --out benchmarks/results/unet_threads.json
	python -m benchmarks.networks --network unet mhsa mhca_1 mhca_2 mhca_3 mhca mhca_2_all_tokens --task forward --width 16 --size 512 --batch 1 --rounds 1 --out benchmarks/results/attention_cpu.json
	python -m benchmarks.networks_table
	python -m benchmarks.weight_maps --rounds 8 --out benchmarks/results/weight_maps_cpu.json
	python -m benchmarks.pipeline --out benchmarks/results/pipeline.json
	python -m benchmarks.surface --peer-python $(VENV)-torch/bin/python --out benchmarks/results/surface.json
	python -m benchmarks.prepare --peer-python $(VENV)-torch/bin/python --out benchmarks/results/prepare.json
	python -m benchmarks.checksum_cost --out benchmarks/results/checksum_cost.json
	python -m benchmarks.relabel --out benchmarks/results/relabel.json
	python -m benchmarks.kl_search --out benchmarks/results/kl_search.json
	python -m benchmarks.prepare_memory --out benchmarks/results/prepare_memory.json
	python -m benchmarks.predict_memory --out benchmarks/results/predict_memory.json

$(VENV)-torch/installed:
	$(PYTHON) -m venv $(VENV)-torch
	$(VENV)-torch/bin/python -m pip install --quiet numpy torch==2.13.0 monai==1.6.1 nibabel medpy==0.5.2 surface-distance==0.1
	touch $@

# A sample of changed places of the source, and the tests that notice none. It takes hours, and goes on where it was ended.
mutants: $(VENV)/mutants
	python -m benchmarks.mutants $(MUTANTS)

$(VENV)/mutants: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable ".[mutants]"
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-torch runs build dist *.egg-info
