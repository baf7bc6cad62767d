"""NIfTI headers that say twice where the voxels are, and not the same."""

import re

import nibabel as nib
import numpy as np
import pytest
from nifti_file import GOOD, SHAPE, patched
from nifti_file import write_nifti as write

from tfpartial.config import SourceConfig
from tfpartial.data.files import ImageFile
from tfpartial.data.formats.image import open_image
from tfpartial.data.formats.label import open_label
from tfpartial.data.formats.volume_file import VolumeFile
from tfpartial.data.ingest.verify import accept, verify_dataset
from tfpartial.data.layouts import read_source
from tfpartial.data.problem import FileError

MIRRORED = GOOD * [[-1], [1], [1], [1]]
MOVED = GOOD + np.diag([0, 0, 0, 30])[[3, 0, 1, 2]]
DOUBLE = GOOD * [2, 2, 2, 1]


def placed(file):
    return [step for step in file.history if step.name == "place"]


@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize(("qform", "sform"), [(GOOD, GOOD), (GOOD, None), (None, GOOD)])
def test_forms_that_agree_are_no_matter(tmp_path, qform, sform, kind):
    file = VolumeFile(write(tmp_path / "a.nii.gz", qform, sform, kind))
    assert (file.native.orientation, file.native.origin_mm_xyz) == ("LPS", (-48, -40, 10))
    assert placed(file) == []
    ((_, voxels),) = file.slabs(9)
    assert np.array_equal(voxels, np.arange(60).reshape(SHAPE).T)


@pytest.mark.parametrize(
    ("qform", "sform", "orientation", "spacing_mm", "text"),
    [
        (
            GOOD,
            MIRRORED,
            "RPS",
            (1.5, 1.5, 3),
            r"'sform' and 'qform' place a corner 96 mm apart: sform has RPS, .* qform has LPS, ",
        ),
        (
            GOOD,
            MOVED,
            "LPS",
            (1.5, 1.5, 3),
            r"30 mm apart: .* origin \(-78, .* origin \(-48, ",
        ),
        (
            None,
            DOUBLE,
            "LPS",
            (3, 3, 6),
            r"sform has LPS, spacing \(3, 3, 6\) mm, .*; pixdim has LPS, spacing \(1.5, 1.5, 3\) mm",
        ),
    ],
)
def test_a_contradiction_is_decided_as_nibabel_does_and_said(tmp_path, qform, sform, orientation, spacing_mm, text):
    path = write(tmp_path / "a.nii.gz", qform, sform, zooms=(1.5, 1.5, 3))
    file = VolumeFile(path)
    assert (file.native.orientation, file.native.spacing_mm_xyz) == (orientation, spacing_mm)
    np.testing.assert_allclose(file.native.origin_mm_xyz, nib.load(path).affine[:3, 3] * [-1, -1, 1])
    (step,) = placed(file)
    assert step.detail == {"by": "sform", "file": str(path), "because": step.warning}
    assert re.search(text, step.warning)


SHEARED = GOOD + np.array([[0, 0.8, 0, 0], *np.zeros((3, 4))])


@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
def test_a_sheared_form_is_refused_with_the_option_that_helps(tmp_path, kind):
    path = write(tmp_path / "a.nii.gz", GOOD, SHEARED, kind)
    text = r"'sform': expected axes at right angles, .*; 'qform' has right angles: option `nifti_form` of `ingest` and `predict`$"
    with pytest.raises(FileError, match=text) as caught:
        VolumeFile(path)
    assert caught.value.kind == "bad_grid"
    assert VolumeFile(path, "qform").native.spacing_mm_xyz == (1.5, 1.5, 3)


def test_a_sheared_form_without_another_one_is_given_no_option(tmp_path):
    with pytest.raises(FileError, match=r"'sform': expected axes at right angles, got the directions [^']*$"):
        VolumeFile(write(tmp_path / "a.nii.gz", None, SHEARED, nib.Nifti2Image))


