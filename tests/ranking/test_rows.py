"""Rows, their mean, the files and the table."""

import csv
import math

import numpy as np
import pytest

from tfpartial.errors import TfpartialError
from tfpartial.metrics.ranking import Ranking
from tfpartial.ranking.candidates import OrganCandidates
from tfpartial.ranking.files import read_ranking, write_ranking
from tfpartial.ranking.rows import mean_ranking, rank_organs
from tfpartial.ranking.table import LearnedRecipe, ranking_table
from tfpartial.text_table import markdown

NOTHING = (math.nan,) * 3


def candidates(*pairs):
    confidence, correct = (np.array(values) for values in zip(*pairs, strict=True))
    return OrganCandidates(confidence.astype(np.float32), correct.astype(bool), np.zeros(1, np.int64))


@pytest.fixture
def rows():
    """The liver is mostly right in two cases; the spleen always."""
    first = {"liver": candidates((0.9, 1), (0.8, 0)), "spleen": candidates((0.9, 1))}
    second = {"liver": candidates((0.7, 1), (0.6, 1), (0.5, 0))}
    mcp = rank_organs("mcp", ("liver", "spleen", "stomach"), [first, second])
    better = {"liver": candidates((0.9, 1), (0.2, 0), (0.7, 1), (0.6, 1), (0.5, 0)), "spleen": candidates((0.9, 1))}
    return [*mcp, *rank_organs("learned", ("liver", "spleen", "stomach"), [better])]


def test_the_cases_of_an_organ_are_ranked_together(rows):
    liver, spleen, mean = rows[:3]
    assert (liver.organ, liver.ranking.n, liver.ranking.errors) == ("liver", 5, 2)
    assert liver.ranking.auc == pytest.approx(4 / 6)
    assert (spleen.ranking.n, spleen.reason) == (1, "every candidate is right")
    assert (mean.organ, mean.ranking.auc, mean.ranking.n, mean.reason) == ("mean", liver.ranking.auc, 6, "")


def test_the_mean_gives_each_organ_that_has_a_ranking_the_same_weight():
    mean = mean_ranking([Ranking(0.6, 0.9, 0.3, 1000, 10), Ranking(0.8, 0.7, 0.5, 10, 5), Ranking(*NOTHING, 7, 0)])
    assert (mean.auc, mean.ap_success, mean.ap_error) == pytest.approx((0.7, 0.8, 0.4))
    assert (mean.n, mean.errors) == (1017, 15)
    none = rank_organs("mcp", ("liver",), [{"liver": candidates((0.9, 1))}])[-1]
    assert math.isnan(none.ranking.auc)
    assert none.reason == "no organ has right and wrong candidates"


def test_files_hold_every_number_and_nothing_where_it_is_undefined(rows, tmp_path):
    write_ranking(tmp_path, rows, {"cases": 2})
    with (tmp_path / "ranking.csv").open() as file:
        written = list(csv.DictReader(file))
    assert list(written[0]) == ["estimator", "organ", "n", "errors", "auc", "ap_success", "ap_error"]
    assert [row["organ"] for row in written] == ["liver", "spleen", "mean"] * 2
    assert (written[1]["auc"], written[1]["n"]) == ("", "1")
    read, content = read_ranking(tmp_path / "ranking.json")
    assert content["cases"] == 2
    assert content["rows"][1]["reason"] == "every candidate is right"
    assert [(row.estimator, row.organ, row.ranking.n, row.reason) for row in read] == [
        (row.estimator, row.organ, row.ranking.n, row.reason) for row in rows
    ]
    assert read[0] == rows[0]


def test_a_file_that_is_no_ranking_is_named(tmp_path):
    (tmp_path / "ranking.json").write_text('{"format": 1, "rows": [{}]}')
    with pytest.raises(TfpartialError, match=r"ranking\.json: expected the ranking of confidences; its content has no usable"):
        read_ranking(tmp_path / "ranking.json")


def test_the_table_has_organs_as_columns_and_the_best_is_bold(rows):
    lines = markdown(ranking_table(rows)).splitlines()
    assert lines[0] == "| estimator | metric | liver | spleen | mean |"
    assert lines[2] == "| MCP | AUC | 66.67 | n/a | 66.67 |"
    assert lines[5] == "| learned confidence | AUC | **100.00** | n/a | **100.00** |"
    assert "Ranking of 6 candidates for relabeling, 2 of them wrong, in %" in lines[-1]


def test_the_table_names_the_head_in_use_and_the_published_one(rows, tmp_path):
    write_ranking(tmp_path, rows, {}, LearnedRecipe("3×3 filters 8", "3×3 filters 400"))
    said = (tmp_path / "ranking.md").read_text()
    assert "Learned confidence: 3×3 filters 8. Published (thesis): 3×3 filters 400." in " ".join(said.split())
    assert read_ranking(tmp_path / "ranking.json")[1]["learned"] == {"in_use": "3×3 filters 8", "published": "3×3 filters 400"}
    assert "as published (3×3 filters 400)" in ranking_table(rows, LearnedRecipe(*["3×3 filters 400"] * 2)).caption
    assert "Learned confidence:" not in ranking_table(rows).caption
