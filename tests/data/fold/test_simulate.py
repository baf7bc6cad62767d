from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.artifacts import write_json
from tfpartial.data.fold.simulate import read_annotations, thin
from tfpartial.data.fold.split import Fold
from tfpartial.data.manifest import Manifest, ManifestCase
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable

ORGANS = ("liver", "spleen", "aorta")
ROOT = Path("/data")
ALPHAS = st.floats(0.01, 1.0)


def manifest_of(annotated: list[tuple[str, ...]]) -> Manifest:
    cases = {
        f"c{number}": ManifestCase(f"c{number}", ROOT, (), (), organs, None, f"c{number}", (1, 1, 1), (1.0, 1.0, 1.0))
        for number, organs in enumerate(annotated)
    }
    return Manifest("tiny", OrganTable(ORGANS), ("CT",), ORGANS, 0.1, cases)


def kept_for(annotations, organ, fold=0) -> set[str]:
    return {case_id for case_id, organs in annotations["folds"][fold].items() if organ in organs}


ANNOTATED = st.sets(st.sampled_from(ORGANS)).map(lambda organs: tuple(organ for organ in ORGANS if organ in organs))
SETS = st.lists(ANNOTATED, min_size=4, max_size=40)


def fold_of(manifest: Manifest) -> Fold:
    """The first case tests, the second validates, the others train."""
    first, second, *others = manifest.cases
    return Fold(tuple(others), (second,), (first,))


@given(SETS, ALPHAS, ALPHAS, st.integers(0, 9))
def test_what_a_small_share_keeps_a_larger_one_keeps_too(sets, one, other, seed):
    manifest = manifest_of(sets)
    small, large = (thin(manifest, [fold_of(manifest)], alpha, seed) for alpha in sorted((one, other)))
    for organ in ORGANS:
        assert kept_for(small, organ) <= kept_for(large, organ)


@given(SETS, ALPHAS, st.integers(0, 9))
def test_only_labels_that_were_there_stay_and_test_cases_are_not_touched(sets, alpha, seed):
    manifest = manifest_of(sets)
    (kept,) = thin(manifest, [fold_of(manifest)], alpha, seed)["folds"]
    assert set(kept) == set(manifest.cases) - {"c0"}
    assert all(set(organs) <= set(manifest.cases[case_id].annotated) for case_id, organs in kept.items())


@given(SETS, st.integers(0, 9))
def test_all_labels_stay_at_a_share_of_one(sets, seed):
    manifest = manifest_of(sets)
    (kept,) = thin(manifest, [fold_of(manifest)], 1.0, seed)["folds"]
    assert kept == {case_id: list(manifest.cases[case_id].annotated) for case_id in kept}


@pytest.mark.parametrize(
    ("alpha", "cases", "expected"),
    [
        (0.3, 10, 3),
        (0.3, 5, 2),  # 1.5 rounds up
        (0.1, 4, 1),  # never none
        (0.5, 1, 1),
        (0.29, 50, 15),  # 14.5 rounds up, though 0.29 * 50 is 14.499999999999998
        (0.1, 0, 0),
    ],
)
def test_the_number_of_kept_labels_is_exact(alpha, cases, expected):
    manifest = manifest_of([("liver",)] * (cases + 2) if cases else [(), (), ()])
    fold = Fold(tuple(manifest.cases)[2:], (), ())
    assert len(kept_for(thin(manifest, [fold], alpha), "liver")) == expected


@given(st.integers(4, 30), st.integers(0, 9))
def test_another_case_does_not_change_the_order_of_the_others(cases, seed):
    """Leaving one case out removes it from the ranking and moves nobody past another."""
    manifest = manifest_of([("liver",)] * cases)
    everyone = tuple(manifest.cases)

    def ranking(case_ids: tuple[str, ...]) -> list[str]:
        fold = Fold(case_ids, (), ())
        shares = [(number + 1) / len(case_ids) for number in range(len(case_ids))]
        kept = [kept_for(thin(manifest, [fold], share, seed), "liver") for share in shares]
        return [(later - earlier).pop() for earlier, later in zip([set(), *kept], kept, strict=False)]

    assert ranking(everyone[:-1]) == [case_id for case_id in ranking(everyone) if case_id != everyone[-1]]


def test_organs_and_seeds_draw_independently():
    manifest = manifest_of([ORGANS] * 60)
    fold = Fold(tuple(manifest.cases), (), ())
    first = thin(manifest, [fold], 0.5, seed=0)
    kept = [kept_for(first, organ) for organ in ORGANS]
    assert len({frozenset(cases) for cases in kept}) == len(ORGANS)
    assert kept[0] != kept_for(thin(manifest, [fold], 0.5, seed=1), "liver")


@pytest.mark.parametrize("alpha", [0.0, -0.1, 1.1, float("nan")])
def test_refuses_a_share_that_is_none(alpha):
    with pytest.raises(TfpartialError, match="alpha: expected a share above 0 and up to 1"):
        thin(manifest_of([ORGANS]), [], alpha)


def test_refuses_a_fold_of_another_data_set():
    with pytest.raises(TfpartialError, match="case 'x' is not in the manifest"):
        thin(manifest_of([ORGANS]), [Fold(("x",), (), ())], 0.5)


def test_annotated_sets_come_back_by_fold(tmp_path):
    manifest = manifest_of([ORGANS] * 6)
    path = tmp_path / "annotations.json"
    annotations = thin(manifest, [fold_of(manifest)] * 2, 0.5)
    write_json(path, annotations)
    assert read_annotations(path, 1, manifest.organs) == {
        case_id: tuple(organs) for case_id, organs in annotations["folds"][1].items()
    }
    with pytest.raises(TfpartialError, match=r"expected a fold of 0\.\.1, got 2"):
        read_annotations(path, 2, manifest.organs)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["heart"], r"annotations\.json: case 'c0': 'heart' is not in the organ table; expected some of "),
        ("liver", r"annotations\.json: expected the annotated sets; .*c0: expected a list, got \"liver\""),
        ([1], r"annotations\.json: expected the annotated sets; .*c0: expected a text, got 1"),
    ],
)
def test_annotated_sets_that_are_none_are_named(tmp_path, names, message):
    path = tmp_path / "annotations.json"
    write_json(path, {"format": 1, "folds": [{"c0": names}]})
    with pytest.raises(TfpartialError, match=message):
        read_annotations(path, 0, manifest_of([ORGANS]).organs)
