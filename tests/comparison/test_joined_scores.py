"""Only runs that were tested alike are set side by side."""

import numpy as np
import pytest

from tfpartial.comparison.joined_scores import join_scores
from tfpartial.comparison.runs import Run, runs_of_folders
from tfpartial.errors import TfpartialError

FOLD0 = {"a": [0.8, 0.6], "b": [0.4, None]}
FOLD1 = {"c": [0.9, 0.7]}


@pytest.fixture
def folders(scored):
    """Two methods with two folds each."""
    return [scored(f"{method}/fold{fold}", cases) for method in ("naive", "certain") for fold, cases in enumerate((FOLD0, FOLD1))]


def join(*folders):
    return join_scores(runs_of_folders(folders))


def test_runs_are_found_by_share_method_and_fold(folders):
    joined = join(*folders)
    assert (joined.methods, joined.alphas, joined.folds) == (("naive", "certain"), (None,), (0, 1))
    assert (joined.organs, joined.cases) == (("liver", "spleen"), ["a", "b", "c"])


def test_values_have_a_row_per_case_and_a_column_per_organ(folders):
    values = join(*folders).values("dsc", "naive", None)
    assert values.index.tolist() == [(0, 0, "a"), (0, 0, "b"), (1, 0, "c")]
    assert values.columns.tolist() == ["liver", "spleen"]
    assert np.array_equal(values.to_numpy(), [[0.8, 0.6], [0.4, np.nan], [0.9, 0.7]], equal_nan=True)


def test_shares_come_most_first_and_a_method_may_lack_one(scored):
    runs = [Run(method, alpha, 0, scored(f"{method}{alpha}", FOLD0)) for method, alpha in (("a", 0.1), ("a", 1.0), ("b", 0.1))]
    joined = join_scores(runs)
    assert joined.alphas == (1.0, 0.1)
    assert [joined.methods_at(alpha) for alpha in joined.alphas] == [["a"], ["a", "b"]]


def test_other_test_cases_are_refused(folders, scored):
    scored("certain/fold1", {f"c{number}": [0.5, 0.5] for number in range(6)})
    message = (
        r"'naive', fold 1 \(.*naive/fold1\) and 'certain', fold 1 \(.*\): expected the same test cases; only one of them has"
    )
    with pytest.raises(TfpartialError, match=message + " c, c0, c1, c2, c3 and 2 more"):
        join(*folders)


def test_a_fold_that_one_method_lacks_is_named(folders):
    with pytest.raises(TfpartialError, match="scores of 'certain': expected the folds 0, 1, fold 1 is missing"):
        join(*folders[:3])


def test_a_seed_that_one_method_lacks_is_named(scored):
    folders = [scored(f"seed{seed}/{method}", FOLD0) for seed in (1, 2) for method in ("naive", "certain")]
    assert join(*folders).seeds == (1, 2)
    with pytest.raises(TfpartialError, match="scores of 'certain', fold 0: expected the seeds 1, 2, seed 2 is missing"):
        join(*folders[:3])
    with pytest.raises(TfpartialError, match="scores of 'certain', fold 0: expected the seeds none, 1, seed 1 is missing"):
        join_scores([Run("naive", None, 0, folders[0], 1), *(Run(m, None, 0, scored(m, FOLD0)) for m in ("naive", "certain"))])


def test_an_organ_that_the_reference_lacks_has_no_value_and_is_counted(scored):
    found, missed = scored("found", {"a": [0.8, "false_positive"]}), scored("missed", {"a": [0.0, "absent"]})
    joined = join(found, missed)
    for method, liver in (("found", 0.8), ("missed", 0.0)):
        assert np.array_equal(joined.values("dsc", method, None).to_numpy(), [[liver, np.nan]], equal_nan=True)
    assert joined.states("found", None, ["spleen"]) == {"false_positive": 1}
    assert joined.states("missed", None, joined.organs) == {"missed": 1, "absent": 1}


def test_other_organs_are_refused(folders, scored):
    scored("certain/fold0", {"a": [0.5, 0.5]}, organs=("liver", "colon"))
    with pytest.raises(TfpartialError, match="expected the same organs, got liver, spleen and liver, colon"):
        join(*folders)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"surface": "elements"}, "expected the same surface, got voxels and elements; score again"),
        (
            {"tolerances_mm": {"liver": 1.0, "spleen": 3.0}},
            "expected the same tolerances_mm, got .*'liver': 3.0.* and .*'liver': 1.0",
        ),
    ],
)
def test_metrics_that_were_computed_otherwise_are_refused(folders, scored, changes, message):
    scored("certain/fold1", FOLD1, **changes)
    with pytest.raises(TfpartialError, match=message):
        join(*folders)


def test_another_expert_label_is_refused(folders, scored):
    scored("certain/fold1", FOLD1, volume_ml=10.001)
    with pytest.raises(TfpartialError, match=r"expected the same expert labels; liver of case 'c': 10 ml and 10.001 ml"):
        join(*folders)
    scored("certain/fold1", {"c": [0.9, None]})
    with pytest.raises(TfpartialError, match="expected the same expert labels; spleen of case 'c': 10 ml and not annotated"):
        join(*folders)


def test_a_volume_may_differ_in_the_last_digits(folders, scored):
    scored("certain/fold1", FOLD1, volume_ml=10.000000001)
    assert join(*folders).methods == ("naive", "certain")


def test_unfinished_scores_are_refused(folders):
    (folders[2] / "done.json").unlink()
    with pytest.raises(TfpartialError, match=r"certain/fold0: the scores are not finished"):
        join(*folders)
