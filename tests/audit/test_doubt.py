"""Which voxels are marked."""

import numpy as np
import pytest

from tfpartial.audit.doubt import against, mark_voxels

LABEL = np.array([[[0, 1, 1, 2, 2, 255]]], np.uint8)
PROBABILITY = np.array([[[0.9, 0.1, 0.9, 0.9, 0.1, 0.9]]], np.float32)


def mark(annotated, slabs=None):
    return mark_voxels(slabs or [(0, PROBABILITY)], LABEL, 1, annotated, 0.2)


def test_an_annotated_organ_is_doubted_where_the_true_class_probability_is_low():
    marks = mark(annotated=True)
    assert marks["not_seen"].mask.tolist() == [[[False, True, False, False, False, False]]]
    assert marks["not_labelled"].mask.tolist() == [[[True, False, False, True, False, False]]]
    assert marks["not_labelled"].probability == pytest.approx([0.9, 0.9])


def test_of_an_organ_that_is_not_annotated_only_positives_without_another_label_count():
    marks = mark(annotated=False)
    assert list(marks) == ["not_annotated"]
    assert marks["not_annotated"].mask.tolist() == [[[True, False, False, False, False, False]]]


def test_the_limits_themselves_count():
    label = np.array([[[0, 1]]], np.uint8)
    marks = mark_voxels([(0, np.array([[[0.75, 0.25]]], np.float32))], label, 1, True, 0.25)
    assert [int(marked.mask.sum()) for marked in marks.values()] == [1, 1]
    marks = mark_voxels([(0, np.array([[[0.5, 0.49]]], np.float32))], np.zeros((1, 1, 2), np.uint8), 1, False, 0.25)
    assert marks["not_annotated"].mask.tolist() == [[[True, False]]]


def test_slabs_give_what_the_whole_volume_gives():
    rng = np.random.default_rng(0)
    label, probability = rng.integers(0, 3, (5, 4, 4), np.uint8), rng.random((5, 4, 4), np.float32)
    whole = mark_voxels([(0, probability)], label, 1, True, 0.2)
    parts = mark_voxels([(0, probability[:2]), (2, probability[2:])], label, 1, True, 0.2)
    for kind, marked in whole.items():
        assert np.array_equal(parts[kind].mask, marked.mask)
        assert np.array_equal(parts[kind].probability, probability[marked.mask])


def test_how_sure_the_model_is_against_each_kind_of_label():
    assert against("not_seen", 0.1) == pytest.approx(0.9)
    assert against("not_labelled", 0.9) == against("not_annotated", 0.9) == 0.9
