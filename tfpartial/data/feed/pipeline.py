"""Slices from the store as a tf.data pipeline.

A batch is made by one Python call that reads all its slices, and depends on nothing but its number: some run at a time,
the order stays the same, and a run resumes at any step without reading what came before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from tfpartial.data.feed.batch import entries_of, entry_dtype, entry_shape, read_batch
from tfpartial.data.feed.batch_stream import BatchStream
from tfpartial.data.feed.calm_exit import ends_before_exit
from tfpartial.data.feed.draws import Draws
from tfpartial.data.feed.read_errors import keeps_errors
from tfpartial.data.feed.slice_index import SliceIndex
from tfpartial.data.feed.slices import SliceReader
from tfpartial.data.store.store import Store
from tfpartial.names import CaseId

PARALLEL_BATCHES = 4
"""Batches read at a time: some wait for the disk while another is decompressed."""
PREFETCHED_BATCHES = 4

AnnotatedSets = Mapping[CaseId, Iterable[str]]
Places = tuple[np.ndarray, np.ndarray]


def batch_stream(reader: SliceReader, batch: int, draws: Draws, seed: int) -> BatchStream:
    """The batches of a training, as places of slices; the same seed gives the same batches. Raises as `BatchStream` does."""
    return BatchStream(SliceIndex.build(reader.voxels, reader.annotated, reader.visible), batch, draws, seed)


def training_slices(reader: SliceReader, stream: BatchStream, start_step: int = 0) -> tf.data.Dataset:
    """The slices of a stream's batches without end, epoch after epoch.

    Args:
        reader: reads the slices of the training cases.
        stream: which slices each batch has.
        start_step: number of the first batch: batch n is the same wherever the series starts.

    Returns:
        batches of `tfpartial.data.feed.batch.ENTRIES`: `image` `[B, H, W, C]` HU as they are stored, `label` uint8 `[B, H, W]`
        without the organs that are not annotated nor relabeled, `annotated` bool `[B, K]`, `case` int32 `[B]`, a place in the
        reader's cases, `z` int32 `[B]`, `spacing_mm` float32 `[B, 3]`; where the reader has `centres_mm` also `prior_offset`
        float32 `[B, K, 3]`.
    """

    def places(step: int) -> Places:
        chosen = stream[step]
        return stream.index.case[chosen], stream.index.z[chosen]

    return _batches(tf.data.Dataset.counter(start=start_step), reader, places, stream.batch)


def case_slices(store: Store, case_ids: Sequence[CaseId], annotated: AnnotatedSets, batch: int) -> tf.data.Dataset:
    """All slices of some cases with the experts' labels, once, from the feet to the head, case by case; the last batch may be
    shorter.

    Arguments and errors as in `SliceReader`, batches as in `training_slices`.
    """
    reader = SliceReader(store, case_ids, annotated)
    counts = [len(voxels) for voxels in reader.voxels]
    case = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    z = np.concatenate([np.arange(count, dtype=np.int32) for count in counts])

    def places(step: int) -> Places:
        part = slice(step * batch, (step + 1) * batch)
        return case[part], z[part]

    steps = tf.data.Dataset.range(-(-len(case) // batch))
    return _batches(steps, reader, places, None)


def _batches(steps: tf.data.Dataset, reader: SliceReader, places: Callable[[int], Places], batch: int | None) -> tf.data.Dataset:
    """The batch of each step; `batch` is its static size, None where it varies."""
    entries = entries_of(reader)
    dtypes = [entry_dtype(entry, reader) for entry in entries.values()]
    shapes = {name: [batch, *entry_shape(entry, reader)] for name, entry in entries.items()}

    @ends_before_exit
    @keeps_errors
    def read(step: np.int64) -> tuple[np.ndarray, ...]:
        return tuple(read_batch(reader, *places(int(step))).values())

    def read_in_graph(step: tf.Tensor) -> dict[str, tf.Tensor]:
        tensors = tf.numpy_function(read, [step], dtypes, stateful=False)
        return {name: tf.ensure_shape(tensor, shapes[name]) for tensor, name in zip(tensors, entries, strict=True)}

    return steps.map(read_in_graph, PARALLEL_BATCHES, deterministic=True).prefetch(PREFETCHED_BATCHES)
