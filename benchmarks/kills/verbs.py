"""Every verb that writes, and what it is told in the campaign."""

from __future__ import annotations

from pathlib import Path

from benchmarks.small_run import FOLD, RUN, Step, make_run

OUT = "place/out"
"""Where a verb writes, from the folder of the campaign."""
EXPERIMENT = """\
phantom: {cases: 4, size: [32, 32], slice_mm: [20, 25], workers: 1}
ingest: {workers: 1}
split: {folds: 2, val_share: 0.3}
simulate: {alpha: 0.5}
prepare: {size: [32, 32], workers: 1}
"""
SWEEP = """\
sweep:
  alphas: [1.0]
  methods: {plain: {train: {}}}
phantom: {cases: 4, size: [32, 32], slice_mm: [20, 25], workers: 1}
ingest: {workers: 1}
split: {folds: 2, val_share: 0.3}
simulate:
prepare: {size: [32, 32], workers: 1}
train: {network: {options: {width: 2}}, epochs: 1, steps_per_epoch: 2, batch: 4}
"""
CORRECTED = "--files maps/phantom_0001.nii.gz --annotations annotations.json --fold 1 --organs spleen"
EPOCHS = "--epochs 2 --steps_per_epoch 2 --batch 4"
SCORED = "--manifest manifest.json --splits splits.json"
STEPS = (
    *RUN,
    Step("probable/done.json", f"predict --model model {SCORED} --out probable --probabilities true"),
    Step("fingerprint.json", "fingerprint --manifest manifest.json --out fingerprint.json --workers 1"),
)
"""What the verbs read."""
VERBS = {
    "phantom": f"--out {OUT} --cases 4 --size 32 32 --slice_mm 20 25 --workers 2",
    "ingest": f"--dataset data --out {OUT}/manifest.json --workers 1",
    "split": f"--manifest manifest.json --out {OUT}/splits.json --folds 2",
    "simulate": f"--manifest manifest.json --splits splits.json --out {OUT}/annotations.json --alpha 0.3",
    "prepare": f"--manifest manifest.json --out {OUT} --size 32 32 --workers 2",
    "coverage": f"--manifest manifest.json --annotations annotations.json --out {OUT} --workers 1",
    "fingerprint": f"--manifest manifest.json --out {OUT}/fingerprint.json --workers 1",
    "plan": f"--fingerprint fingerprint.json --out {OUT}/plan.yaml",
    "write": f"--manifest manifest.json --out {OUT} --workers 1",
    "train": f"{FOLD} --out {OUT} --network.options.width 2 --validate_every 1 {EPOCHS}",
    "confidence": f"{FOLD} --model model --out {OUT} --filters 4 {EPOCHS}",
    "prior": f"{FOLD} --out {OUT}",
    "align": f"{FOLD} --model model --prior prior --out {OUT}",
    "relabel": f"{FOLD} --model model --out {OUT}",
    "accept": f"--store store {CORRECTED} --out {OUT}",
    "rank": f"{FOLD} --model model --out {OUT}",
    "pick": f"--models model --out {OUT}",
    "predict": f"--model model {SCORED} --out {OUT} --probabilities true",
    "score": f"{SCORED} --predictions maps --out {OUT} --workers 2",
    "compare": f"--scores scores --out {OUT} --cases 1",
    "overlay": f"--manifest manifest.json --predictions maps --cases phantom_0001 --out {OUT}",
    "audit": f"--manifest manifest.json --predictions probable --out {OUT} --workers 1",
    "report": f"model --out {OUT}/report.html --cases 1",
    "export": f"--model model --out {OUT}",
    "inspect": f"--model model --image data/imagesTr/phantom_0001_0000.nii.gz --out {OUT}",
    "run": f"experiment.yaml --out {OUT}",
    "sweep": f"sweep.yaml --out {OUT}",
}
"""Verb -> its other words."""


def make_inputs() -> None:
    """Makes what the verbs read, in the current folder."""
    Path("experiment.yaml").write_text(EXPERIMENT, encoding="utf-8")
    Path("sweep.yaml").write_text(SWEEP, encoding="utf-8")
    make_run(STEPS)


if __name__ == "__main__":
    make_inputs()
