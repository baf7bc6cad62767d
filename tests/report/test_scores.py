"""What `score` hands to `compare`."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfpartial.artifacts import write_json
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.metrics.scoring import score_case
from tfpartial.metrics.summary import summarise
from tfpartial.report.scores import method_names, read_methods, read_scores, write_scores

ORGANS = OrganTable(("liver", "NA"))


def write_method(folder, cases, organs=ORGANS):
    """Scores of `cases`: id -> (reference, prediction, annotated), one row of voxels each."""
    tolerances_mm = dict.fromkeys(organs.names, 1.0)
    scores = [
        score
        for case, (*labels, annotated) in cases.items()
        for score in score_case(case, *(np.uint8([[row]]) for row in labels), organs, annotated, (1, 1, 1), tolerances_mm)
    ]
    write_scores(folder, scores, {"predictions": "/p"} | summarise(scores, organs))
    return folder


CASES = {
    "007": ([1, 1, 2], [1, 0, 2], ("liver", "NA")),
    "008": ([1, 0, 0], [1, 0, 0], ("liver", "NA")),
    "009": ([0, 0, 0], [0, 0, 0], ("liver",)),
}


def test_scores_come_back_with_names_that_look_like_numbers_or_gaps(tmp_path):
    scores = read_scores(write_method(tmp_path / "a", CASES), "a")
    assert scores.predictions == Path("/p")
    assert scores.table["case"].unique().tolist() == ["007", "008", "009"]
    assert scores.organs == ("liver", "NA")
    assert scores.organ_means().to_dict() == {"liver": pytest.approx((2 / 3 + 1) / 2), "NA": 1.0}
    states = scores.table.set_index(["case", "organ"])["state"]
    assert states["009"].to_dict() == {"liver": "absent", "NA": "not_annotated"}
    assert scores.table["hd_mm"].dtype == float


def test_cases_are_ranked_best_first_and_those_without_a_score_left_out(tmp_path):
    means = read_scores(write_method(tmp_path / "a", CASES), "a").case_means()
    assert means.index.tolist() == ["008", "007"]
    assert means["007"] == pytest.approx((2 / 3 + 1) / 2)


def test_methods_are_named_after_their_folders_or_the_nearest_that_differ():
    assert method_names([Path("runs/naive"), Path("runs/certain")]) == ["naive", "certain"]
    assert method_names([Path("naive/1/score"), Path("certain/1/score")]) == ["naive", "certain"]
    with pytest.raises(TfpartialError, match="expected folders that tell the methods apart, got a/b, a/b"):
        method_names([Path("a/b"), Path("a/b")])


def test_methods_that_do_not_compare_are_refused(tmp_path):
    first = write_method(tmp_path / "first", CASES)
    fewer = write_method(tmp_path / "fewer", {"007": CASES["007"]})
    with pytest.raises(TfpartialError, match=r"'first' and 'fewer': expected the same cases; only one of them has 008, 009"):
        read_methods([first, fewer])
    other = write_method(tmp_path / "other", {"007": ([1], [1], ("liver",))}, OrganTable(("liver", "spleen")))
    with pytest.raises(TfpartialError, match=r"'first' and 'other': expected the same organs, got liver, NA and liver, spleen"):
        read_methods([first, other])


def test_folders_without_scores_are_named(tmp_path):
    with pytest.raises(TfpartialError, match="expected at least one folder that `score` wrote, got none"):
        read_methods([])
    with pytest.raises(TfpartialError, match=r"gone/summary.json: no such file; expected the summary"):
        read_methods([tmp_path / "gone"])
    (write_method(tmp_path / "a", CASES) / "scores.csv").unlink()
    with pytest.raises(TfpartialError, match=r"a/scores.csv: no such file; expected the scores"):
        read_methods([tmp_path / "a"])


def test_scores_of_another_version_are_told_by_what_they_lack(tmp_path):
    folder = write_method(tmp_path / "a", CASES)
    table = pd.read_csv(folder / "scores.csv").drop(columns=["hd_mm", "nsd"])
    table.to_csv(folder / "scores.csv", index=False)
    with pytest.raises(TfpartialError, match=r"a/scores.csv: has no column hd_mm, nsd: another version wrote it; score"):
        read_scores(folder, "a")
    write_json(folder / "summary.json", {"predictions": "/p"})
    with pytest.raises(TfpartialError, match=r"a/summary.json: expected the summary of the verb score; .* no usable 'organs'"):
        read_scores(folder, "a")
