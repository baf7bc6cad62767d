"""Each network learns a slice by heart, and goes on where its training stopped."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from overfit import overfit

from tfpartial.config import AugmentConfig, LossConfig
from tfpartial.training import Objective, PartialSegmenter
from tfpartial.training.checkpoint import Progress, load_state, save_state


def trainer_of(network):
    objective = Objective("certain", 3, LossConfig({"bce": {"weight": 1.0}, "dice": {"weight": 1.0}}))
    trainer = PartialSegmenter(network, objective, (-160.0, 300.0), 0.0, 100.0, augment=AugmentConfig())
    trainer.compile(optimizer=keras.optimizers.Adam(1e-3))
    return trainer


def batch(shape, seed):
    random = np.random.default_rng(seed)
    return {
        "image": tf.constant(random.integers(-200, 400, (1, *shape)), tf.int16),
        "label": tf.constant(random.integers(0, 4, (1, *shape[:2])), tf.uint8),
        "annotated": tf.constant([[True, True, False]]),
    }


def steps(trainer, shape, numbers):
    return [float(trainer.train_step(batch(shape, number))["loss"]) for number in numbers]


@pytest.mark.slow
def test_two_steps_and_two_after_a_stop_are_four(subject, tmp_path):
    straight, stopped, resumed = (trainer_of(subject.build(seed=seed)) for seed in (0, 0, 1))
    # Sums of many threads differ in their last digit, of which Adam makes whole steps where a gradient is nearly 0.
    tf.config.experimental.enable_op_determinism()
    steps(straight, subject.shape, range(4))
    steps(stopped, subject.shape, range(2))
    save_state(tmp_path / "state.npz", stopped, Progress(1))
    assert load_state(tmp_path / "state.npz", resumed).epochs == 1
    steps(resumed, subject.shape, range(2, 4))
    assert int(resumed.optimizer.iterations) == 4
    pairs = zip(straight.network.variables, resumed.network.variables, strict=True)
    for one, other in pairs:
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-6, err_msg=one.path)
    moved = [np.abs(one - two).max() for one, two in zip(straight.network.variables, stopped.network.variables, strict=True)]
    assert max(moved) > 1e-4, "the last two steps change the weights by more than the tolerance"


@pytest.mark.slow
def test_learns_a_slice_by_heart(subject):
    network = subject.build(2, (*subject.row.sides, 1))
    assert overfit(network) > 0.95
