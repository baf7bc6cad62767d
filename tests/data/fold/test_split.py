import dataclasses
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.artifacts import read_json
from tfpartial.data.fold.split import Fold, make_splits, read_fold, read_folds, write_splits
from tfpartial.data.manifest import Manifest, ManifestCase
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable

ORGANS = ("liver", "spleen")
ROOT = Path("/data")


def manifest_of(*cases: tuple[str, tuple[str, ...]]) -> Manifest:
    """Cases `c0`, `c1`, ... given as (patient, annotated organs)."""
    entries = {
        f"c{number}": ManifestCase(f"c{number}", ROOT, (), (), annotated, None, patient, (1, 1, 1), (1.0, 1.0, 1.0))
        for number, (patient, annotated) in enumerate(cases)
    }
    return Manifest("tiny", OrganTable(ORGANS), ("CT",), ORGANS, 0.1, entries)


ANNOTATED = st.sampled_from([(), ("liver",), ("spleen",), ORGANS])
MANIFESTS = st.lists(st.tuples(st.integers(0, 11).map("p{}".format), ANNOTATED), min_size=12, max_size=30).map(
    # Six patients with complete cases, so that every draw can be split.
    lambda cases: manifest_of(*cases, *((f"q{number}", ORGANS) for number in range(6)))
)


def folds_of(splits) -> list[Fold]:
    return [Fold(*(tuple(fold[part]) for part in ("train", "val", "test"))) for fold in splits["folds"]]


@given(MANIFESTS, st.sampled_from(["all", "complete"]), st.sampled_from([0.0, 0.1, 0.4]), st.integers(0, 5))
def test_no_patient_is_on_two_sides_of_a_fold(manifest, score_on, val_share, seed):
    for fold in folds_of(make_splits(manifest, 3, score_on, val_share, seed)):
        train, val, test = ({manifest.cases[case_id].patient for case_id in part} for part in (fold.train, fold.val, fold.test))
        assert not train & test
        assert not val & test
        assert not train & val
        assert bool(val) == (val_share > 0)


@given(MANIFESTS, st.sampled_from(["all", "complete"]), st.integers(0, 5))
def test_every_case_to_score_is_tested_once_and_nothing_else(manifest, score_on, seed):
    tested = [case_id for fold in folds_of(make_splits(manifest, 3, score_on, 0.1, seed)) for case_id in fold.test]
    labeled = [case.id for case in manifest.cases.values() if case.annotated]
    assert sorted(tested) == sorted(manifest.complete() if score_on == "complete" else labeled)


def test_incomplete_cases_train_in_every_fold_but_the_one_that_tests_their_patient():
    patients = [(f"p{number}", ORGANS) for number in range(6)]
    manifest = manifest_of(*patients, ("p0", ("liver",)), ("other", ("liver",)))
    folds = folds_of(make_splits(manifest, 3, "complete", val_share=0.0))
    assert all("c7" in fold.train for fold in folds)
    for fold in folds:
        assert ("c6" in fold.train) == ("c0" not in fold.test)
        assert "c6" not in fold.test


def test_unlabeled_cases_train_but_are_never_scored_and_choose_no_checkpoint():
    manifest = manifest_of(*((f"p{number}", ORGANS) for number in range(4)), *((f"u{number}", ()) for number in range(20)))
    for fold in folds_of(make_splits(manifest, 2, "all", val_share=0.5)):
        assert {f"c{number}" for number in range(4, 24)} <= set(fold.train)
        assert len(fold.val) == 1


def test_the_number_of_validation_patients_is_the_share_and_at_least_one():
    manifest = manifest_of(*((f"p{number}", ORGANS) for number in range(20)))
    assert [len(fold.val) for fold in folds_of(make_splits(manifest, 4, val_share=0.2))] == [3] * 4
    assert [len(fold.val) for fold in folds_of(make_splits(manifest, 4, val_share=0.001))] == [1] * 4
    assert [len(fold.test) for fold in folds_of(make_splits(manifest, 4))] == [5] * 4


