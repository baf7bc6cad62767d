"""What every loss owes to the weight map."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tfpartial.losses import PartialBinaryCrossentropy, PartialCategoricalCrossentropy, PartialDice, targets_and_weights

SHAPE = (2, 3, 4)
K = 3
LOSSES = {
    **{f"bce {reduction}": (PartialBinaryCrossentropy(reduction), K) for reduction in ("batch_mean", "valid_mean")},
    **{f"cce {reduction}": (PartialCategoricalCrossentropy(reduction), K + 1) for reduction in ("batch_mean", "valid_mean")},
    **{f"dice {organs}": (PartialDice(organs), K) for organs in ("weighted", "present", "all")},
    "softmax dice": (PartialDice(activation="softmax"), K + 1),
}

labels = hnp.arrays(np.uint8, SHAPE, elements=st.sampled_from([0, 1, 2, 3, 255]))
annotated_sets = hnp.arrays(bool, (SHAPE[0], K))
seeds = st.integers(0, 2**32 - 1)


def loss_and_gradient(loss, targets, logits, weights):
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss(targets, logits, sample_weight=weights)
    return value.numpy(), tf.convert_to_tensor(tape.gradient(value, logits)).numpy()


def uncertain(weights, channels):
    """bool `[..., channels]`: the logits about which nothing is certain; a softmax is uncertain as a whole."""
    return weights == 0 if channels == K else np.repeat(weights.min(-1, keepdims=True) == 0, channels, axis=-1)


@pytest.mark.parametrize("name", LOSSES)
@given(label=labels, annotated=annotated_sets, seed=seeds)
@settings(deadline=None, max_examples=25)
def test_what_is_not_certain_changes_neither_loss_nor_gradient(name, label, annotated, seed):
    loss, channels = LOSSES[name]
    random = np.random.default_rng(seed)
    targets, weights = (np.array(array) for array in targets_and_weights(label, annotated, K))
    logits = random.normal(scale=3.0, size=(*SHAPE, channels)).astype(np.float32)
    before = loss_and_gradient(loss, targets, logits, weights)
    np.testing.assert_array_equal(before[1][uncertain(weights, channels)], 0.0)

    other_targets = np.where(uncertain(weights, channels)[..., -K:], random.integers(0, 2, targets.shape), targets)
    other_logits = np.where(uncertain(weights, channels), random.normal(scale=30.0, size=logits.shape), logits)
    after = loss_and_gradient(loss, other_targets.astype(np.float32), other_logits.astype(np.float32), weights)
    np.testing.assert_array_equal(before[0], after[0])
    np.testing.assert_array_equal(before[1], after[1])


@given(label=labels, annotated=annotated_sets, seed=seeds)
@settings(deadline=None, max_examples=25)
def test_logits_of_an_unknown_organ_are_free_outside_the_other_organs(label, annotated, seed):
    assume(not annotated.all())
    slice_index, organ = np.argwhere(~annotated)[0]
    unknown = (label[slice_index] == 0) | (label[slice_index] == 255)
    random = np.random.default_rng(seed)
    logits = random.normal(size=(*SHAPE, K)).astype(np.float32)
    moved = logits.copy()
    moved[slice_index, unknown, organ] = random.normal(scale=30.0, size=unknown.sum())
    targets, weights = targets_and_weights(label, annotated, K)
    for name in ("bce batch_mean", "bce valid_mean", "dice present"):
        for was, now in zip(
            loss_and_gradient(LOSSES[name][0], targets, logits, weights),
            loss_and_gradient(LOSSES[name][0], targets, moved, weights),
            strict=True,
        ):
            np.testing.assert_array_equal(was, now)


@pytest.mark.parametrize("name", LOSSES)
def test_nothing_certain_gives_zero_and_no_gradient(name):
    loss, channels = LOSSES[name]
    targets, weights = targets_and_weights(np.full(SHAPE, 255, np.uint8), np.ones((SHAPE[0], K), bool), K)
    value, gradient = loss_and_gradient(loss, targets, np.ones((*SHAPE, channels), np.float32), weights)
    assert value == 0.0
    np.testing.assert_array_equal(gradient, 0.0)
