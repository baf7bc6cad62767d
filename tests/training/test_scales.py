"""A batch on coarser grids, and a loss at several scales."""

import numpy as np
import pytest
import tensorflow as tf

from tfpartial.config import LossConfig
from tfpartial.training import Objective
from tfpartial.training.scales import at_grid, scale_weights

LABEL = np.uint8([[[0, 1, 2, 255], [1, 0, 0, 2], [0, 0, 1, 1], [2, 255, 0, 0]]])
BCE = LossConfig({"bce": {"weight": 1.0}})


def batch(annotated=(True, False)):
    return {"label": tf.constant(LABEL), "annotated": tf.constant([annotated]), "spacing_mm": tf.constant([[5.0, 1.0, 2.0]])}


def test_weights_are_halved_from_scale_to_scale_and_sum_to_1():
    assert scale_weights(3) == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert scale_weights(1) == [1.0]


@pytest.mark.parametrize(
    ("grid", "label"),
    [
        ((2, 2), [[0, 2], [255, 0]]),
        ((4, 2), [[1, 255], [0, 2], [0, 1], [255, 0]]),
        ((1, 1), [[1]]),
        ((4, 4), LABEL[0]),
    ],
)
def test_labels_are_picked_and_never_mixed(grid, label):
    np.testing.assert_array_equal(at_grid(batch(), grid)["label"][0], label)


def test_every_map_is_picked_alike_and_what_is_no_map_stays():
    maps = {
        "image": tf.constant(LABEL[..., None].astype("float32")),
        "prior": tf.constant(np.stack([LABEL, LABEL], -1).astype("float32")),
        "outside_box": tf.constant(LABEL == 255),
    }
    coarse = at_grid(batch() | maps, (2, 2))
    np.testing.assert_array_equal(coarse["image"][0, ..., 0], [[0, 2], [255, 0]])
    np.testing.assert_array_equal(coarse["prior"][0, ..., 1], [[0, 2], [255, 0]])
    np.testing.assert_array_equal(coarse["outside_box"][0], [[False, False], [True, False]])
    np.testing.assert_array_equal(coarse["annotated"], [[True, False]])


def test_the_spacing_is_that_of_the_coarse_grid():
    np.testing.assert_array_equal(at_grid(batch(), (2, 1))["spacing_mm"], [[5.0, 2.0, 8.0]])


def test_the_loss_is_the_weighted_mean_of_the_scales():
    """Each scale by itself, with its labels picked by hand: 2/3 of the fine one and 1/3 of the coarse one."""
    rng = np.random.default_rng(0)
    fine, coarse = (rng.normal(size=(1, side, side, 2)).astype("float32") for side in (4, 2))
    both = LossConfig({"bce": {"weight": 1.0}, "dice": {"weight": 2.0}})
    objective = Objective("certain", 2, both)
    values = objective(batch(), [fine, coarse])
    small = batch() | {"label": tf.constant(np.uint8([[[0, 2], [255, 0]]]))}
    alone = [objective(batch(), fine), objective(small, coarse)]
    for name in ("bce", "dice", "loss"):
        expected = 2 / 3 * float(alone[0][name]) + 1 / 3 * float(alone[1][name])
        assert float(values[name]) == pytest.approx(expected, rel=1e-6)
    assert float(alone[0]["bce"]) != pytest.approx(float(alone[1]["bce"]), rel=1e-2)


def test_what_is_unknown_teaches_nothing_at_any_scale():
    """Organ 2 is not annotated: certain only where a label is. Of the coarse voxels that is one; another is ignored."""
    coarse = tf.Variable(tf.zeros((1, 2, 2, 2)))
    with tf.GradientTape() as tape:
        loss = Objective("certain", 2, BCE)(batch(), [tf.zeros((1, 4, 4, 2)), coarse])["loss"]
    slope = tape.gradient(loss, coarse).numpy()[0]
    np.testing.assert_array_equal(slope[..., 0] != 0, [[True, True], [False, True]])
    np.testing.assert_array_equal(slope[..., 1] != 0, [[False, True], [False, False]])


def test_a_ramp_weighs_all_scales():
    objective = Objective("certain", 2, LossConfig({"bce": {"ramp": [0, 10]}}))
    values = objective(batch(), [tf.zeros((1, 4, 4, 2)), tf.zeros((1, 2, 2, 2))], step=5)
    assert float(values["loss"]) == pytest.approx(float(values["bce"]) / 2)
