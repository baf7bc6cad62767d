"""Organ table, annotated sets, label codes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.errors import TfpartialError
from tfpartial.labels import IGNORE, OrganTable, keep_annotated

ORGANS = OrganTable(("liver", "spleen", "pancreas"))


def test_numbers_organs_from_one_in_their_order():
    assert [ORGANS.id_of(name) for name in ORGANS.names] == [1, 2, 3]
    assert ORGANS.name_of(2) == "spleen"


def test_vector_and_select_are_inverse():
    assert ORGANS.vector(["pancreas", "liver"]).tolist() == [True, False, True]
    assert ORGANS.select(np.array([True, False, True])) == ("liver", "pancreas")


def test_leaves_annotated_labels_background_and_ignored_voxels_alone():
    label = np.array([0, 1, 2, 3, IGNORE], dtype=np.uint8)
    assert keep_annotated(label, np.array([False, True, False])).tolist() == [0, 0, 2, 0, IGNORE]
    assert label.tolist() == [0, 1, 2, 3, IGNORE]


@given(st.lists(st.sampled_from([0, 1, 2, 3, IGNORE]), min_size=1), st.lists(st.booleans(), min_size=3, max_size=3))
def test_what_is_kept_is_a_subset_of_what_was_annotated(codes, annotated):
    label = np.array(codes, dtype=np.uint8)
    kept = keep_annotated(label, np.array(annotated))
    annotated_ids = {ORGANS.id_of(name) for name in ORGANS.select(np.array(annotated))}
    assert set(kept) - {0} == set(label) & (annotated_ids | {IGNORE})
    assert np.array_equal(keep_annotated(kept, np.array(annotated)), kept)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "expected 1 to 254 organs, got 0"),
        (tuple(str(number) for number in range(255)), "expected 1 to 254 organs, got 255"),
        (("liver", " "), "expected non-empty names"),
        (("liver", "spleen", "liver"), "got liver more than once"),
    ],
)
def test_refuses_an_impossible_table(names, message):
    with pytest.raises(TfpartialError, match=message):
        OrganTable(names)


def test_names_the_organs_it_knows_when_asked_for_another():
    with pytest.raises(TfpartialError, match="organ 'heart' is not in the organ table; expected one of liver, spleen, pancreas"):
        ORGANS.id_of("heart")
    with pytest.raises(TfpartialError, match=r"organ id 4 is outside the organ table; expected 1\.\.3"):
        ORGANS.name_of(4)
