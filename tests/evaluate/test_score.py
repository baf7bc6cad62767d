"""The stage: files, grids and cases that do not fit."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from tfpartial.artifacts import read_json
from tfpartial.config import ScoreConfig
from tfpartial.errors import TfpartialError
from tfpartial.evaluate.score import run

VOXEL_ML = 1.0 * 2.0 * 5.0 / 1000


@pytest.fixture
def config(manifest, tmp_path):
    """Predictions for cases a and b: bone as in the truth, and fat in one corner."""
    for case in "ab":
        write_prediction(tmp_path, case)
    return ScoreConfig(manifest=manifest, predictions=tmp_path / "predictions", out=tmp_path / "scores", workers=1)


def write_prediction(tmp_path, case, change=None, spacing=None):
    image = sitk.ReadImage(str(tmp_path / "data" / f"{case}.nii.gz"))
    label = sitk.GetArrayFromImage(image)
    label[label == 2] = 0
    label[0, 0, 0] = 2
    changed = sitk.GetImageFromArray(label if change is None else change(label))
    changed.SetSpacing(spacing or image.GetSpacing())
    (tmp_path / "predictions").mkdir(exist_ok=True)
    sitk.WriteImage(changed, str(tmp_path / "predictions" / f"{case}.nii.gz"))


def table_of(config):
    return pd.read_csv(config.out / "scores.csv").set_index(["case", "organ"])


def write_splits(config, *test):
    path = config.out.parent / "splits.json"
    folds = [{"train": [], "val": [], "test": []}, {"train": [], "val": [], "test": test}]
    path.write_text(json.dumps({"format": 1, "folds": folds}))
    return replace(config, splits=path, fold=1)


def test_each_case_and_organ_has_a_row(config):
    summary = run(config)
    table = table_of(config)
    truth = sitk.GetArrayFromImage(sitk.ReadImage(str(config.manifest.parent / "data" / "a.nii.gz")))
    assert table.index.tolist() == [("a", "bone"), ("a", "fat"), ("b", "bone"), ("b", "fat")]
    assert table.loc[("a", "bone"), "state"] == "scored"
    assert table.loc[("a", "bone"), "dsc"] > 0.99
    assert table.loc[("a", "fat"), "volume_reference_ml"] == pytest.approx((truth == 2).sum() * VOXEL_ML)
    assert table.loc[("a", "fat"), "volume_prediction_ml"] == pytest.approx(VOXEL_ML)
    assert table.loc[("b", "fat"), "state"] == "not_annotated"
    assert np.isnan(table.loc[("b", "fat"), "dsc"])
    assert table.loc[("b", "fat"), "reason"].startswith("unknown")
    assert summary["cases"] == 2


def test_a_tolerance_that_is_finer_than_the_voxels_is_told_once(config, caplog):
    note = "tolerance 3 mm of bone in case 'a' of 5 × 2 × 1 mm (z, y, x); finer than the voxels in 2 of 3 pairs of case and organ"
    summary = run(replace(config, organ_tolerance_mm={"fat": 5.0}))
    assert summary["nsd_finer_than_voxels"] == note
    assert json.loads((config.out / "summary.json").read_text())["nsd_finer_than_voxels"] == note
    assert caplog.text.count("finer than the voxels") == 1
    assert f"normalised surface Dice: {note}: a shift by one voxel counts as wrong" in caplog.text


def test_a_tolerance_of_one_voxel_needs_no_note(config, caplog):
    assert "nsd_finer_than_voxels" not in run(replace(config, tolerance_mm=5.0))
    assert "finer" not in caplog.text


def test_distances_are_in_mm_of_the_files_grid(config):
    run(config)
    truth = sitk.GetArrayFromImage(sitk.ReadImage(str(config.manifest.parent / "data" / "a.nii.gz")))
    corner_mm = np.argwhere(truth == 2) * np.array([5.0, 2.0, 1.0])
    assert table_of(config).loc[("a", "fat"), "hd_mm"] == pytest.approx(np.linalg.norm(corner_mm, axis=1).max())


def test_the_summary_is_kept_and_says_what_was_scored_and_how(config):
    shown = run(replace(config, organ_tolerance_mm={"fat": 10.0}, surface="elements"))
    summary = json.loads((config.out / "summary.json").read_text())
    assert (summary["manifest"], summary["predictions"]) == ("../manifest.json", "../predictions")  # from the folder
    assert (summary["cases"], summary["surface"], summary["tolerances_mm"]) == (2, "elements", {"bone": 3.0, "fat": 10.0})
    fat = summary["organs"][1]
    assert fat["states"] == {"scored": 1, "missed": 0, "false_positive": 0, "absent": 0, "not_annotated": 1}
    assert (fat["hd_mm"]["n"], fat["hd_mm"]["sd"]) == (1, None)
    assert shown["organs"][1]["hd_mm"] == fat["hd_mm"]["mean"]
    assert read_json(config.out / "done.json", "content") == shown


def test_workers_give_the_same_files(config):
    run(config)
    alone = [(config.out / name).read_bytes() for name in ("scores.csv", "summary.json")]
    run(replace(config, workers=2))
    assert [(config.out / name).read_bytes() for name in ("scores.csv", "summary.json")] == alone


def test_a_case_without_a_label_map_is_unknown_for_every_organ(config):
    content = read_json(config.manifest, "content")
    content["cases"]["b"] |= {"labels": [], "annotated": []}
    config.manifest.write_text(json.dumps(content))
    assert [row["not_annotated"] for row in run(config)["organs"]] == [1, 1, 2]


def test_with_splits_the_cases_are_those_of_the_fold(config):
    run(write_splits(config, "a", "b"))
    with pytest.raises(TfpartialError, match=r"expected a label map of each test case of fold 1 of .*, found none of c$"):
        run(write_splits(config, "a", "b", "c"))
    with pytest.raises(TfpartialError, match=r"expected label maps of the test cases of fold 1 of .* only, found b$"):
        run(write_splits(config, "a", "c"))


def test_options_out_of_range_are_refused(config):
    with pytest.raises(TfpartialError, match="organ_tolerance_mm: expected organs of bone, fat, got liver"):
        run(replace(config, organ_tolerance_mm={"liver": 1.0}))
    with pytest.raises(TfpartialError, match="tolerance_mm: expected 0 or more, got -1"):
        replace(config, tolerance_mm=-1)
    with pytest.raises(TfpartialError, match="organ_tolerance_mm of fat: expected 0 or more, got inf"):
        replace(config, organ_tolerance_mm={"fat": float("inf")})


@pytest.mark.parametrize(
    ("change", "spacing", "message"),
    [
        (lambda label: label[:-1], None, r"a.nii.gz: does not lie on the grid of the image .*a_0000.nii.gz: .*sizes differ"),
        (None, (1.0, 2.0, 6.0), r"a.nii.gz: does not lie on the grid of the image .*a_0000.nii.gz: .*up to"),
        (lambda label: label + 2, None, r"predictions/a.nii.gz: label values 3, 4 .* stand for no organ; expected 0..2"),
    ],
)
def test_a_label_map_that_does_not_fit_is_named(config, tmp_path, change, spacing, message):
    write_prediction(tmp_path, "a", change, spacing)
    with pytest.raises(TfpartialError, match=message):
        run(config)
    assert not (config.out / "done.json").exists()


def test_predictions_without_a_case_or_without_any_file_are_refused(config, tmp_path):
    (tmp_path / "predictions" / "b.nii.gz").rename(tmp_path / "predictions" / "zebra.nii.gz")
    with pytest.raises(TfpartialError, match=r"zebra.nii.gz: case 'zebra' is not in the manifest"):
        run(config)
    with pytest.raises(TfpartialError, match="nothing: no such folder; expected volumes"):
        run(replace(config, predictions=tmp_path / "nothing"))
    (tmp_path / "predictions" / "a.nrrd").touch()
    with pytest.raises(TfpartialError, match="case 'a' has two label maps"):
        run(config)
