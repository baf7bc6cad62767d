"""Labels of two tiny cases in memory, of which the annotated sets took organs away, and a predictor that is a rule."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tfpartial.labels import OrganTable
from tfpartial.relabel.current_labels import CurrentLabels

ORGANS = OrganTable(("liver", "spleen", "stomach"))
LIVER, SPLEEN, STOMACH = 1, 2, 3


class FakeStore:
    """What candidates are taken from: four slices of 8 x 8 per case."""

    root, organs, size, spacing_mm = "store", ORGANS, (8, 8), (1.0, 1.0)

    def __init__(self):
        self.hu = {case: np.random.default_rng(seed).integers(-50, 150, (4, 8, 8, 1), np.int16) for seed, case in enumerate("ab")}
        self.labels = {case: np.where(hu[..., 0] > 40, SPLEEN, 0).astype(np.uint8) for case, hu in self.hu.items()}
        for label in self.labels.values():
            label[:, :2] = LIVER
        experts = {"a": ("liver", "spleen", "stomach"), "b": ("liver", "spleen")}
        self.cases = {
            case: SimpleNamespace(id=case, annotated=experts[case], slices=4, spacing_mm_zyx=(5.0, 1.0, 1.0)) for case in "ab"
        }

    def image(self, case):
        return self.hu[case]

    def numbers(self, case, z):
        return self.hu[case][z, ..., 0]

    def slices(self, case, start, stop):
        return self.hu[case][start:stop].copy()

    def label(self, case):
        return self.labels[case]


class RulePredictor:
    """Spleen from 20 HU on, if that is wanted; the brighter, the surer."""

    card = SimpleNamespace(window_hu=(-50.0, 150.0))

    def predict(self, hu, wanted, places=None):
        organ = np.where((hu[..., 0] >= 20) & wanted[SPLEEN - 1], SPLEEN, 0).astype(np.uint8)
        return organ, np.where(organ > 0, 0.5 + hu[..., 0] / 300, 0).astype(np.float32)


@pytest.fixture
def store():
    return FakeStore()


@pytest.fixture
def predictor():
    return RulePredictor()


@pytest.fixture
def current(store):
    """Case a, of which only the liver is annotated."""
    return CurrentLabels(store, "a", ("liver",))
