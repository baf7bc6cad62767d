"""Throughput and memory of `relabel`, and its selection beside the plain way in numpy, in one run.

    python -m benchmarks.relabel --out benchmarks/results/relabel.json

One case of 512 x 512 x 200, one of seven organs annotated. The segmenter is an untrained U-Net whose logits are shifted so that
it predicts as much as a trained one does: 5 % of the voxels, shared by the organs. Rows:

throughput   volumes per minute of a whole step (network, selection, layer), and how much of it is not the network
selection    select_top and the streamed selection beside the definition, which sorts the candidates of each organ
memory       peak of `tfpartial relabel` with 200 and 1,000 slices
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np

from benchmarks.measure import peak_rss_mib, report
from benchmarks.phantom_data import phantom_manifest
from tfpartial.artifacts import write_json
from tfpartial.confidence.predictor import ConfidentPredictor
from tfpartial.config import EstimatorConfig
from tfpartial.data.store.prepare import finish_store, prepare_cases
from tfpartial.data.store.store import Store
from tfpartial.models import LOGITS, build
from tfpartial.relabel import select_top
from tfpartial.relabel.candidates import candidate_slabs
from tfpartial.relabel.case import Step, relabel_case
from tfpartial.relabel.current_labels import CurrentLabels
from tfpartial.relabel.rules import Rules
from tfpartial.relabel.volume_selection import VolumeSelection
from tfpartial.segmenter.card import NetworkSpec, SegmenterCard, write_card
from tfpartial.segmenter.network import network_logits

SIZE = (512, 512)
SHARE = 0.33
PREDICTED = 0.05
"""Share of the voxels that the segmenter predicts as some organ, each organ as often as the others."""
SLAB = 100
PACKAGES = ("tensorflow", "keras", "numpy", "h5py", "isal")


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        sets = {slices: DataSet(Path(folder, str(slices)), slices) for slices in arguments.slices}
        first = sets[arguments.slices[0]]
        narrow, wide = (first.segmenter(Path(folder, f"width{width}"), width) for width in (2, arguments.width))
        rows = [_throughput(first, wide, arguments.width)]
        rows += _selection(first, narrow, arguments.repeats)
        rows += [_memory(data, narrow, Path(folder, f"out{slices}")) for slices, data in sets.items()]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    report("relabel", [{name: row.get(name) for name in columns} for row in rows], arguments.out, PACKAGES)


class DataSet:
    """A store of two cases: one annotated for every organ, one for the first alone.

    Args:
        root: folder to write.
        slices: slices of a case.
    """

    def __init__(self, root: Path, slices: int) -> None:
        self.slices = slices
        self.splits, self.annotations, out = root / "splits.json", root / "annotations.json", root / "store"
        manifest = phantom_manifest(root / "data", cases=2, drawn=2, size=SIZE, slices=slices)
        list(prepare_cases(manifest, out, SIZE, workers=1))
        finish_store(manifest, out, SIZE)
        self.store = Store.open(out)
        whole, self.partial = self.store.cases
        organs = self.store.organs.names
        write_json(self.splits, {"format": 1, "folds": [{"train": [whole, self.partial], "val": [], "test": []}]})
        kept = {whole: list(organs), self.partial: [organs[0]]}
        write_json(self.annotations, {"format": 1, "alpha": 0.5, "seed": 0, "folds": [kept]})

    def current(self) -> CurrentLabels:
        """The labels of the case that lacks organs."""
        return CurrentLabels(self.store, self.partial, self.store.organs.names[:1])

    def segmenter(self, folder: Path, width: int) -> Path:
        """A stage folder of `train` with a U-Net that predicts organs in about `PREDICTED` of the voxels."""
        folder.mkdir()
        keras.utils.set_random_seed(0)
        organs = self.store.organs
        network = build("unet", len(organs), (*SIZE, 1), width=width)
        spec = NetworkSpec("unet", len(organs), (*SIZE, 1), {"width": width})
        card = SegmenterCard(
            organs, self.store.channel_names, "certain", "sigmoid", SIZE, None, (-160.0, 300.0), 40.0, 100.0, spec
        )
        sample = np.asarray(self.store.image(self.partial)[:: max(1, self.slices // 8)][:8])
        logits = np.asarray(network_logits(network, card, sample))
        kernel, bias = network.get_layer(LOGITS).get_weights()
        network.get_layer(LOGITS).set_weights([kernel, bias - np.quantile(logits, 1 - PREDICTED / len(organs), axis=(0, 1, 2))])
        network.save(folder / "last.keras")
        write_card(card, folder)
        return folder


def _load(model: Path) -> ConfidentPredictor:
    return ConfidentPredictor.load(model, "last", "mcp", None, EstimatorConfig(), batch=8)


def _throughput(data: DataSet, model: Path, width: int) -> dict[str, Any]:
    predictor, current = _load(model), data.current()
    predictor.predict(np.asarray(data.store.image(data.partial)[:8]), current.missing)  # compiled before the clock starts
    network = _seconds(lambda: [None for _ in candidate_slabs(predictor, current, SLAB)])
    rules = Rules(dict.fromkeys(data.store.organs.ids.values(), SHARE))
    with tempfile.TemporaryDirectory() as folder:
        whole = _seconds(lambda: relabel_case(Step(1, predictor, rules, SLAB), current, Path(folder, "layer.h5")))
    return {
        "row": f"throughput, U-Net of width {width}",
        "slices": data.slices,
        "seconds": whole,
        "volumes_per_minute": 60 / whole,
        "not_the_network": 1 - network / whole,
    }


def _selection(data: DataSet, model: Path, repeats: int) -> list[dict[str, Any]]:
    """The same candidates, selected in three ways; the whole arrays are in memory for the two that need them."""
    slabs = list(candidate_slabs(_load(model), data.current(), SLAB))
    organ = np.concatenate([slab[1] for slab in slabs])
    confidence = np.concatenate([slab[2] for slab in slabs])
    codes = [code for code in data.store.organs.ids.values() if (organ == code).any()]
    masks = {code: (organ == code).astype(np.float32) for code in codes}
    ways: dict[str, Callable[[], Any]] = {
        "sorting": lambda: [_by_sorting(masks[code], confidence) for code in codes],
        "select_top": lambda: [select_top(masks[code], confidence, SHARE) for code in codes],
        "streamed": lambda: _streamed(slabs, codes, len(data.store.organs)),
    }
    selected = {name: way() for name, way in ways.items()}
    for name, masks_of in selected.items():
        if any(not np.array_equal(one, other) for one, other in zip(masks_of, selected["sorting"], strict=True)):
            raise AssertionError(f"{name} selects other voxels than sorting")
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):  # interleaved, so that a busy neighbour disturbs all
        for name, way in ways.items():
            seconds[name].append(_seconds(way))
    plain = median(seconds["sorting"])
    return [
        {
            "row": f"selection, {name}, {len(codes)} organs",
            "slices": data.slices,
            "seconds": median(seconds[name]),
            "ratio_to_sorting": plain / median(seconds[name]),
        }
        for name in ways
    ]


def _by_sorting(probability: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """The definition: all candidates of a volume sorted, the surest first."""
    candidates = np.flatnonzero(probability.ravel() >= 0.5)
    order = candidates[np.argsort(-confidence.ravel()[candidates], kind="stable")]
    mask = np.zeros(probability.size, bool)
    mask[order[: int(SHARE * len(order) + 0.5)]] = True
    return mask.reshape(probability.shape)


def _streamed(slabs: list, codes: list[int], num_organs: int) -> list[np.ndarray]:
    with VolumeSelection(num_organs) as selection:
        for start, organ, confidence in slabs:
            selection.add((start, organ, confidence))
        chosen = np.concatenate([part for _, part, _ in selection.selected(selection.top(dict.fromkeys(codes, SHARE)))])
    return [chosen == code for code in codes]


def _memory(data: DataSet, model: Path, out: Path) -> dict[str, Any]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    words = [
        "--store",
        data.store.root,
        "--splits",
        data.splits,
        "--annotations",
        data.annotations,
        "--model",
        model,
        "--out",
        out,
    ]
    command = [sys.executable, "-m", "tfpartial", "relabel", *map(str, words), "--share", str(SHARE), "--quiet"]
    peak_mib, _ = peak_rss_mib(command, children=False)
    return {"row": "memory, U-Net of width 2", "slices": data.slices, "peak_mib": peak_mib}


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--slices", type=int, nargs="+", default=[200, 1000], help="the first is that of throughput and selection"
    )
    parser.add_argument("--width", type=int, default=16, help="filters of the first block of the U-Net of the throughput")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