def test_qform_is_taken_where_it_is_asked_for(tmp_path):
    path = write(tmp_path / "a.nii.gz", GOOD, MIRRORED)
    for file in (open_image(ImageFile(path, nifti_form="qform")), open_label(path, nifti_form="qform")):
        assert file.native.orientation == "LPS"
        assert placed(file)[0].detail["by"] == "qform"


def test_an_oblique_qform_is_where_nibabel_has_it(tmp_path):
    turned = GOOD.copy()
    turned[:3, :3] = np.array([[0.6, -0.8, 0], [0.8, 0.6, 0], [0, 0, -1]]) @ GOOD[:3, :3]
    file = VolumeFile(write(tmp_path / "a.nii.gz", turned, GOOD), "qform")
    corner = file.native.positions_mm(np.array([4, 3, 2])) * [-1, -1, 1]
    np.testing.assert_allclose(corner, (turned @ [4, 3, 2, 1])[:3], atol=1e-4)


def test_a_header_without_a_form_is_said(tmp_path):
    (step,) = placed(VolumeFile(write(tmp_path / "a.nii.gz", None, None)))
    assert step.warning.startswith("neither 'sform' nor 'qform' is in use")


def test_lengths_in_micrometres_are_no_contradiction(tmp_path):
    path = patched(write(tmp_path / "a.nii", GOOD * [[1000], [1000], [1000], [1]], None), "<B", 123, 3)
    assert placed(VolumeFile(path)) == []
    assert VolumeFile(path).native.spacing_mm_xyz == pytest.approx((1.5, 1.5, 3))


def test_a_form_without_extent_is_refused(tmp_path):
    path = patched(write(tmp_path / "a.nii", GOOD, MIRRORED), "<12f", 280, *[0.0] * 12)
    with pytest.raises(FileError, match=r"a.nii.*expected"):
        VolumeFile(path)


@pytest.mark.parametrize("slope", [np.nan, np.inf, 0.0])
def test_a_slope_that_is_no_number_scales_nothing(tmp_path, slope):
    path = patched(write(tmp_path / "a.nii", GOOD, GOOD), "<2f", 112, slope, np.nan)
    ((_, voxels),) = VolumeFile(path).slabs(9)
    assert np.array_equal(voxels, np.arange(60).reshape(SHAPE).T)


def test_an_intercept_that_is_no_number_is_refused(tmp_path):
    path = patched(write(tmp_path / "a.nii", GOOD, GOOD), "<2f", 112, 2.0, np.nan)
    with pytest.raises(FileError, match="'scl_inter': expected a finite number, got nan"):
        VolumeFile(path)


def test_ingest_warns_of_image_and_label_and_obeys_the_option(tiny_dataset):
    shape = (6, 5, 4)
    for case in "abc":
        write(tiny_dataset.image(case), GOOD, MIRRORED, voxels=np.arange(120, dtype=np.int16).reshape(shape))
    for case in "ab":
        label = np.zeros(shape, np.int16)
        label[1:3, 1, 1], label[1:3, 2, 1] = 1, 2 if case == "a" else 0
        write(tiny_dataset.label(case), GOOD, MIRRORED, voxels=label)
    for form in ("sform", "qform"):
        dataset = read_source(SourceConfig(tiny_dataset.root, nifti_form=form))
        reports = list(verify_dataset(dataset, 0.1, workers=1))
        (a,) = (report for report in reports if report.case.id == "a")
        assert [(warning.kind, warning.file) for warning in a.warnings if warning.kind == "place"] == [
            ("place", str(tiny_dataset.image("a"))),
            ("place", str(tiny_dataset.label("a"))),
        ]
        assert a.native.orientation == {"sform": "RPS", "qform": "LPS"}[form]
        assert accept(dataset, reports, 0.1).cases["a"].images[0].nifti_form == form
