"""Batches of drawn slices, by their number (numpy only)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from tfpartial.config.common import require_shares
from tfpartial.data.feed.draws import Draws, epoch_order, epoch_size
from tfpartial.data.feed.slice_index import SliceIndex
from tfpartial.errors import TfpartialError


class BatchStream:
    """An endless series of batches in which each can be asked for by its number, so that a run resumes at any step.

    One epoch after the other; what is left of an epoch after its last whole batch is dropped, so that all batches have one
    shape. Each epoch has another order, so the same slices are not dropped again.

    Args:
        index: the slices.
        batch: slices per batch.
        draws: how they are drawn.
        seed: seed of the order.

    Raises:
        TfpartialError: shares that are none; an epoch has fewer slices than one batch.
    """

    def __init__(self, index: SliceIndex, batch: int, draws: Draws, seed: int) -> None:
        require_shares(draws.empty_share, draws.organ_share, draws.pseudo_share if draws.sampling == "organs" else 0.0)
        size = epoch_size(index, draws)
        if batch < 1 or size < batch:
            share = "each once" if draws.empty_share is None else f"empty_share {draws.empty_share:g}"
            raise TfpartialError(
                f"batch: expected 1 to {size}, the slices of one epoch "
                f"({int(index.shows_label.sum())} with a label; empty ones: {share}), got {batch}"
            )
        self.index = index
        self.batch = batch
        self.batches_per_epoch = size // batch
        # Two, because batches are read ahead across the end of an epoch.
        self._order = lru_cache(maxsize=2)(lambda epoch: epoch_order(index, draws, seed, epoch))

    def __getitem__(self, step: int) -> np.ndarray:
        """Batch number `step`, 0 or more: int `[batch]`, places in `index`."""
        epoch, place = divmod(step, self.batches_per_epoch)
        return self._order(epoch)[place * self.batch : (place + 1) * self.batch]

    def counts(self, steps: range, organs: Sequence[str]) -> dict[str, int]:
        """How many slices of these batches are of each stratum; see `SliceIndex.counts`."""
        return self.index.counts(np.concatenate([self[step] for step in steps]), organs)
