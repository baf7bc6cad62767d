"""What the compiled step does with the prior of a batch: it moves as the slice does, and errs anew at each step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfpartial.config import AugmentConfig
from tfpartial.priors import OrganPrior, SpatialPrior
from tfpartial.priors.render import PriorRenderer
from tfpartial.training.network_trainer import NetworkTrainer

SIZE = (24, 24)
AUGMENT = AugmentConfig(translation=0.25, rotation_deg=20, scale=0.2)


class Watched(NetworkTrainer):
    """Keeps the batch that the loss would see."""

    def targets(self, batch):
        self.seen = {name: np.asarray(value) for name, value in batch.items()}
        return batch

    def terms(self, logits, targets):
        return {"loss": tf.reduce_mean(tf.square(logits))}


def trainer(augment=None, jitter_mm=0.0, seed=0):
    """A trainer whose two organs have priors of a block of 9 x 11 voxels of 1 mm."""
    slices, prior = keras.Input((*SIZE, 1)), keras.Input((*SIZE, 2))
    outputs = keras.layers.Conv2D(1, 1)(keras.layers.Concatenate()([slices, prior]))
    own = {organ: OrganPrior(organ, np.ones((1, 9, 11), np.float32), 40.0, 1.0, 99) for organ in "ab"}
    renderer = PriorRenderer(SpatialPrior(("a", "b"), own), SIZE)
    network = keras.Model([slices, prior], outputs)
    model = Watched(network, ("loss",), (-160, 300), 10.0, 90.0, augment, seed, "watched", renderer, jitter_mm)
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    return model


def batch(slices=4):
    """The block is organ 1 about voxel (10, 12), and organ 2 has its place there too."""
    label = np.zeros((slices, *SIZE), np.uint8)
    label[:, 6:15, 7:18] = 1
    offset = np.tile(np.float32([0, 10 - 11.5, 12 - 11.5]), (slices, 2, 1))
    return {
        "image": tf.zeros((slices, *SIZE, 1), tf.int16),
        "label": tf.constant(label),
        "annotated": tf.ones((slices, 2), bool),
        "prior_offset": tf.constant(offset),
        "spacing_mm": tf.ones((slices, 3)),
    }


def seen(model):
    model.train_step(batch())
    return model.seen


def test_the_prior_is_moved_with_the_augmented_slice():
    plain, moved = seen(trainer()), seen(trainer(AUGMENT))
    assert (moved["label"] != plain["label"]).mean() > 0.05, "the augmentation moves the organ"
    for one in (plain, moved):
        label, prior = one["label"] == 1, one["prior"][..., 0]
        assert (label == (prior > 0.5)).mean() > 0.97  # nearest and bilinear differ along the border
    overlap = np.minimum(moved["label"] == 1, plain["prior"][..., 0] > 0.5).sum() / (moved["label"] == 1).sum()
    assert overlap < 0.9, "a prior that stayed would be seen"


def test_the_errors_of_the_places_are_drawn_anew_at_each_step():
    model = trainer(jitter_mm=3.0)
    first, second = seen(model)["prior"], seen(model)["prior"]
    assert (first != second).any(axis=(1, 2)).all(), "every slice and organ errs otherwise at the next step"
    assert (first[0] != first[1]).any() and (first[..., 0] != first[..., 1]).any()


def test_a_resumed_step_draws_the_errors_that_the_uninterrupted_one_would_have_drawn():
    model, resumed = trainer(jitter_mm=3.0), trainer(jitter_mm=3.0)
    seen(model)
    resumed.optimizer.iterations.assign(1)
    np.testing.assert_array_equal(seen(model)["prior"], seen(resumed)["prior"])


def test_each_organ_may_err_by_its_own_length():
    exact, erring = seen(trainer())["prior"], seen(trainer(jitter_mm=np.float32([0, 4])))["prior"]
    np.testing.assert_array_equal(erring[..., 0], exact[..., 0])
    assert (erring[..., 1] != exact[..., 1]).any(axis=(1, 2)).all()


def test_the_errors_have_the_length_that_is_asked_for():
    """Of the middle row of the prior, where it is on the slice at all."""
    model, rows = trainer(jitter_mm=1.5), []
    for _ in range(40):
        shown = seen(model)["prior"].max(axis=2) > 0.5  # (slices, rows, organs)
        rows += [np.flatnonzero(one).mean() for one in np.moveaxis(shown, -1, 1).reshape(-1, SIZE[0]) if one.any()]
    assert len(rows) > 100 and np.std(rows) == pytest.approx(1.5, rel=0.2)
