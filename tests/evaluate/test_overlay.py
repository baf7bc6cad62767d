"""The stage: which cases, files and slices are drawn, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from PIL import Image

from tfpartial.artifacts import read_json
from tfpartial.config import OverlayConfig
from tfpartial.errors import TfpartialError
from tfpartial.evaluate.overlay import run

SPACING_XYZ = (2.0, 2.0, 5.0)


def write_volume(path, array, spacing_xyz=SPACING_XYZ):
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing_xyz)
    sitk.WriteImage(image, str(path))
    return path


@pytest.fixture
def files(tmp_path):
    """An image of 6 slices of 20 x 30, and a label map with value 1 in slices 2 and 3 and value 4 in slice 3."""
    label = np.zeros((6, 20, 30), np.uint8)
    label[1:3, 5:15, 5:15] = 1
    label[2, 5:15, 20:25] = 4
    hu = np.random.default_rng(0).integers(-100, 200, label.shape, np.int16)
    image = write_volume(tmp_path / "ct.nrrd", hu)
    label_file = write_volume(tmp_path / "seg.nii.gz", label)
    return OverlayConfig(tmp_path / "out", image=image, label=label_file, side=64, animation="none")


@pytest.fixture
def cases(manifest, tmp_path):
    return OverlayConfig(tmp_path / "out", manifest=manifest, side=64, planes=["axial"], animation="none")


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def pictures(config, ending=".png"):
    return sorted(path.name for path in config.out.glob(f"*{ending}"))


def test_the_slices_that_show_most_are_drawn_in_every_plane(files):
    summary = run(files)
    assert pictures(files) == ["ct_axial_0003.png", "ct_coronal_0015.png", "ct_sagittal_0015.png", "ct_sheet.png"]
    assert summary["cases"] == [{"case": "ct", "axial": [3], "coronal": [15], "sagittal": [15]}]
    assert read_json(files.out / "done.json", "content") == summary


def test_pictures_have_the_proportions_of_the_tissue(files):
    run(replace(files, side=120))
    planes = ("axial_0003", "coronal_0015", "sagittal_0015")
    axial, coronal, sagittal = (len(pixels(files.out / f"ct_{plane}.png")) for plane in planes)
    # 60 x 40 x 30 mm (x, y, z): 120 x 80, 120 x 60 and 120 x 90 pixels, and the same captions.
    assert (axial - coronal, sagittal - axial) == (20, 10)


def test_slices_are_counted_from_1_and_several_make_a_sheet(files):
    run(replace(files, planes=["axial"], slices=[1, 6]))
    assert pictures(files) == ["ct_axial_0001.png", "ct_axial_0006.png", "ct_sheet.png"]


def test_values_are_called_by_the_names_that_are_given(files):
    run(replace(files, names=["liver", "spleen"]))
    lines = (files.out / "labels.ctbl").read_text().splitlines()
    assert [line.split()[:2] for line in lines[3:]] == [["1", "liver"], ["2", "spleen"], ["3", "label_3"], ["4", "label_4"]]
    assert '"label 4"' in (files.out / "labels.txt").read_text()


def test_only_the_organs_that_are_asked_for_are_drawn(files):
    summary = run(replace(files, organs=["label 1"], planes=["axial"]))
    assert summary["cases"][0]["axial"] == [3]
    everything, one = run(replace(files, planes=["sagittal"])), run(replace(files, planes=["sagittal"], organs=["label 4"]))
    assert (everything["cases"][0]["sagittal"], one["cases"][0]["sagittal"]) == ([15], [25])


def test_segments_bring_their_names_and_the_reference_is_dashed(files, tmp_path):
    label = sitk.ReadImage(str(files.label))
    for field, value in {"Name": "liver", "LabelValue": "1", "Layer": "0"}.items():
        label.SetMetaData(f"Segment0_{field}", value)
    sitk.WriteImage(label, str(tmp_path / "a.seg.nrrd"))
    run(replace(files, label=tmp_path / "a.seg.nrrd", planes=["axial"]))
    alone = pixels(files.out / "ct_axial_0003.png")
    assert "1 liver 255 93 93 255" in (files.out / "labels.ctbl").read_text()
    run(replace(files, label=tmp_path / "a.seg.nrrd", reference=files.label, planes=["axial"]))
    with_reference = pixels(files.out / "ct_axial_0003.png")
    assert (with_reference.min(axis=-1) > 200).sum() > (alone.min(axis=-1) > 200).sum()


def test_an_animation_goes_through_the_volume_in_at_most_so_many_frames(files):
    summary = run(replace(files, animation="coronal", frames=7, megabytes=0.05))
    with Image.open(files.out / "ct.gif") as animation:
        assert animation.n_frames == summary["cases"][0]["frames"] == 7
    assert (files.out / "ct.gif").stat().st_size <= 50_000
    assert run(replace(files, animation="axial", frames=7))["cases"][0]["frames"] == 6


def test_the_cases_of_a_manifest_are_drawn_with_the_experts_contours(cases):
    summary = run(cases)
    assert [row["case"] for row in summary["cases"]] == ["a", "b", "c"]
    assert all(len([name for name in pictures(cases) if name.startswith(case)]) == 1 for case in "abc")
    assert "2 fat 76 201 240 255" in (cases.out / "labels.ctbl").read_text()


def test_predictions_are_drawn_over_the_experts_contours(cases, tmp_path):
    folder = tmp_path / "predictions"
    folder.mkdir()
    prediction = sitk.ReadImage(str(tmp_path / "data" / "b.nii.gz"))
    sitk.WriteImage(prediction * 2, str(folder / "b.nii.gz"))
    summary = run(replace(cases, predictions=folder))
    assert [row["case"] for row in summary["cases"]] == ["b"]
    with pytest.raises(TfpartialError, match="predictions: has no label map of case 'a'"):
        run(replace(cases, predictions=folder, cases=["a"]))


def test_a_case_without_contours_is_left_out_unless_it_was_asked_for(cases, caplog):
    assert [row["case"] for row in run(replace(cases, organs=["fat"]))["cases"]] == ["a", "c"]
    assert "b: expected contours of fat, got an empty label; it is left out" in caplog.text
    with pytest.raises(TfpartialError, match="b: expected contours of fat, got an empty label"):
        run(replace(cases, organs=["fat"], cases=["b"]))


def spoil_grid(files):
    write_volume(files.label, np.ones((6, 20, 30), np.uint8), spacing_xyz=(2.0, 2.0, 4.0))


def spoil_values(files):
    write_volume(files.label, np.full((6, 20, 30), 1023, np.int16))


def empty(files):
    write_volume(files.label, np.full((6, 20, 30), 255, np.uint8))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_grid, r"seg\.nii\.gz: does not lie on the grid of its image: .*spacing \(2, 2, 5\) and \(2, 2, 4\)"),
        (spoil_values, r"seg\.nii\.gz: expected label values from 0 to 255, got 1023 to 1023"),
        (empty, "ct: expected contours of some organ, got an empty label"),
    ],
)
def test_labels_that_do_not_fit_are_named(files, spoil, message):
    spoil(files)
    with pytest.raises(TfpartialError, match=message):
        run(files)
    assert not files.out.exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slices": [0, 6, 7]}, "ct: expected axial slices from 1 to 6, got 0, 7"),
        ({"organs": ["label 9"]}, "organ 'label 9' is not in the organ table; expected one of label 1, "),
        ({"label": None}, "overlay: expected the contours of the image: label"),
        ({"image": None}, "overlay: expected either image or manifest, got neither"),
    ],
)
def test_options_that_do_not_fit_are_refused(files, changes, message):
    with pytest.raises(TfpartialError, match=message):
        run(replace(files, **changes))
    assert not pictures(files)


def test_an_unknown_case_is_refused(cases):
    with pytest.raises(TfpartialError, match="case 'x' is not in the manifest of 'demo'"):
        run(replace(cases, cases=["x"]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"count": 0}, "count: expected 1 or more, got 0"),
        ({"side": 10}, "side: expected 64 pixels or more, got 10"),
        ({"planes": []}, "planes: expected at least one, got none"),
        ({"megabytes": 0.0}, "megabytes: expected more than 0, got 0.0"),
        ({"window_hu": (300.0, 300.0)}, r"window_hu: expected the lower number first, got \(300.0, 300.0\)"),
    ],
)
def test_settings_that_make_no_sense_are_refused(files, changes, message):
    with pytest.raises(TfpartialError, match=message):
        replace(files, **changes)
