"""The stage: which cases, what is left behind."""

import json
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.config import PredictConfig
from tfpartial.data.fold.positions import OrganPosition, read_positions, write_positions
from tfpartial.errors import TfpartialError
from tfpartial.evaluate.predict import run
from tfpartial.priors import OrganPrior, SpatialPrior, write_prior


@pytest.fixture
def config(threshold_segmenter, manifest, tmp_path):
    return PredictConfig(model=threshold_segmenter, out=tmp_path / "out", manifest=manifest, batch=2, slab=3)


def label_maps(config):
    return sorted(path.name for path in config.out.glob("*.nii.gz"))


def test_every_case_of_a_manifest_is_segmented_on_its_grid(config):
    summary = run(config)
    assert label_maps(config) == ["a.nii.gz", "b.nii.gz", "c.nii.gz"]
    assert (summary["cases"], summary["slices"]) == (3, 15)
    assert summary["slices_per_second"] > 0
    assert json.loads((config.out / "done.json").read_text())["slices"] == 15
    truth = sitk.ReadImage(str(config.manifest.parent / "data" / "a.nii.gz"))
    label = sitk.ReadImage(str(config.out / "a.nii.gz"))
    assert label.GetSpacing() == truth.GetSpacing()
    assert np.array_equal(sitk.GetArrayFromImage(label), sitk.GetArrayFromImage(truth))


def test_what_a_segmenter_without_a_prior_predicts_outside_an_organs_box_is_deleted(config, tmp_path):
    """Boxes of 10 x 10 x 18 mm and no margin about the middle of slices of 5 x 2 x 1 mm; the fat has no prior, `c` no place."""
    box = OrganPrior("bone", np.ones((1, 5, 9), np.float32), 10.0, 2.0, 3)
    write_prior(SpatialPrior(("bone", "fat"), {"bone": box}), tmp_path / "prior")
    place = {"bone": OrganPosition("aligned", (10.0, 0.0, 0.0))}
    write_positions({"a": place, "b": place}, tmp_path / "positions")
    run(config)
    kept = {case: read_label(config, case) for case in "abc"}
    options = {"prior": tmp_path / "prior", "positions": tmp_path / "positions", "probabilities": True}
    run(replace(config, outside_box="delete", box_margin=0.0, **options))
    inside = np.zeros(kept["a"].shape, bool)
    inside[1:4, 7:13, 6:24] = True
    for case, expected in {"a": inside, "b": inside, "c": np.ones_like(inside)}.items():
        np.testing.assert_array_equal(read_label(config, case), np.where((kept[case] == 1) & ~expected, 0, kept[case]))
    bone = sitk.GetArrayFromImage(sitk.ReadImage(str(config.out / "probabilities" / "a" / "bone.nii.gz")))
    assert not bone[~inside].any() and bone[inside].all()
    assert set(read_positions(config.out)) == {"a", "b", "c"}


def test_the_form_that_is_believed_is_an_option_of_bare_images_alone(config):
    with pytest.raises(TfpartialError, match=r"^predict: nifti_form is that of images; the cases of a manifest have that of"):
        run(replace(config, nifti_form="qform"))


def read_label(config, case):
    return sitk.GetArrayFromImage(sitk.ReadImage(str(config.out / f"{case}.nii.gz")))


def test_splits_leave_only_the_test_cases_of_the_fold(config, tmp_path):
    folds = [{"train": ["a"], "val": ["b"], "test": ["c"]}, {"train": ["c"], "val": ["a"], "test": ["b"]}]
    (tmp_path / "splits.json").write_text(json.dumps({"format": 1, "seed": 0, "folds": folds}))
    run(replace(config, splits=tmp_path / "splits.json", fold=1))
    assert label_maps(config) == ["b.nii.gz"]


def test_a_folder_of_images_is_segmented_and_old_label_maps_are_replaced(config):
    images = config.manifest.parent / "data"
    for case in "abc":
        (images / f"{case}.nii.gz").unlink()
    config.out.mkdir()
    (config.out / "a.nii.gz").write_text("of another model")
    run(replace(config, manifest=None, images=[images]))
    assert label_maps(config) == ["a.nii.gz", "b.nii.gz", "c.nii.gz"]
    assert sitk.ReadImage(str(config.out / "a.nii.gz")).GetSize() == (30, 20, 5)


def test_label_maps_that_stay_from_an_earlier_run_are_told(config, caplog):
    config.out.mkdir()
    (config.out / "z.nii.gz").touch()
    run(config)
    assert "also holds 1 label maps that this run does not replace, the first is z.nii.gz" in caplog.text


def test_a_broken_volume_is_named_and_finished_cases_stay(config):
    broken = config.manifest.parent / "data" / "b_0000.nii.gz"
    broken.write_bytes(broken.read_bytes()[:-1000])
    with pytest.raises(TfpartialError, match=r"b_0000\.nii\.gz: ends early: the gzip stream has no end"):
        run(config)
    assert label_maps(config) == ["a.nii.gz"]
    assert not (config.out / "done.json").exists()


def test_a_rerun_that_fails_is_not_taken_for_done(config):
    run(config)
    (config.manifest.parent / "data" / "c_0000.nii.gz").unlink()
    with pytest.raises(TfpartialError, match=r"c_0000.nii.gz: no such file"):
        run(config)
    assert not (config.out / "done.json").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"manifest": None}, "expected either images or manifest, got neither"),
        ({"images": ["x"]}, "expected either images or manifest, got both"),
        ({"manifest": None, "images": ["x"], "splits": "s"}, "splits choose among the cases of a manifest"),
        ({"checkpoint": "best"}, "with best.keras, which is not there"),
        ({"batch": 0}, "batch: expected 1 or more slices, got 0"),
        (
            {"outside_box": "delete"},
            "outside_box delete expects prior, a stage folder of `prior` with the boxes, got none",
        ),
    ],
)
def test_options_that_make_no_sense_are_refused(config, changes, message):
    with pytest.raises(TfpartialError, match=message):
        run(replace(config, **changes))
    assert not config.out.exists()
