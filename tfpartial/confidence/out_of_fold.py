"""What segmenters say of cases that they have not learned: the errors of new cases, which a confidence is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from tfpartial.artifacts import sha256
from tfpartial.confidence.card import require_no_prior, require_sigmoids
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.errors import TfpartialError
from tfpartial.losses.base import Tensor
from tfpartial.names import CaseId
from tfpartial.segmenter.card import SegmenterCard, read_card, require_same_data
from tfpartial.segmenter.network import load_network
from tfpartial.segmenter.seen_cases import read_seen_cases


class Member(NamedTuple):
    """A segmenter, and the mean and standard deviation of HU that it was trained with."""

    network: keras.Model
    mean: float
    sd: float


class OutOfFoldSegmenters:
    """Logits of each slice from a segmenter that has not learned its case.

    Args:
        members: the segmenters.
        of_case: int `[cases]`, for each training case the place of its segmenter.
        mean: mean of HU that slices come normalised with.
        sd: their standard deviation.
    """

    def __init__(self, members: Sequence[Member], of_case: np.ndarray, mean: float, sd: float) -> None:
        self._members = [(member.network, sd / member.sd, (mean - member.mean) / member.sd) for member in members]
        self._of_case = np.asarray(of_case, np.int32)

    def __call__(self, image: Tensor, case: Tensor) -> Tensor:
        """Logits, float32 `[B, H, W, K]`, of normalised slices `[B, H, W, C]` of the cases with these places, int32 `[B]`."""
        place = ops.reshape(ops.take(self._of_case, case), (-1, 1, 1, 1))
        found = [ops.cast(network(image * factor + shift, training=False), "float32") for network, factor, shift in self._members]
        logits = found[0]
        for number, other in enumerate(found[1:], start=1):
            logits = ops.where(ops.equal(place, number), other, logits)
        return logits


def read_out_of_fold(
    folders: Sequence[Path], checkpoint: str, cases: TrainingCases, card: SegmenterCard
) -> OutOfFoldSegmenters | None:
    """The segmenters of stage folders of `train`; none where there is no folder.

    Args:
        folders: the folders.
        checkpoint: `best` or `last`.
        cases: cases of the fold.
        card: card of the segmenter whose confidence is learned.

    Raises:
        TfpartialError: a folder without a segmenter that fits the data and the card, or that does not say what it has seen; a
            training case with experts' labels that all of them have seen.
    """
    if not folders:
        return None
    seen = [read_seen_cases(folder).of(checkpoint) for folder in folders]
    of_case = _places(seen, cases)
    members = [_member(folder, checkpoint, cases, card) for folder in folders]
    return OutOfFoldSegmenters(members, of_case, card.mean, card.sd)


def checksums(folders: Sequence[Path], checkpoint: str) -> tuple[str, ...]:
    """Checksum of each folder's checkpoint file."""
    return tuple(sha256(folder / f"{checkpoint}.keras") for folder in folders)


def _places(seen: Sequence[frozenset[CaseId]], cases: TrainingCases) -> np.ndarray:
    """For each training case the first segmenter that has not seen it; 0 where no voxel is certain."""
    found: Mapping[CaseId, int | None] = {
        case: next((place for place, of in enumerate(seen) if case not in of), None) for case in cases.train
    }
    uncovered = [case for case, place in found.items() if place is None and cases.annotated[case]]
    if uncovered:
        raise TfpartialError(
            f"segmenters: expected one that has not seen case '{uncovered[0]}'; all {len(seen)} have ({len(uncovered)} such "
            "training cases); train them with leave_out, one per part"
        )
    return np.array([place or 0 for place in found.values()], np.int32)


def _member(folder: Path, checkpoint: str, cases: TrainingCases, card: SegmenterCard) -> Member:
    own = read_card(folder)
    require_sigmoids(own, folder)
    require_no_prior(own, folder)
    require_same_data(own, cases.store, folder)
    if own.window_hu != card.window_hu:
        raise TfpartialError(f"{folder}: was trained with window_hu {own.window_hu}; expected {card.window_hu} as the model")
    return Member(load_network(folder, checkpoint), own.mean, own.sd)
