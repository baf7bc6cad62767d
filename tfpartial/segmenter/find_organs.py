"""Where the organs are in a volume, by a first segmenter and the search for the places of the priors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from tfpartial.config import SearchConfig
from tfpartial.data.fold.positions import OrganPosition
from tfpartial.data.store.store import Store
from tfpartial.data.volumes.slabs import SLAB
from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId
from tfpartial.priors.align import align_case
from tfpartial.priors.from_store import case_grid
from tfpartial.priors.grid import CoarseGrid
from tfpartial.priors.render import PriorRenderer
from tfpartial.priors.spatial_prior import SpatialPrior
from tfpartial.segmenter.card import SegmenterCard, read_card
from tfpartial.segmenter.decode import probabilities
from tfpartial.segmenter.network import fixed_batches, load_network, network_logits, read_renderer, slices_spec
from tfpartial.segmenter.precision import choose_jit


class OrganFinder:
    """A first segmenter whose probabilities are averaged on a coarse grid as they are computed.

    Of a volume of any length only the coarse grid stays in memory: K floats per cell, not per voxel.

    Args:
        network: normalised HU -> logits; one with a prior is asked without it.
        card: how it was trained.
        batch: slices per step.
        renderer: renders the prior of a network that has one.

    Raises:
        TfpartialError: no slice per step, or the network does not take the slices that the card describes.
    """

    def __init__(self, network: keras.Model, card: SegmenterCard, batch: int, renderer: PriorRenderer | None = None) -> None:
        self.card = card
        self._batch = batch
        rows, columns = card.size
        signature = [
            slices_spec(network, card, batch),
            tf.TensorSpec((None, rows), tf.float32),
            tf.TensorSpec((None, columns), tf.float32),
        ]

        @tf.function(input_signature=signature, jit_compile=choose_jit("auto"), autograph=False)
        def pooled(hu: tf.Tensor, down: tf.Tensor, across: tf.Tensor) -> tf.Tensor:
            probability = probabilities(network_logits(network, card, hu, renderer), card.activation)
            return ops.einsum("yh,nhwk,xw->nyxk", down, probability, across)

        self._pooled = pooled

    @classmethod
    def load(cls, folder: Path, checkpoint: str, batch: int) -> OrganFinder:
        """From a stage folder of `train`. Raises `TfpartialError` when its files are not there or do not fit."""
        card = read_card(folder)
        return cls(load_network(folder, checkpoint), card, batch, read_renderer(folder, card))

    def coarse(self, slabs: Iterable[tuple[int, np.ndarray]], grid: CoarseGrid) -> np.ndarray:
        """Probabilities on the coarse grid, float32 `[K, *cells]`, of slabs `(first slice, int16 HU [n, H, W, C])`.

        Raises `TfpartialError` when the network gives NaN.
        """
        volume = np.zeros((len(self.card.organs), *grid.cells_zyx), np.float32)
        _, down, across = grid.matrices
        for start, hu in slabs:
            for (part,), count in fixed_batches(self._batch, hu):
                grid.collect(volume, start, self._pooled(part, down, across).numpy()[:count])
                start += count
        if not np.isfinite(volume).all():
            raise TfpartialError("network: expected finite probabilities, got NaN or infinity")
        return volume.clip(0, 1)

    def find(
        self,
        slabs: Iterable[tuple[int, np.ndarray]],
        grid: CoarseGrid,
        prior: SpatialPrior,
        search: SearchConfig,
        labelled_mm: np.ndarray | None = None,
        absent: Collection[str] = (),
    ) -> dict[str, OrganPosition]:
        """Organ -> position; see `align_case`."""
        return align_case(self.coarse(slabs, grid), grid, prior, search, labelled_mm, absent)

    def find_stored(
        self,
        store: Store,
        case_id: CaseId,
        prior: SpatialPrior,
        search: SearchConfig,
        labelled_mm: np.ndarray | None = None,
        absent: Collection[str] = (),
    ) -> dict[str, OrganPosition]:
        """Organ -> position, of a case of a store; see `align_case`."""
        grid = case_grid(store, case_id, prior.grid_mm)
        return self.find(_slabs(store, case_id), grid, prior, search, labelled_mm, absent)


def _slabs(store: Store, case_id: CaseId) -> Iterator[tuple[int, np.ndarray]]:
    for start in range(0, store.cases[case_id].slices, SLAB):
        yield start, store.slices(case_id, start, start + SLAB)
