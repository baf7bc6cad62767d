"""The parts that are left out in turn."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.data.fold.parts import divide
from tfpartial.data.fold.training_cases import read_training_cases
from tfpartial.errors import TfpartialError


def test_rare_organs_are_shared_first():
    annotated = {"a": ["liver"], "b": ["liver"], "c": ["liver", "spleen"], "d": ["liver", "spleen"]}
    part_of = divide({case: case for case in annotated}, annotated, 2)
    assert {part_of["c"], part_of["d"]} == {part_of["a"], part_of["b"]} == {0, 1}


@given(
    st.dictionaries(st.integers(0, 30), st.tuples(st.integers(0, 9), st.sets(st.sampled_from("klm"))), min_size=1),
    st.integers(2, 4),
)
def test_patients_stay_together_and_the_parts_do_not_depend_on_the_order(cases, parts):
    patients = {f"c{case}": f"p{patient}" for case, (patient, _) in cases.items()}
    annotated = {f"c{case}": organs for case, (_, organs) in cases.items()}
    if len(set(patients.values())) < parts:
        with pytest.raises(
            TfpartialError, match=rf"leave_out: expected {parts} training patients or more for {parts} parts, got"
        ):
            divide(patients, annotated, parts)
        return
    part_of = divide(patients, annotated, parts)
    assert len({(patients[case], part) for case, part in part_of.items()}) == len(set(patients.values()))
    assert part_of == divide(dict(reversed(patients.items())), annotated, parts)


@given(st.lists(st.booleans(), min_size=4, max_size=20), st.integers(2, 4))
def test_of_one_organ_each_part_has_as_many(spleens, parts):
    annotated = {f"c{number:02d}": ["spleen"] * spleen for number, spleen in enumerate(spleens)}
    part_of = divide({case: case for case in annotated}, annotated, parts)
    counts = Counter(part_of[case] for case, organs in annotated.items() if organs)
    assert max(counts.values(), default=0) - min((counts[part] for part in range(parts)), default=0) <= 1


def test_each_training_case_is_left_out_once_and_the_validation_stays(tiny_run):
    whole = read_training_cases(tiny_run.store, tiny_run.splits, 0, None)
    parts = [read_training_cases(tiny_run.store, tiny_run.splits, 0, None, leave_out=(part, 2)) for part in (0, 1)]
    left_out = [set(whole.train) - set(part.train) for part in parts]
    assert all(left_out) and not left_out[0] & left_out[1] and left_out[0] | left_out[1] == set(whole.train)
    assert {part.val for part in parts} == {whole.val}


def test_a_part_that_alone_has_an_organ_cannot_be_left_out(tiny_run):
    whole = read_training_cases(tiny_run.store, tiny_run.splits, 0, None)
    parts = len({whole.store.cases[case].patient for case in whole.train})
    with pytest.raises(TfpartialError, match=rf"leave_out: expected {parts + 1} training patients or more"):
        read_training_cases(tiny_run.store, tiny_run.splits, 0, None, leave_out=(0, parts + 1))
    with pytest.raises(TfpartialError, match=r"annotated in no training case of fold 0 without part \d of 2; raise alpha"):
        for part in (0, 1):
            read_training_cases(tiny_run.store, tiny_run.splits, 0, tiny_run.annotations, leave_out=(part, 2))
