"""Slices per second of the tf.data pipeline, beside a plain numpy loop over memory maps, in one run.

    python -m benchmarks.pipeline --out benchmarks/results/pipeline.json

The loop is the least that any pipeline can do: it copies the same slices in the same order out of open memory maps, with the
labels uncompressed. Ours also removes the thinned organs, decompresses the labels and hands tensors to TensorFlow.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.measure import report
from benchmarks.phantom_data import phantom_manifest
from tfpartial.data.feed.batch_stream import BatchStream
from tfpartial.data.feed.draws import Draws
from tfpartial.data.feed.pipeline import batch_stream, training_slices
from tfpartial.data.feed.slices import SliceReader
from tfpartial.data.store.prepare import finish_store, prepare_cases
from tfpartial.data.store.store import Store

SIZE = (512, 512)
TARGET = 400.0
"""Slices per second asked for, on 2 cores."""


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        store = _phantom_store(Path(folder), arguments.cases)
        plain = _plain_labels(store, Path(folder))
        # Half of the organs thinned away in every case: the most work that removing labels can be.
        kept = dict.fromkeys(store.cases, store.organs.names[::2])
        rows = [row for batch in arguments.batch for row in _compare(store, plain, kept, batch, arguments)]
    report("pipeline: slices 512x512 per second", rows, arguments.out, ("tensorflow", "numpy", "h5py"))


def _compare(store: Store, plain: dict[str, np.ndarray], kept: dict, batch: int, arguments: argparse.Namespace) -> list[dict]:
    contestants: dict[str, Callable[[], Iterator[Any]]] = {
        "numpy memory maps": lambda: _plain_loop(store, plain, kept, batch),
        "tfpartial": lambda: iter(training_slices(*_stream(store, kept, batch))),
    }
    # Interleaved, so that a busy neighbour disturbs both.
    speeds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(arguments.repeats):
        for name, start in contestants.items():
            speeds[name].append(_slices_per_second(start(), batch, arguments.slices // batch))
    reference = median(speeds["numpy memory maps"])
    return [
        {
            "batch": batch,
            "reader": name,
            "slices_per_s": median(measured),
            "lowest": min(measured),
            "highest": max(measured),
            "ratio_to_numpy": median(measured) / reference,
            "times_the_target": median(measured) / TARGET,
        }
        for name, measured in speeds.items()
    ]


def _slices_per_second(batches: Iterator[Any], batch: int, steps: int) -> float:
    for _ in islice(batches, 8):  # more than is read ahead: what was ready before the clock started does not count
        pass
    start = time.perf_counter()
    for _ in islice(batches, steps):
        pass
    return steps * batch / (time.perf_counter() - start)


def _plain_loop(store: Store, plain: dict[str, np.ndarray], kept: dict, batch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    reader, stream = _stream(store, kept, batch)
    ids, index = reader.case_ids, stream.index
    step = 0
    while True:
        places = [(ids[index.case[place]], index.z[place]) for place in stream[step]]
        yield np.stack([store.image(case)[z] for case, z in places]), np.stack([plain[case][z] for case, z in places])
        step += 1


def _stream(store: Store, kept: dict, batch: int) -> tuple[SliceReader, BatchStream]:
    reader = SliceReader(store, tuple(store.cases), kept)
    return reader, batch_stream(reader, batch, Draws(), seed=0)


def _phantom_store(folder: Path, cases: int) -> Store:
    manifest = phantom_manifest(folder / "dataset", cases, drawn=cases, size=SIZE)
    for _ in prepare_cases(manifest, folder / "store", SIZE, workers=1):  # further processes would each load TensorFlow
        pass
    finish_store(manifest, folder / "store", SIZE)
    return Store.open(folder / "store")


def _plain_labels(store: Store, folder: Path) -> dict[str, np.ndarray]:
    """The labels as uncompressed memory maps."""
    for case_id in store.cases:
        np.save(folder / f"{case_id}.npy", store.label(case_id)[:])
    return {case_id: np.load(folder / f"{case_id}.npy", mmap_mode="r") for case_id in store.cases}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=4, help="phantom patients to draw")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--slices", type=int, default=2000, help="slices per measurement")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
