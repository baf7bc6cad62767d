"""What ranked the pseudo-labels of a network, and how the table names it beside the published one."""

import dataclasses

import pytest

from tfpartial.comparison.confidence_table import confidence_table
from tfpartial.comparison.confidences import PUBLISHED, Confidence, confidences_of
from tfpartial.comparison.joined_scores import join_scores
from tfpartial.comparison.runs import Run

OPTIONS = {
    "filters": [50, 15, 8, 8],
    "start": "mcp",
    "mode": "transfer",
    "loss": "correct",
    "balance": "predicted",
    "segmenters": ["a", "b"],
    "sampling": "organs",
}
NARROW = Confidence("learned", "50, 15, 8, 8", "mcp", "transfer", "correct", "predicted", "of 2 segmenters out of fold", "organs")
MCP = Confidence("mcp", *"–––––––")


@pytest.mark.parametrize(
    ("relabeling", "network", "expected"),
    [
        ({}, OPTIONS, NARROW),
        ({"estimator": "learned"}, OPTIONS, NARROW),
        ({"estimator": "mcp"}, OPTIONS, MCP),
        ({"estimator": "tta"}, OPTIONS, MCP._replace(estimator="tta")),
        ({"confidence": None}, OPTIONS, MCP),
        ({}, OPTIONS | {"segmenters": []}, NARROW._replace(targets="the segmenter's own")),
        ({}, {"filters": [8]}, Confidence("learned", "8")),
        ({"confidence": "gone"}, OPTIONS, Confidence("learned")),
    ],
)
def test_what_ranked_the_labels_is_read_from_its_stages(stage, tmp_path, relabeling, network, expected):
    first = stage("01-train", "train")
    confidence = stage("02-confidence", "confidence", model=first, **network)
    labels = stage("03-relabel", "relabel", model=first, **{"confidence": confidence} | relabeling)
    accepted = stage("04-accept", "accept", labels=labels)
    again = stage("05-relabel", "relabel", **{"labels": accepted, "confidence": confidence} | relabeling)
    stage("07-predict", "predict", model=stage("06-train", "train", model=first, labels=again))
    assert confidences_of(tmp_path / "run" / "07-predict") == (expected,)


def test_labels_that_are_gone_are_unknown_and_none_are_nothing(stage, tmp_path):
    stage("02-predict", "predict", model=stage("01-train", "train"))
    assert confidences_of(tmp_path / "run" / "02-predict") == ()
    stage("04-predict", "predict", model=stage("03-train", "train", labels="gone"))
    assert confidences_of(tmp_path / "run" / "04-predict") == (Confidence("unknown"),)


@pytest.fixture
def joined(scored):
    """Methods with these confidences, one tuple per fold."""

    def make(confidences, alpha=None):
        runs = {
            Run(method, alpha, fold, scored(f"{method}{fold}", {f"case{fold}": [0.5, 0.5]})): found
            for method, of_method in confidences.items()
            for fold, found in enumerate(of_method)
        }
        return dataclasses.replace(join_scores(list(runs)), confidences=runs)

    return make


def test_the_table_names_each_network_in_use_and_the_published_one(joined):
    with_tcp = NARROW._replace(loss="tcp", head="unknown")
    table = confidence_table(joined({"certain": [(), ()], "inerrant": [(NARROW, MCP), (with_tcp, NARROW)]}, alpha=0.3))
    assert table.header == ["method", "labels", *Confidence._fields]
    texts = [[cell.text for cell in row] for row in table.rows]
    assert texts == [
        ["inerrant", "α 30 %", *NARROW],
        ["inerrant", "α 30 %", *MCP],
        ["inerrant", "α 30 %", *with_tcp],
        ["published (thesis)", "", *PUBLISHED],
    ]
    bold = [[cell.bold for cell in row] for row in table.rows]
    differs = [False] * 3 + [True] * 7
    assert bold == [differs, [False] * 10, [False] * 4 + [True] * 2 + [False] + [True] * 3, [False] * 10]
    assert table.apart
    assert "Unknown: the stage is gone" in table.caption


def test_there_is_no_table_without_a_confidence_network(joined):
    assert confidence_table(joined({"certain": [()], "smile": [(MCP,)]})) is None
    alone = confidence_table(joined({"inerrant": [(PUBLISHED,)]}))
    assert [row[0].text for row in alone.rows] == ["inerrant", "published (thesis)"]
    assert "Unknown" not in alone.caption
