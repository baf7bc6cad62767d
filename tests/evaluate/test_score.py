"""The stage: files, grids and cases that do not fit."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from tfpartial.config import ScoreConfig
from tfpartial.errors import TfpartialError
from tfpartial.evaluate.score import run

VOXEL_ML = 1.0 * 2.0 * 5.0 / 1000


@pytest.fixture
def config(manifest, tmp_path):
    """Predictions for cases a and b: bone as in the truth, and fat in one corner."""
    for case in "ab":
        write_prediction(tmp_path, case)
    return ScoreConfig(manifest=manifest, predictions=tmp_path / "predictions", out=tmp_path / "scores")


def write_prediction(tmp_path, case, change=None, spacing=None):
    image = sitk.ReadImage(str(tmp_path / "data" / f"{case}.nii.gz"))
    label = sitk.GetArrayFromImage(image)
    label[label == 2] = 0
    label[0, 0, 0] = 2
    changed = sitk.GetImageFromArray(label if change is None else change(label))
    changed.SetSpacing(spacing or image.GetSpacing())
    (tmp_path / "predictions").mkdir(exist_ok=True)
    sitk.WriteImage(changed, str(tmp_path / "predictions" / f"{case}.nii.gz"))


def test_each_case_and_organ_has_a_row(config):
    summary = run(config)
    table = pd.read_csv(config.out / "scores.csv").set_index(["case", "organ"])
    truth = sitk.GetArrayFromImage(sitk.ReadImage(str(config.manifest.parent / "data" / "a.nii.gz")))
    assert len(table) == 4
    assert table.loc[("a", "bone"), "state"] == "scored"
    assert table.loc[("a", "bone"), "dsc"] > 0.99
    assert table.loc[("a", "fat"), "reference_ml"] == pytest.approx((truth == 2).sum() * VOXEL_ML)
    assert table.loc[("a", "fat"), "prediction_ml"] == pytest.approx(VOXEL_ML)
    assert table.loc[("b", "fat"), "state"] == "not_annotated"
    assert np.isnan(table.loc[("b", "fat"), "dsc"])
    assert table.loc[("b", "fat"), "reason"].startswith("unknown")
    assert summary["cases"] == 2


def test_the_summary_is_kept_and_says_which_label_maps_were_scored(config):
    summary = run(config)
    assert json.loads((config.out / "summary.json").read_text()) == summary
    assert summary["predictions"] == str(config.predictions.resolve())
    assert summary["organs"][1]["not_annotated"] == 1


def test_a_case_without_a_label_map_is_unknown_for_every_organ(config):
    content = json.loads(config.manifest.read_text())
    content["cases"]["b"] |= {"label": None, "annotated": []}
    config.manifest.write_text(json.dumps(content))
    assert [row["not_annotated"] for row in run(config)["organs"]] == [1, 1]


@pytest.mark.parametrize(
    ("change", "spacing", "message"),
    [
        (lambda label: label[:-1], None, r"a.nii.gz does not lie on the grid of image .*a_0000.nii.gz: sizes differ"),
        (None, (1.0, 2.0, 6.0), r"a.nii.gz does not lie on the grid of image .*a_0000.nii.gz: grids are up to"),
        (lambda label: label + 2, None, r"predictions/a.nii.gz: label values 3, 4 .* are outside the organ table"),
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
