"""Slices from the store as a tf.data pipeline.

A batch is made by one Python call that reads all its slices, and depends on nothing but its number: some run at a time,
the order stays the same, and a run resumes at any step without reading what came before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from tfpartial.data.feed.batch import entries_of, entry_shape, read_batch
from tfpartial.data.feed.calm_exit import ends_before_exit
from tfpartial.data.feed.slice_order import BatchStream, SliceIndex
from tfpartial.data.feed.slices import SliceReader
from tfpartial.data.fold.pseudo_labels import PseudoLabels
from tfpartial.data.store.store import Store

PARALLEL_BATCHES = 4
"""Batches read at a time: some wait for the disk while another is decompressed."""
PREFETCHED_BATCHES = 4

AnnotatedSets = Mapping[str, Iterable[str]]
Places = tuple[np.ndarray, np.ndarray]


def training_slices(
    store: Store,
    case_ids: Sequence[str],
    annotated: AnnotatedSets,
    batch: int,
    empty_share: float,
    seed: int,
    start_step: int = 0,
    pseudo: PseudoLabels | None = None,
    balanced: bool = False,
    centres_mm: np.ndarray | None = None,
) -> tf.data.Dataset:
    """Shuffled slices without end, epoch after epoch (see `sampling`); the same seed gives the same batches.

    Args:
        store: the store.
        case_ids: the training cases.
        annotated: annotated organs of each case, possibly thinned by `simulate`.
        batch: slices per batch, B.
        empty_share: share of the slices without a label that an epoch shows.
        seed: seed of the order.
        start_step: number of the first batch: batch n is the same wherever the series starts.
        pseudo: label layers with pseudo-labels; none takes the experts' labels.
        balanced: draw slices so that the organs' annotated cases are seen equally often.
        centres_mm: where the organs are, for a network with a prior (see `SliceReader`).

    Returns:
        batches of `tfpartial.data.feed.batch.ENTRIES`: `image` int16 `[B, H, W, C]` HU, `label` uint8 `[B, H, W]` without the
        organs that are not annotated nor relabeled, `annotated` bool `[B, K]`, `case` int32 `[B]`, a place in `case_ids`, `z`
        int32 `[B]`, `spacing_mm` float32 `[B, 3]`; with `centres_mm` also `prior_offset` float32 `[B, K, 3]`.

    Raises:
        TfpartialError: see `SliceReader` and `BatchStream`.
    """
    reader = SliceReader(store, case_ids, annotated, pseudo, centres_mm)
    stream = _stream(reader, batch, empty_share, seed, balanced)

    def places(step: int) -> Places:
        chosen = stream[step]
        return stream.index.case[chosen], stream.index.z[chosen]

    steps = tf.data.Dataset.counter(start=start_step)
    return _batches(steps, reader, places, batch)


def steps_in_epoch(
    store: Store,
    case_ids: Sequence[str],
    annotated: AnnotatedSets,
    batch: int,
    empty_share: float,
    pseudo: PseudoLabels | None = None,
) -> int:
    """Batches of `training_slices` after which a new order begins. Raises as `training_slices` does."""
    return _stream(SliceReader(store, case_ids, annotated, pseudo), batch, empty_share, seed=0).batches_per_epoch


def case_slices(
    store: Store, case_ids: Sequence[str], annotated: AnnotatedSets, batch: int, centres_mm: np.ndarray | None = None
) -> tf.data.Dataset:
    """All slices of some cases with the experts' labels, once, from the feet to the head, case by case; the last batch may be
    shorter.

    Arguments, batches and errors as in `training_slices`.
    """
    reader = SliceReader(store, case_ids, annotated, centres_mm=centres_mm)
    counts = [len(voxels) for voxels in reader.voxels]
    case = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    z = np.concatenate([np.arange(count, dtype=np.int32) for count in counts])

    def places(step: int) -> Places:
        part = slice(step * batch, (step + 1) * batch)
        return case[part], z[part]

    steps = tf.data.Dataset.range(-(-len(case) // batch))
    return _batches(steps, reader, places, None)


def _stream(reader: SliceReader, batch: int, empty_share: float, seed: int, balanced: bool = False) -> BatchStream:
    index = SliceIndex.build(reader.voxels, reader.annotated, reader.visible)
    return BatchStream(index, batch, empty_share, seed, balanced)


def _batches(steps: tf.data.Dataset, reader: SliceReader, places: Callable[[int], Places], batch: int | None) -> tf.data.Dataset:
    """The batch of each step; `batch` is its static size, None where it varies."""
    entries = entries_of(reader)
    shapes = {name: [batch, *entry_shape(entry, reader)] for name, entry in entries.items()}

    @ends_before_exit
    def read(step: np.int64) -> tuple[np.ndarray, ...]:
        return tuple(read_batch(reader, *places(int(step))).values())

    def read_in_graph(step: tf.Tensor) -> dict[str, tf.Tensor]:
        tensors = tf.numpy_function(read, [step], [entry.dtype for entry in entries.values()], stateful=False)
        return {name: tf.ensure_shape(tensor, shapes[name]) for tensor, name in zip(tensors, entries, strict=True)}

    return steps.map(read_in_graph, PARALLEL_BATCHES, deterministic=True).prefetch(PREFETCHED_BATCHES)
