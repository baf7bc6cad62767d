"""A predictor that needs no network, and the cases of the tiny run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tfpartial.data.fold.training_cases import TrainingCases, read_training_cases


class Shifted:
    """Predicts every wanted organ where it is, one voxel too far to the right; surer the brighter a voxel is."""

    def __init__(self, cases: TrainingCases) -> None:
        store = cases.store
        self._truth = {
            store.image(case)[z].tobytes(): store.label(case)[z] for case in store.cases for z in range(store.cases[case].slices)
        }

    def predict(self, hu: np.ndarray, wanted: np.ndarray, places=None) -> tuple[np.ndarray, np.ndarray]:
        truth = np.stack([np.roll(self._truth[piece.tobytes()], 1, axis=1) for piece in hu])
        organ = np.where(np.isin(truth, np.flatnonzero(wanted) + 1), truth, 0).astype(np.uint8)
        sure = np.clip((hu[..., 0].astype(np.float32) + 200) / 600, 0.01, 1)
        return organ, np.where(organ > 0, sure, 0).astype(np.float32)


@pytest.fixture(scope="session")
def cases(tiny_run) -> TrainingCases:
    return read_training_cases(tiny_run.store, tiny_run.splits, 0, tiny_run.annotations)


@pytest.fixture(scope="session")
def shifted(cases) -> Shifted:
    return Shifted(cases)


def _no_subnormals(confidence: np.ndarray) -> np.ndarray:
    return np.where(np.abs(confidence) < np.finfo(np.float32).tiny, 0, confidence)


def _by_sorting(probability: np.ndarray, confidence: np.ndarray, share: float) -> np.ndarray:
    candidates = np.flatnonzero(probability.ravel() >= 0.5)
    order = candidates[np.argsort(-_no_subnormals(confidence).ravel()[candidates].astype(np.float64), kind="stable")]
    mask = np.zeros(probability.size, bool)
    mask[order[: int(share * len(order) + 0.5)]] = True
    return mask.reshape(probability.shape)


@pytest.fixture(scope="session")
def by_sorting() -> Callable[[np.ndarray, np.ndarray, float], np.ndarray]:
    """The definition: sort the candidates, the surest first, of equal ones the first in the array, and take the share."""
    return _by_sorting
