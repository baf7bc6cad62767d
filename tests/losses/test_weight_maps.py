import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tfpartial.errors import TfpartialError
from tfpartial.labels import SURE_BACKGROUND, keep_annotated
from tfpartial.losses import RULES, targets_and_weights

LABEL = np.array([0, 1, 2, 255], dtype=np.uint8)
ONLY_FIRST = np.array([True, False])
OUTSIDE = np.array([True, False, False, True])

WEIGHTS = {  # of organ 1, of organ 2, along LABEL
    "certain": ([1, 1, 1, 0], [0, 1, 1, 0]),
    "naive": ([1, 1, 1, 0], [1, 1, 1, 0]),
    "positives": ([0, 1, 0, 0], [0, 0, 1, 0]),
    "any": ([0, 1, 1, 0], [0, 1, 1, 0]),
    "any_or_outside_box": ([1, 1, 1, 0], [1, 1, 1, 0]),
}


def maps(label, annotated, num_organs, rule="certain", **options):
    y, w = targets_and_weights(label, annotated, num_organs, rule=rule, **options)
    return keras.ops.convert_to_numpy(y), keras.ops.convert_to_numpy(w)


@pytest.mark.parametrize("rule", RULES)
def test_follows_the_table_of_its_rule(rule):
    y, w = maps(LABEL, ONLY_FIRST, 2, rule, outside_box=OUTSIDE if rule == "any_or_outside_box" else None)
    np.testing.assert_array_equal(y.T, [[0, 1, 0, 0], [0, 0, 1, 0]])
    np.testing.assert_array_equal(w.T, WEIGHTS[rule])
    assert y.dtype == w.dtype == np.float32


def test_sure_background_is_certain_for_every_organ_and_none_of_them():
    y, w = maps(np.array([SURE_BACKGROUND], np.uint8), ONLY_FIRST, 2)
    assert not y.any() and w.tolist() == [[1.0, 1.0]]


def test_takes_one_annotated_set_per_slice():
    label = np.zeros((2, 3, 4), np.uint8)
    _, w = maps(label, np.array([[True, False], [False, True]]), 2)
    assert w.shape == (2, 3, 4, 2)
    np.testing.assert_array_equal(w[0], np.broadcast_to([1, 0], (3, 4, 2)))
    np.testing.assert_array_equal(w[1], np.broadcast_to([0, 1], (3, 4, 2)))


def test_takes_one_annotated_set_for_all_slices_or_one_per_voxel():
    label = np.random.default_rng(0).choice(LABEL, (2, 3, 4))
    expected = maps(label, np.tile(ONLY_FIRST, (2, 1)), 2)
    for annotated in (ONLY_FIRST, np.tile(ONLY_FIRST, (2, 3, 4, 1))):
        np.testing.assert_array_equal(maps(label, annotated, 2), expected)


def test_reads_all_254_organs_out_of_a_byte():
    label = np.arange(256, dtype=np.uint8)
    y, w = maps(label, np.zeros(254, bool), 254)
    np.testing.assert_array_equal(y, np.eye(256, dtype=np.float32)[:, 1:255])
    np.testing.assert_array_equal(w, np.broadcast_to(((label > 0) & (label < 255))[:, None], (256, 254)))


def test_is_the_same_in_a_compiled_step_with_a_batch_of_any_size():
    label = np.random.default_rng(0).choice(LABEL, (3, 4, 5))
    annotated = np.array([[True, False], [False, True], [False, False]])
    signature = [tf.TensorSpec((None, 4, 5), tf.uint8), tf.TensorSpec((None, 2), tf.bool)]
    compiled = tf.function(lambda label, annotated: targets_and_weights(label, annotated, 2), input_signature=signature)
    np.testing.assert_array_equal(compiled(label, annotated), maps(label, annotated, 2))


