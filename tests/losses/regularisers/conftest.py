import numpy as np
import pytest

from tfpartial.losses import LossInputs


def logits_of(probabilities):
    """Of sigmoids with these probabilities; 0 and 1 are reached at logits of 1e4."""
    with np.errstate(divide="ignore"):
        p = np.array(probabilities, "float64")
        return np.clip(np.log(p) - np.log1p(-p), -1e4, 1e4)


@pytest.fixture
def sigmoids():
    """Inputs of the probabilities `[voxels, K]` of one slice; nothing is certain without `weights` and `targets`."""

    def inputs(probabilities, weights=None, targets=None):
        shape = np.shape(probabilities)
        weights, targets = (np.zeros(shape) if each is None else each for each in (weights, targets))
        return _inputs(logits_of(probabilities), weights, targets)

    return inputs


@pytest.fixture
def softmax():
    """The same of the probabilities `[voxels, K + 1]` of a softmax."""

    def inputs(probabilities, weights=None, targets=None):
        voxels, channels = np.shape(probabilities)
        weights, targets = (np.zeros((voxels, channels - 1)) if each is None else each for each in (weights, targets))
        return _inputs(np.log(np.maximum(probabilities, 1e-300)), weights, targets)

    return inputs


def _inputs(logits, weights, targets):
    logits, weights, targets = (np.array(each, "float32")[None, None] for each in (logits, weights, targets))
    return LossInputs(targets, weights, {1: logits}, np.ones((1, targets.shape[-1]), bool))
