"""The files of a comparison, and how undefined numbers are written."""

import dataclasses

import pandas as pd
import pytest

from tfpartial.artifacts import read_json
from tfpartial.comparison.averages import averages
from tfpartial.comparison.confidences import PUBLISHED
from tfpartial.comparison.files import write_comparison
from tfpartial.comparison.joined_scores import join_scores
from tfpartial.comparison.paired_tests import paired_tests
from tfpartial.comparison.runs import runs_of_folders
from tfpartial.comparison.tables import MetricResults


@pytest.fixture
def folder(scored, tmp_path):
    """A comparison of two methods by the Hausdorff distance; the spleen is missed in one case."""
    folders = [
        scored("naive", {"a": [0.2, 0.0], "b": [0.4, 0.5]}),
        scored("certain", {"a": [0.3, 0.5], "b": [0.7, 0.5]}),
    ]
    joined = join_scores(runs_of_folders(folders))
    results = MetricResults("hd_mm", averages(joined, "hd_mm"), paired_tests(joined, "hd_mm", seed=0))
    write_comparison(tmp_path / "out", joined, [results], {"figures": []})
    return tmp_path / "out"


def test_the_json_has_all_numbers_and_null_with_a_reason(folder):
    content = read_json(folder / "comparison.json", "content")
    assert (content["cases"], content["organs"], content["figures"]) == (2, ["liver", "spleen"], [])
    place = {"method": "naive", "alpha": None, "fold": 0, "folder": "../naive", "seed": None}
    trained = {"steps": None, "slices": None, "confidence_steps": None, "confidence": None}
    assert content["runs"][0] == {**place, **trained, "missed": 1, "false_positives": 0}
    spleen = content["averages"][1]
    assert (spleen["method"], spleen["organ"], spleen["fold_mean"], spleen["fold_sd"]) == ("naive", "spleen", 5.0, None)
    assert spleen["reason"] == "one value has no spread: folds and cases"
    test = content["tests"][2]
    assert (test["organ"], test["n"], test["only_second"], test["t_p_holm"]) == ("spleen", 1, 1, None)
    assert test["reason"] == "tests and interval: expected at least 2 pairs, got 1"


def test_the_csv_files_have_the_same_numbers(folder):
    content = read_json(folder / "comparison.json", "content")
    for name in ("averages", "tests", "runs"):
        table = pd.read_csv(folder / f"{name}.csv", keep_default_na=False)
        assert list(table.columns) == list(content[name][0])
        written = [["" if value is None else str(value) for value in row.values()] for row in content[name]]
        assert table.astype(str).to_numpy().tolist() == written


def test_each_table_is_there_as_markdown_and_latex(folder):
    names = sorted(path.name for path in (folder / "tables").iterdir())
    tables = ("hd_mm", "hd_mm_organs", "hd_mm_tests", "budget", "detection")
    assert names == sorted(f"{table}.{ending}" for table in tables for ending in ("md", "tex"))


def test_confidences_have_a_table_where_a_network_was_asked(scored, tmp_path):
    (run,) = runs_of_folders([scored("inerrant", {"a": [0.2, 0.5]})])
    results = [MetricResults("dsc", averages(join_scores([run]), "dsc"), [])]
    for confidences, rows in (((PUBLISHED,), 2), ((), None)):
        joined = dataclasses.replace(join_scores([run]), confidences={run: confidences})
        write_comparison(tmp_path / "out", joined, results, {})
        table = tmp_path / "out" / "tables" / "confidence.md"
        assert table.is_file() == (rows is not None)  # that of an earlier comparison is removed
        (written,) = read_json(tmp_path / "out" / "comparison.json", "content")["runs"]
        assert written["confidence"] == (str(PUBLISHED) if rows else None)
        assert rows is None or table.read_text().count("| 400, 120, 64, 64 |") == rows
    assert str(PUBLISHED).startswith("learned: head 400, 120, 64, 64, start random, mode finetune, loss tcp, balance none")


def test_one_method_has_no_tests(scored, tmp_path):
    joined = join_scores(runs_of_folders([scored("naive", {"a": [0.2, 0.5]})]))
    write_comparison(tmp_path / "out", joined, [MetricResults("dsc", averages(joined, "dsc"), [])], {})
    assert (tmp_path / "out" / "tests.csv").read_text() == "\n"
    assert not (tmp_path / "out" / "tables" / "dsc_tests.md").exists()
