"""The stage: methods, from label maps to tables and picture."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from matplotlib.image import imread

from tfpartial.arguments import parse
from tfpartial.artifacts import read_json
from tfpartial.config import CompareConfig, ScoreConfig
from tfpartial.errors import TfpartialError
from tfpartial.evaluate import compare, score
from tfpartial.pictures.figure import LEFT_IN
from tfpartial.provenance import input_checksums
from tfpartial.stages import STAGES


@pytest.fixture
def config(manifest, tmp_path):
    """`right` is the truth, `half` has only its lower rows."""
    for name, first_row in (("half", 10), ("right", 0)):
        for case in "ac":
            image = sitk.ReadImage(str(tmp_path / "data" / f"{case}.nii.gz"))
            label = sitk.GetArrayFromImage(image)
            label[:, :first_row] = 0
            prediction = sitk.GetImageFromArray(label)
            prediction.CopyInformation(image)
            (tmp_path / name).mkdir(exist_ok=True)
            sitk.WriteImage(prediction, str(tmp_path / name / f"{case}.nii.gz"))
        score.run(ScoreConfig(manifest=manifest, predictions=tmp_path / name, out=tmp_path / "scores" / name, workers=1))
    return CompareConfig(tmp_path / "comparison", [tmp_path / "scores" / "half", tmp_path / "scores" / "right"])


def comparison(config):
    return read_json(config.out / "comparison.json", "content")


def test_tables_and_numbers_are_written_and_the_means_are_shown(config):
    summary = compare.run(config)
    table = (config.out / "tables" / "dsc_organs.md").read_text().splitlines()
    assert table[0] == "| organ | half | right |"
    assert [line.split(" | ")[-1] for line in table[2:5]] == ["**100.0 ± 0.0** |"] * 3
    assert r"\toprule" in (config.out / "tables" / "dsc_organs.tex").read_text()
    assert set(pd.read_csv(config.out / "averages.csv")["metric"]) == {"dsc", "hd95_mm", "asd_mm", "nsd"}
    half, right = summary["mean of organs"]
    assert (right["dsc"], right["hd95_mm"], right["asd_mm"], right["nsd"]) == (1, 0, 0, 1)
    assert 0.5 < half["dsc"] < 0.8
    (test,) = summary["tests of dsc"]
    assert (test["first"], test["second"], test["n"]) == ("half", "right", 2)
    assert test["mean_difference"] == pytest.approx(1 - half["dsc"])
    assert read_json(config.out / "done.json", "content") == summary


def test_tables_of_metrics_that_are_not_asked_for_any_more_go(config):
    compare.run(config)
    for name in ("notes.md", "dsc_mine.md"):
        (config.out / "tables" / name).write_text("of a person")
    (config.out / "tables" / "dsc_organs_alpha0.3.tex").write_text("of an earlier comparison")
    compare.run(replace(config, metrics=["dsc"]))
    assert sorted(path.name for path in (config.out / "tables").iterdir()) == [
        *("budget.md", "budget.tex", "detection.md", "detection.tex"),
        *("dsc.md", "dsc.tex", "dsc_mine.md", "dsc_organs.md", "dsc_organs.tex", "dsc_tests.md", "dsc_tests.tex", "notes.md"),
    ]


def test_the_picture_has_a_column_per_method(config):
    (figure,) = compare.run(config)["figures"]
    picture = imread(config.out / figure["figure"])
    assert figure["cases"] == ["a", "c"]
    assert picture.shape[1] == round((LEFT_IN + 3 * 3.0 + 3 * 0.06) * 150)
    assert np.ptp(picture[..., :3]) > 0.9


def test_cases_are_drawn_by_name(config):
    assert compare.run(replace(config, draw=["c"]))["figures"][0]["cases"] == ["c"]
    with pytest.raises(TfpartialError, match="picture: case 'b' was not scored by the last method"):
        compare.run(replace(config, out=config.out / "other", draw=["b"]))
    assert not (config.out / "other").exists()


def test_groups_and_a_sweep_give_the_same_numbers(config, tmp_path):
    compare.run(config)
    expected = comparison(config)["averages"]
    compare.run(replace(config, scores=[], groups={"half": config.scores[:1], "right": config.scores[1:]}))
    assert comparison(config)["averages"] == expected
    cells = [{"method": name, "fold": 0, "state": "finished"} for name in ("half", "right")]
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "sweep.json").write_text(json.dumps({"cells": cells}))
    for name in ("half", "right"):
        shutil.copytree(tmp_path / "scores" / name, tmp_path / "sweep" / "fold0" / name / "05-score")
    compare.run(replace(config, scores=[], sweep=tmp_path / "sweep"))
    assert comparison(config)["averages"] == expected


def test_each_share_of_labels_has_its_picture(config, tmp_path):
    for folder in config.scores:
        for alpha in ("1", "0.1"):
            shutil.copytree(folder, tmp_path / f"alpha{alpha}" / folder.name)
    scores = sorted(tmp_path.glob("alpha*/*"))
    figures = compare.run(replace(config, scores=scores, manifest=tmp_path / "manifest.json"))["figures"]
    assert [figure["figure"] for figure in figures] == ["figure_alpha1.png", "figure_alpha0.1.png"]
    assert all((config.out / figure["figure"]).is_file() for figure in figures)


def test_scores_are_found_with_their_label_maps_after_a_move(config, tmp_path):
    (tmp_path / "moved").mkdir()
    for name in ("scores", "half", "right", "manifest.json"):
        (tmp_path / name).rename(tmp_path / "moved" / name)
    summary = compare.run(replace(config, scores=[tmp_path / "moved" / "scores" / name for name in ("half", "right")]))
    assert summary["figures"][0]["cases"] == ["a", "c"]


@pytest.mark.parametrize(
    ("gone", "reason"),
    [
        ("half/a.nii.gz", r"half: expected the label map of case 'a' that was scored, found none"),
        ("right", r"right: expected the label map of case 'a' that was scored, found none"),
        ("data/c_0000.nii.gz", r"c_0000.nii.gz: "),
        ("manifest.json", r"manifest.json: no such file; expected the manifest that was scored against"),
    ],
)
def test_what_went_away_costs_only_the_picture(config, tmp_path, caplog, gone, reason):
    (tmp_path / gone).rename(tmp_path / "gone")
    summary = compare.run(config)
    assert summary["figures"] == []
    assert reason in summary["not drawn"]
    assert f"not drawn: {summary['not drawn']}" in caplog.text
    assert comparison(config)["not drawn"] == summary["not drawn"]
    assert (config.out / "tables" / "dsc.md").exists()


def test_a_manifest_that_is_asked_for_must_be_there(config, tmp_path):
    with pytest.raises(TfpartialError, match=r"nothing.json: no such file; expected the manifest"):
        compare.run(replace(config, manifest=tmp_path / "nothing.json"))


def test_methods_that_were_not_trained_alike_are_told(config, tmp_path, caplog):
    for name, steps in (("half", 100), ("right", 200)):
        train = tmp_path / f"train_{name}"
        train.mkdir()
        (train / "config.yaml").write_text(f"train: {{out: {train}, steps_per_epoch: {steps}, epochs: 1, batch: 2}}\n")
        (tmp_path / name / "config.yaml").write_text(f"predict: {{out: {tmp_path / name}, model: {train}}}\n")
    summary = compare.run(config)
    assert [row["steps"] for row in summary["mean of organs"]] == [100, 200]
    line = "steps differ by more than 5 %: half has 100, right 200"
    assert f"not trained alike: {line}" in caplog.text
    for name in ("dsc", "dsc_organs", "budget"):
        assert f"Not alike: {line}." in (config.out / "tables" / f"{name}.md").read_text()
    assert comparison(config)["not alike"] == [line, "slices differ by more than 5 %: half has 200, right 400"]
    runs = pd.read_csv(config.out / "runs.csv")
    assert runs[["steps", "slices", "confidence_steps"]].to_numpy().tolist() == [[100, 200, 0], [200, 400, 0]]


def without_values(config, *metrics):
    for folder in config.scores:
        table = pd.read_csv(folder / "scores.csv")
        table[list(metrics)] = np.nan
        table.to_csv(folder / "scores.csv", index=False)
        (folder / "checksums.json").unlink(missing_ok=True)  # changed on purpose


def test_a_metric_without_any_value_is_told_and_the_others_go_on(config, caplog):
    without_values(config, "hd95_mm")
    compare.run(config)
    assert "hd95_mm: no case of any run has a value" in caplog.text
    assert "| half | n/a |" in (config.out / "tables" / "hd95_mm.md").read_text()
    assert {row["reason"] for row in comparison(config)["averages"] if row["metric"] == "hd95_mm"} == {"no case has a value"}


def test_no_value_at_all_is_an_error(config):
    without_values(config, "hd95_mm", "nsd")
    with pytest.raises(TfpartialError, match="metrics: expected one with a value, no case of any run has one of hd95_mm, nsd"):
        compare.run(replace(config, metrics=["hd95_mm", "nsd"]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "compare: expected one of scores, groups and sweep, got none"),
        ({"scores": ["a"], "sweep": "b"}, "compare: expected one of scores, groups and sweep, got scores and sweep"),
        ({"scores": ["a"], "metrics": ["dsc", "dsc"]}, "metrics: expected different ones, got dsc, dsc"),
        ({"scores": ["a"], "metrics": []}, "metrics: expected different ones, got none"),
        ({"scores": ["a"], "cases": 0}, "cases: expected 1 or more, got 0"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message, tmp_path):
    with pytest.raises(TfpartialError, match=message):
        CompareConfig(tmp_path, **options)


def test_groups_can_be_given_on_the_command_line_and_are_recorded(config, tmp_path):
    half, right = config.scores
    words = ["--out", str(tmp_path / "x"), "--groups", f"{{old: [{half}], new: [{right}]}}", "--metrics", "dsc", "nsd"]
    parsed = parse("compare", CompareConfig, words, tuple(STAGES)).config
    assert parsed.groups == {"old": [half], "new": [right]}
    assert parsed.metrics == ["dsc", "nsd"]
    assert str(right / "summary.json") in input_checksums(parsed)