def test_a_seed_gives_the_same_folds_again_and_another_seed_others():
    manifest = manifest_of(*((f"p{number}", ORGANS) for number in range(20)))
    assert make_splits(manifest, 5, seed=3) == make_splits(manifest, 5, seed=3)
    assert make_splits(manifest, 5, seed=3)["folds"] != make_splits(manifest, 5, seed=4)["folds"]


def test_warns_of_an_organ_that_a_fold_cannot_learn(caplog):
    manifest = manifest_of(("p0", ORGANS), *((f"p{number}", ("liver",)) for number in range(1, 6)))
    with caplog.at_level(logging.WARNING):
        make_splits(manifest, 2, val_share=0.0)
    assert [record.getMessage().split(": ")[1] for record in caplog.records] == [
        "no training case is annotated for 'spleen', so it cannot be learned"
    ]


@pytest.mark.parametrize(
    ("cases", "options", "message"),
    [
        (3, {"folds": 4}, "4 folds need as many patients with labeled cases, got 3"),
        (3, {"folds": 2, "score_on": "complete"}, "2 folds need as many patients with cases annotated for every organ, got 0"),
        (3, {"folds": 1}, "folds: expected 2 or more, got 1"),
        (3, {"folds": 2, "val_share": 1.0}, "val_share: expected a share of 0 or more and less than 1, got 1"),
        (
            2,
            {"folds": 2, "val_share": 0.1},
            "outside the test part, 1 to validate and 1 to train, got 1",
        ),
    ],
)
def test_says_why_it_cannot_split(cases, options, message):
    manifest = manifest_of(*((f"p{number}", ("liver",)) for number in range(cases)))
    with pytest.raises(TfpartialError, match=message):
        make_splits(manifest, **options)


def test_splits_are_written_once(tmp_path):
    manifest = manifest_of(*((f"p{number}", ORGANS) for number in range(8)))
    path = tmp_path / "splits.json"
    first = make_splits(manifest, 2, seed=0)
    write_splits(path, first)
    write_splits(path, first)
    with pytest.raises(TfpartialError, match="holds other splits"):
        write_splits(path, make_splits(manifest, 2, seed=1))
    assert read_json(path, "content") == first
    assert list(read_folds(path)) == folds_of(first)


@pytest.mark.parametrize("fold", [-1, 2])
def test_says_which_folds_there_are(tmp_path, fold):
    path = tmp_path / "splits.json"
    write_splits(path, make_splits(manifest_of(*((f"p{number}", ORGANS) for number in range(8))), 2))
    assert read_fold(path, 1) == read_folds(path)[1]
    with pytest.raises(TfpartialError, match=rf"expected a fold of 0\.\.1, got {fold}"):
        read_fold(path, fold)


def test_a_small_source_is_in_every_part_of_every_fold():
    cases = {
        f"{source}{number}": ManifestCase(
            f"{source}{number}", ROOT, (), (), ("liver",), source, f"{source}{number}", (1, 1, 1), (1.0, 1.0, 1.0)
        )
        for source, patients in (("large", 60), ("small", 8))
        for number in range(patients)
    }
    manifest = Manifest("joined", OrganTable(ORGANS), ("CT",), ORGANS, 0.1, cases)
    for fold in folds_of(make_splits(manifest, 4, val_share=0.1)):
        small = [sum(case_id.startswith("small") for case_id in part) for part in (fold.train, fold.val, fold.test)]
        assert small == [5, 1, 2]


def test_the_only_patient_of_a_source_trains():
    manifest = manifest_of(*((f"p{number}", ORGANS) for number in range(8)))
    alone = dataclasses.replace(manifest.cases["c0"], source="alone")
    manifest = dataclasses.replace(manifest, cases={**manifest.cases, "c0": alone})
    folds = folds_of(make_splits(manifest, 2, val_share=0.3))
    assert all("c0" not in fold.val for fold in folds)
