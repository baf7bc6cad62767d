"""Which slices training sees, and in what order (numpy only)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tfpartial.errors import TfpartialError


@dataclass(frozen=True)
class SliceIndex:
    """The slices that can teach something.

    Attributes:
        case: int32 `[N]`, number of the case.
        z: int32 `[N]`, slice of that case.
        shows_label: bool `[N]`: a visible organ is labelled there. The other slices are certain to be free of the annotated
            organs of their case. (Slices of cases with nothing annotated, and no label, teach nothing: they are left out.)
        organ_share: float `[N]`, how often a slice is drawn when the organs are to be seen equally often (see `organ_shares`).
    """

    case: np.ndarray
    z: np.ndarray
    shows_label: np.ndarray
    organ_share: np.ndarray

    @classmethod
    def build(cls, voxels: Sequence[np.ndarray], annotated: np.ndarray, visible: np.ndarray) -> SliceIndex:
        """The index of some cases.

        Args:
            voxels: per case int `[Z, K]`, labelled voxels per slice and organ.
            annotated: bool `[cases, K]`.
            visible: bool `[cases, K]`: organs whose labels training sees; the annotated ones, and in a layer with
                pseudo-labels all.
        """
        shows = [np.any(counts[:, seen] > 0, axis=1) for counts, seen in zip(voxels, visible, strict=True)]
        case = np.repeat(np.arange(len(shows), dtype=np.int32), [len(flags) for flags in shows])
        z = np.concatenate([np.arange(len(flags), dtype=np.int32) for flags in shows])
        shows_label = np.concatenate(shows)
        teaches = shows_label | np.any(annotated, axis=1)[case]
        share = organ_shares(annotated, case[teaches], shows_label[teaches])
        return cls(case[teaches], z[teaches], shows_label[teaches], share)

    def __len__(self) -> int:
        return len(self.case)


def epoch_size(index: SliceIndex, empty_share: float) -> int:
    """Number of slices in one epoch: all with a label, and `empty_share` of the others.

    Raises:
        TfpartialError: a share outside 0..1.
    """
    if not 0 <= empty_share <= 1:
        raise TfpartialError(f"empty_share: expected 0 to 1, got {empty_share:g}")
    labelled = int(index.shows_label.sum())
    return labelled + round(empty_share * (len(index) - labelled))


def organ_shares(annotated: np.ndarray, case: np.ndarray, shows_label: np.ndarray) -> np.ndarray:
    """Probabilities under which each organ's annotated cases are seen equally often, among slices with a label and among others.

    With few annotated cases of an organ, most slices tell nothing of where it is not: they show no background for it. Half of
    the draws are left to cases in which only pseudo-labels are certain.

    Args:
        annotated: bool `[cases, K]`.
        case: int `[N]`, the slices' cases.
        shows_label: bool `[N]`.

    Returns:
        float `[N]`, not negative; sums over either kind of slices are 1, or 0 where there are none.
    """
    share = np.zeros(len(case))
    for kind in (shows_label, ~shows_label):
        known = annotated[case] & kind[:, None]  # (N, K)
        of_organ = known / np.maximum(known.sum(axis=0), 1)  # each organ's column sums to 1
        share += of_organ.sum(axis=1)
        pseudo = kind & ~annotated[case].any(axis=1)
        if pseudo.any():
            share[pseudo] = max(share[kind & ~pseudo].sum(), 1.0) / pseudo.sum()
        share[kind] /= max(share[kind].sum(), 1e-12)
    return share


def epoch_order(index: SliceIndex, empty_share: float, seed: int, epoch: int, balanced: bool = False) -> np.ndarray:
    """The slices of one epoch in random order: every one with a label, and a share of the others, drawn anew.

    Args:
        index: the slices.
        empty_share: share of the slices without a label.
        seed: seed of the run.
        epoch: number of the epoch; with the seed it determines the result.
        balanced: draw as many with replacement, so that the organs' annotated cases are seen equally often.

    Returns:
        int64 `[epoch_size]`, places in `index`.
    """
    random = np.random.default_rng((seed, epoch))
    labelled, empty = np.flatnonzero(index.shows_label), np.flatnonzero(~index.shows_label)
    number = epoch_size(index, empty_share) - len(labelled)
    if balanced:
        parts = [
            random.choice(places, count, p=index.organ_share[places])
            for places, count in ((labelled, len(labelled)), (empty, number))
            if count
        ]
        return random.permutation(np.concatenate(parts))
    return random.permutation(np.concatenate([labelled, random.permutation(empty)[:number]]))


class BatchStream:
    """An endless series of batches in which each can be asked for by its number, so that a run resumes at any step.

    One epoch after the other; what is left of an epoch after its last whole batch is dropped, so that all batches have one
    shape. Each epoch has another order, so the same slices are not dropped again.

    Args:
        index: the slices.
        batch: slices per batch.
        empty_share: share of the slices without a label in each epoch.
        seed: seed of the order.
        balanced: see `epoch_order`.

    Raises:
        TfpartialError: an epoch has fewer slices than one batch.
    """

    def __init__(self, index: SliceIndex, batch: int, empty_share: float, seed: int, balanced: bool = False) -> None:
        size = epoch_size(index, empty_share)
        if batch < 1 or size < batch:
            raise TfpartialError(
                f"batch: expected 1 to {size}, the slices of one epoch "
                f"({int(index.shows_label.sum())} with a label, empty_share {empty_share:g}), got {batch}"
            )
        self.index = index
        self.batch = batch
        self.batches_per_epoch = size // batch
        # Two, because batches are read ahead across the end of an epoch.
        self._order = lru_cache(maxsize=2)(lambda epoch: epoch_order(index, empty_share, seed, epoch, balanced))

    def __getitem__(self, step: int) -> np.ndarray:
        """Batch number `step`, 0 or more: int `[batch]`, places in `index`."""
        epoch, place = divmod(step, self.batches_per_epoch)
        return self._order(epoch)[place * self.batch : (place + 1) * self.batch]
