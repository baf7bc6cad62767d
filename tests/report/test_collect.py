"""What `docs/results` keeps of a sweep."""

import csv
import json
import re

import pandas as pd
from collect import _place_name, _placed, collect, main

from tfpartial.finished_stages import FoundStage, Place


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_cells_become_one_table_of_each_kind(sweep, tmp_path):
    out = tmp_path / "results"
    (sweep / "09-compare" / "done.json").write_text(json.dumps({}))
    (sweep / "09-compare" / "provenance.json").write_text(json.dumps({"command": [f"{sweep}/09-compare/config.yaml"]}))
    written = collect(sweep, out)
    assert len(set(written)) == len(written)
    scores = rows(out / "scores.csv")
    places = {(row["alpha"], row["fold"], row["method"]) for row in scores}
    assert places == {(alpha, fold, method) for alpha in ("1", "0.1") for fold in "01" for method in ("naive", "certain")}
    single = rows(next(sweep.rglob("certain/07-score/scores.csv")))
    assert {row["case"] for row in single} <= {row["case"] for row in scores}
    assert {row["epoch"] for row in rows(out / "metrics.csv")} == {"1", "2"}
    assert json.loads((out / "provenance.json").read_text()) == {"command": ["runs/tiny/09-compare/config.yaml"]}
    assert all(re.fullmatch(r"\d+\.\d|", row["minutes"]) for row in rows(out / "minutes.csv"))
    assert len(rows(out / "runs.csv")) == 8
    assert (out / "averages.csv").is_file() and (out / "tables" / "dsc.md").is_file() and not list(out.rglob("*.tex"))


def test_seeds_are_a_column_and_tell_pages_apart(tmp_path):
    stage = FoundStage("x", tmp_path / "07-score", "score", {}, Place("certain", 0.3, 0, 1))
    assert list(_placed(pd.DataFrame([{"case": "a"}]), stage)) == ["alpha", "fold", "method", "stage", "seed", "case"]
    assert _place_name(stage) == "alpha0.3_fold0_seed1_certain"
    before = FoundStage("x", tmp_path / "07-score", "score", {}, Place("certain", 0.3, 0))
    assert list(_placed(pd.DataFrame([{"case": "a"}]), before)) == ["alpha", "fold", "method", "stage", "case"]
    assert _place_name(before) == "alpha0.3_fold0_certain"


def test_a_folder_without_a_comparison_is_one_line(sweep, tmp_path, capsys):
    (sweep / "09-compare" / "done.json").unlink(missing_ok=True)
    assert main([str(sweep), str(tmp_path / "results")]) == 1
    assert "expected a sweep with a finished comparison, found none" in capsys.readouterr().err
    assert main(["one"]) == 2
