"""How many planted label errors `audit` finds on phantom patients, beside a list of the lowest DSC, from the same predictions.

    python -m benchmarks.audit --out benchmarks/results/audit.json

In every third case labels are made wrong on purpose: half an organ is forgotten, an organ that stays annotated is dropped, a
label is moved by 25 mm, or the kidneys are swapped. A U-Net is trained per fold, wrong labels included, and judges the other
fold's cases. Two lists of (case, organ) are compared: suspects by score, and the pairs with the lowest DSC, as one would do by
hand. A pair is right when its label was made wrong; a suspect must also have its centre in the voxels that are wrong. n is the
number of wrong labels.
"""

from __future__ import annotations

import argparse
import importlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.label_faults import FAULTS, Fault, plant
from benchmarks.measure import report
from tfpartial.config import (
    AuditConfig,
    IngestConfig,
    LossConfig,
    NetworkConfig,
    PhantomConfig,
    PredictConfig,
    PrepareConfig,
    SplitConfig,
    TrainConfig,
)
from tfpartial.data.formats.volume_files import label_maps
from tfpartial.data.label_maps.reference import read_prediction, read_reference
from tfpartial.data.manifest import read_manifest
from tfpartial.metrics import dice
from tfpartial.stages import STAGES

FOLDS = 2
SHARE = 1 / 3
SLICE_MM = (5.0, 8.0)
Pair = tuple[str, str]


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        faults = _data(root, arguments)
        predictions = [_predict(root, fold, arguments) for fold in range(FOLDS)]
        _do("audit", AuditConfig(root / "manifest.json", predictions, root / "audit", pictures=0))
        suspects = json.loads((root / "audit" / "suspects.json").read_text())["suspects"]
        rankings = {"audit": _by_suspects(suspects, faults), "lowest DSC": _by_dice(root / "manifest.json", predictions, faults)}
    rows = [{"list": name, "cases": arguments.cases, **_measure(pairs, faults)} for name, pairs in rankings.items()]
    report("audit: planted label errors", rows, arguments.out, ("tensorflow", "keras", "numpy", "scipy"))


def _data(root: Path, arguments: argparse.Namespace) -> list[Fault]:
    """A phantom data set with faults, up to the store."""
    size = (arguments.size, arguments.size)
    _do("phantom", PhantomConfig(root / "data", cases=arguments.cases, size=size, slice_mm=SLICE_MM, seed=arguments.seed))
    faults = plant(root / "data", SHARE, arguments.seed)
    # What is annotated is said in `dataset.json`: a dropped organ still is.
    _do("ingest", IngestConfig(root / "manifest.json", root / "data"))
    _do("split", SplitConfig(root / "manifest.json", root / "splits.json", folds=FOLDS))
    _do("prepare", PrepareConfig(root / "manifest.json", root / "store", size=size))
    return faults


def _predict(root: Path, fold: int, arguments: argparse.Namespace) -> Path:
    """Trains without a fold's test cases and predicts these."""
    model, out = root / f"model{fold}", root / f"predictions{fold}"
    _do(
        "train",
        TrainConfig(
            root / "store",
            root / "splits.json",
            model,
            fold=fold,
            network=NetworkConfig(options={"width": arguments.width}),
            loss=LossConfig({"bce": {"weight": 1}, "dice": {"weight": 1}}),
            epochs=arguments.epochs,
            empty_share=0.25,
            learning_rate=2e-3,
            final_learning_rate=1e-4,
            validate_every=arguments.epochs,
        ),
    )
    splits = root / "splits.json"
    _do("predict", PredictConfig(model, out, manifest=root / "manifest.json", splits=splits, fold=fold, probabilities=True))
    return out


def _do(verb: str, config: object) -> None:
    """One stage, in this process."""
    importlib.import_module(f"tfpartial.{STAGES[verb].module}").run(config)


def _by_suspects(suspects: Sequence[dict[str, Any]], faults: Sequence[Fault]) -> list[tuple[Pair, bool]]:
    """Pairs by their worst suspect, and whether that lies in a fault."""
    wrong = {(fault.case, fault.organ): fault.voxels for fault in faults}
    result: dict[Pair, bool] = {}
    for suspect in suspects:
        pair = (suspect["case"], suspect["organ"])
        result.setdefault(pair, pair in wrong and bool(wrong[pair][tuple(suspect["index_zyx"])]))
    return list(result.items())


def _by_dice(manifest_path: Path, predictions: Sequence[Path], faults: Sequence[Fault]) -> list[tuple[Pair, bool]]:
    """Pairs by DSC of prediction and label, the lowest first, and whether the label is wrong; without those that have no DSC."""
    manifest = read_manifest(manifest_path)
    wrong = {(fault.case, fault.organ) for fault in faults}
    scores: dict[Pair, float] = {}
    for case, path in (found for folder in predictions for found in sorted(label_maps(folder).items())):
        label, predicted = np.asarray(read_reference(manifest, case)), read_prediction(manifest, case, path)
        for organ, organ_id in manifest.organs.ids.items():
            scores[case, organ] = dice(label == organ_id, predicted == organ_id)
    defined = sorted((score, pair) for pair, score in scores.items() if not np.isnan(score))
    return [(pair, pair in wrong) for _, pair in defined]


def _measure(pairs: Sequence[tuple[Pair, bool]], faults: Sequence[Fault]) -> dict[str, Any]:
    """Precision among the first n, recall among the first 2 n, and of each sort of fault; n the number of wrong labels."""
    n = len(faults)
    found = {pair for pair, right in pairs[: 2 * n] if right}
    by_sort = {name: [(one.case, one.organ) in found for one in faults if one.name == name] for name in FAULTS}
    shares = {f"{name} found": f"{sum(sort)} of {len(sort)}" for name, sort in by_sort.items()}
    precision = sum(right for _, right in pairs[:n]) / min(n, len(pairs)) if pairs else None
    return {"n": n, "listed": len(pairs), "precision at n": precision, "recall at 2n": len(found) / n, **shares}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=36)
    parser.add_argument("--size", type=int, default=96, help="rows and columns")
    parser.add_argument("--width", type=int, default=16, help="filters of the U-Net's first block")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
