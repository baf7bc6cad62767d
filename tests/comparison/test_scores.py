"""What `score` leaves for others."""

import numpy as np
import pandas as pd
import pytest

from tfpartial.artifacts import write_json
from tfpartial.comparison.scores import read_scores, seen_from, write_scores
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.metrics.scoring import score_case
from tfpartial.metrics.summary import summarise

ORGANS = OrganTable(("liver", "NA"))
CASES = {
    "007": ([1, 1, 2], [1, 0, 2], ("liver", "NA")),
    "009": ([0, 0, 0], [0, 0, 0], ("liver",)),
}
"""Id -> (reference, prediction, annotated), one row of voxels each."""


@pytest.fixture
def folder(tmp_path):
    """Scores of both cases."""
    scores = [
        score
        for case, (*labels, annotated) in CASES.items()
        for score in score_case(
            case, *(np.uint8([[row]]) for row in labels), ORGANS, annotated, (1, 1, 1), {"liver": 1.0, "NA": 1.0}
        )
    ]
    about = {"predictions": "../p", "manifest": "/m.json", "surface": "voxels", "tolerances_mm": {"liver": 1.0, "NA": 1.0}}
    write_scores(tmp_path / "a", scores, about | summarise(scores, ORGANS))
    write_json(tmp_path / "a" / "done.json", {})
    return tmp_path / "a"


def test_scores_come_back_with_names_that_look_like_numbers_or_gaps(folder):
    scores = read_scores(folder)
    assert scores.cases == {"007", "009"}
    assert scores.organs == ("liver", "NA")
    table = scores.table.set_index(["case", "organ"])
    assert table["dsc"].dropna().to_dict() == {("007", "liver"): pytest.approx(2 / 3), ("007", "NA"): 1.0}
    assert table["state"]["009"].to_dict() == {"liver": "absent", "NA": "not_annotated"}
    assert table["hd_mm"].dtype == float
    assert scores.settings == {"surface": "voxels", "tolerances_mm": {"liver": 1.0, "NA": 1.0}}


def test_other_folders_are_named_as_seen_from_the_scores(folder, tmp_path):
    scores = read_scores(folder)
    assert scores.predictions.resolve() == tmp_path / "p"
    assert str(scores.manifest) == "/m.json"
    assert seen_from(folder, tmp_path / "runs" / ".." / "b") == "../b"


def test_folders_without_finished_scores_are_named(folder, tmp_path):
    with pytest.raises(TfpartialError, match=r"gone/summary.json: no such file; expected the summary"):
        read_scores(tmp_path / "gone")
    (folder / "done.json").unlink()
    with pytest.raises(TfpartialError, match=r"a: the scores are not finished \(no done.json\); expected those of `score`"):
        read_scores(folder)
    write_json(folder / "done.json", {})
    (folder / "scores.csv").unlink()
    with pytest.raises(TfpartialError, match=r"a/scores.csv: no such file; expected the scores"):
        read_scores(folder)


def test_scores_of_another_version_are_told_by_what_they_lack(folder):
    table = pd.read_csv(folder / "scores.csv").drop(columns=["hd_mm", "nsd"])
    table.to_csv(folder / "scores.csv", index=False)
    with pytest.raises(
        TfpartialError, match=r"a/scores.csv: has no column hd_mm, nsd: another version wrote it; score the label"
    ):
        read_scores(folder)
    write_json(folder / "summary.json", {"predictions": "/p"})
    with pytest.raises(TfpartialError, match=r"a/summary.json: expected the summary of the verb score; .* no usable 'organs'"):
        read_scores(folder)


def test_a_case_and_organ_that_is_there_twice_is_refused(folder):
    lines = (folder / "scores.csv").read_text().splitlines(keepends=True)
    (folder / "scores.csv").write_text("".join([*lines, lines[1]]))
    with pytest.raises(TfpartialError, match=r"a/scores.csv: expected one row per case and organ, got two of 007, liver"):
        read_scores(folder)
