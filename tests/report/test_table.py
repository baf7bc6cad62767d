"""The table of methods."""

import math
from pathlib import Path

import pandas as pd

from tfpartial.report.scores import MethodScores
from tfpartial.report.table import dsc_table, markdown, records

NAN = math.nan


def method(name, *dsc):
    """Scores of one case for each of the organs liver, spleen and pancreas."""
    organs = ("liver", "spleen", "pancreas")
    return MethodScores(name, pd.DataFrame({"case": "a", "organ": organs, "dsc": dsc}), Path(), organs)


TABLE = dsc_table([method("naive", 0.25, 0.5, NAN), method("certain", 0.75, 0.5, NAN)])


def test_organs_keep_their_order_and_the_mean_comes_last():
    assert TABLE.index.tolist() == ["liver", "spleen", "pancreas", "mean"]
    assert TABLE["naive"].tolist()[:2] == [0.25, 0.5]
    assert TABLE.loc["mean"].to_dict() == {"naive": 0.375, "certain": 0.625}


def test_markdown_marks_the_best_and_says_what_is_undefined():
    assert markdown(TABLE) == (
        "| organ | naive | certain |\n"
        "| --- | ---: | ---: |\n"
        "| liver | 0.250 | **0.750** |\n"
        "| spleen | **0.500** | **0.500** |\n"
        "| pancreas | n/a | n/a |\n"
        "| mean | 0.375 | **0.625** |\n"
    )


def test_one_method_has_no_best():
    assert "**" not in markdown(dsc_table([method("naive", 0.25, 0.5, NAN)]))


def test_records_have_none_for_what_json_cannot_say():
    assert records(TABLE)[2] == {"organ": "pancreas", "naive": None, "certain": None}