@given(
    label=hnp.arrays(np.uint8, (2, 3, 4), elements=st.sampled_from([0, 1, 2, 3, 255])),
    annotated=hnp.arrays(bool, (2, 3)),
)
@settings(deadline=None)
def test_every_rule_is_what_numpy_says_and_never_learns_what_it_must_ignore(label, annotated):
    for rule in sorted(set(RULES) - {"any_or_outside_box"}):
        y, w = maps(label, annotated, 3, rule)
        for b, k in np.ndindex(2, 3):
            positive = label[b] == k + 1
            certain = {
                "certain": annotated[b, k] | (label[b] > 0),
                "naive": np.ones_like(positive),
                "positives": positive,
                "any": label[b] > 0,
            }[rule]
            np.testing.assert_array_equal(y[b, ..., k], positive)
            np.testing.assert_array_equal(w[b, ..., k], certain & (label[b] != 255))


@given(beta=st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20)), missing=st.integers(0, 4))
@settings(deadline=None)
def test_learns_the_shares_of_table_3_1(beta, missing):
    """Confusion of the used labels against the truth, organ 1, as shares of all voxels; `missing` of 4 patients lack its label.

    Section 3.3.1 of the thesis calls the missing share alpha; here, as in its experiments, alpha is the share that is kept.
    """
    patients, voxels = 4, 100
    truth = np.repeat([1, 2, 3, 0], [*beta, voxels - sum(beta)]).astype(np.uint8)
    annotated = np.ones((patients, 3), bool)
    annotated[:missing, 0] = False
    label = np.stack([keep_annotated(truth, kept) for kept in annotated])
    alpha, of_organ, of_others = 1 - missing / patients, beta[0] / voxels, (beta[1] + beta[2]) / voxels

    y, w = maps(label, annotated, 3, "naive")
    assert confusion(truth, y[..., 0], w[..., 0]) == pytest.approx(
        {"TP": alpha * of_organ, "FN": (1 - alpha) * of_organ, "FP": 0, "TN": 1 - of_organ}
    )
    y, w = maps(label, annotated, 3, "certain")
    # The other organs are certain negatives of the patients that lack the label: the table's epsilon, none twice.
    epsilon = (1 - alpha) * of_others
    assert confusion(truth, y[..., 0], w[..., 0]) == pytest.approx(
        {"TP": alpha * of_organ, "FN": 0, "FP": 0, "TN": alpha * (1 - of_organ) + epsilon}
    )


def confusion(truth, y, w):
    is_organ = np.broadcast_to(truth == 1, y.shape)
    return {
        "TP": np.mean(w * y * is_organ),
        "FN": np.mean(w * (1 - y) * is_organ),
        "FP": np.mean(w * y * ~is_organ),
        "TN": np.mean(w * (1 - y) * ~is_organ),
    }


BAD_CALLS = {
    "weight rule 'sure' does not exist; expected one of certain, naive, positives, any, any_or_outside_box": ({"rule": "sure"}),
    r"weight rule 'any_or_outside_box' expects outside_box: bool, one value per voxel; got none": (
        {"rule": "any_or_outside_box"}
    ),
    r"label map: expected an integer type, got float32": {"label": np.zeros((2, 3), np.float32)},
    r"annotated sets: expected \[..., 2\] with the leading dimensions of the label map \(2, 3\), got \(2, 3\)": (
        {"annotated": np.zeros((2, 3), bool)}
    ),
    r"annotated sets: expected \[..., 2\] .* label map \(2, 3\), got \(3, 2\)": {"annotated": np.zeros((3, 2), bool)},
    r"annotated sets: expected \[..., 2\] .* label map \(2, 3\), got \(2, 3, 1, 2\)": (
        {"annotated": np.zeros((2, 3, 1, 2), bool)}
    ),
    r"outside_box: expected the shape of the label map \(2, 3\), got \(3, 2\)": (
        {"rule": "any_or_outside_box", "outside_box": np.zeros((3, 2), bool)}
    ),
}


@pytest.mark.parametrize("message", BAD_CALLS)
def test_says_what_is_wrong_with_a_call(message):
    call = {"label": np.zeros((2, 3), np.uint8), "annotated": np.zeros((2, 2), bool), "num_organs": 2}
    with pytest.raises(TfpartialError, match=message):
        targets_and_weights(**(call | BAD_CALLS[message]))
