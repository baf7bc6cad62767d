"""A segmenter that is a rule and wrong in a known way, and slices to be wrong on."""

import keras
import numpy as np
import pytest

from tfpartial.labels import OrganTable
from tfpartial.models import FEATURES, LOGITS
from tfpartial.segmenter.card import NetworkSpec, SegmenterCard

SIZE = (16, 16)
CARD = SegmenterCard(
    organs=OrganTable(("organ", "other")),
    channel_names=("CT",),
    method="certain",
    activation="sigmoid",
    size=SIZE,
    spacing_mm=None,
    window_hu=(-1000.0, 1000.0),
    mean=0.0,
    sd=100.0,
    network=NetworkSpec("rule", 2, (*SIZE, 1), {}),
)


@pytest.fixture
def card():
    return CARD


@pytest.fixture
def rule_segmenter():
    """Organ 1 from 100 HU on, the surer the brighter; organ 2 nowhere."""
    inputs = keras.Input((*SIZE, 1))
    features = keras.layers.Conv2D(4, 1, activation="relu", name=FEATURES)
    logits = keras.layers.Conv2D(2, 1, dtype="float32", name=LOGITS)
    network = keras.Model(inputs, logits(features(inputs)), name="rule")
    features.set_weights([np.array([[[[1.0, 1.0, 1.0, -1.0]]]]), np.array([0.0, -1.0, -2.0, 0.0])])
    logits.set_weights([np.array([[[[1.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]]]), np.array([-1.0, -3.0])])
    return network


@pytest.fixture
def batch():
    """Slices of 0 HU, where half of the voxels from 100 HU on are the organ (150 HU) and half are none (300 HU)."""
    random = np.random.default_rng(0)
    kind = random.choice(3, (4, *SIZE), p=[0.6, 0.2, 0.2])
    hu = np.array([0, 150, 300], np.int16)[kind][..., None]
    return {"image": hu, "label": (kind == 1).astype(np.uint8), "annotated": np.full((4, 2), True), "kind": kind}
