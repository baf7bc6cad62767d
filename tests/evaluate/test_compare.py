"""The stage: two methods, from label maps to table and picture."""

import json

import numpy as np
import pytest
import SimpleITK as sitk
from matplotlib.image import imread

from tfpartial.config import CompareConfig, ScoreConfig
from tfpartial.errors import TfpartialError
from tfpartial.evaluate import compare, score
from tfpartial.report.figure import LEFT_IN


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
        score.run(ScoreConfig(manifest=manifest, predictions=tmp_path / name, out=tmp_path / "scores" / name))
    folders = [tmp_path / "scores" / "half", tmp_path / "scores" / "right"]
    return CompareConfig(manifest=manifest, scores=folders, out=tmp_path / "comparison")


def test_the_table_is_written_three_times_and_returned(config):
    summary = compare.run(config)
    assert [row["organ"] for row in summary["mean DSC"]] == ["bone", "fat", "mean"]
    assert [row["right"] for row in summary["mean DSC"]] == [1.0, 1.0, 1.0]
    assert all(0.5 < row["half"] < 0.8 for row in summary["mean DSC"])
    assert (config.out / "table.md").read_text().splitlines()[-1].endswith("| **1.000** |")
    assert (config.out / "table.csv").read_text().splitlines()[0] == "organ,half,right"
    assert json.loads((config.out / "comparison.json").read_text())["mean DSC"] == summary["mean DSC"]


def test_the_picture_has_a_column_per_method(config):
    summary = compare.run(config)
    picture = imread(config.out / "figure.png")
    assert summary["drawn"] == ["a", "c"]
    assert picture.shape[1] == round((LEFT_IN + 3 * 3.0 + 3 * 0.06) * 150)
    assert np.ptp(picture[..., :3]) > 0.9


def test_label_maps_that_went_away_are_named(config, tmp_path):
    (tmp_path / "half" / "a.nii.gz").unlink()
    with pytest.raises(TfpartialError, match=r"half: has no label map of case 'a', which 'half' was scored on"):
        compare.run(config)
