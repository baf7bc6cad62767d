"""Phantom data sets on disk."""

import json

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.data.phantom import ORGANS, generate_case, write_phantom
from tfpartial.errors import TfpartialError

SIZE, SLICE_MM = (24, 32), (15.0, 20.0)


def write(out, cases=2, workers=1, seed=0):
    return sorted(write_phantom(out, cases, SIZE, SLICE_MM, seed, workers))


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_writes_images_labels_and_description_in_nnunet_layout(tmp_path):
    assert write(tmp_path / "data") == ["phantom_0001", "phantom_0002"]
    assert sorted(str(path) for path in contents(tmp_path / "data")) == [
        "dataset.json",
        "imagesTr/phantom_0001_0000.nii.gz",
        "imagesTr/phantom_0002_0000.nii.gz",
        "labelsTr/phantom_0001.nii.gz",
        "labelsTr/phantom_0002.nii.gz",
    ]
    description = json.loads((tmp_path / "data" / "dataset.json").read_text())
    assert description["labels"] == {"background": 0} | {organ: n for n, organ in enumerate(ORGANS, start=1)}
    assert description["channel_names"] == {"0": "CT"}
    assert (description["numTraining"], description["file_ending"]) == (2, ".nii.gz")
    assert description["annotated"] == {"phantom_0001": list(ORGANS), "phantom_0002": list(ORGANS)}


def test_files_hold_the_case_and_its_geometry(tmp_path):
    write(tmp_path)
    case = generate_case(0, 2, SIZE, SLICE_MM)
    for path, array in (("imagesTr/phantom_0002_0000.nii.gz", case.hu), ("labelsTr/phantom_0002.nii.gz", case.label)):
        image = sitk.ReadImage(str(tmp_path / path))
        np.testing.assert_array_equal(sitk.GetArrayFromImage(image), array)
        assert image.GetSpacing() == pytest.approx(case.spacing_mm_zyx[::-1], rel=1e-6)
        assert image.GetOrigin() == pytest.approx(case.origin_mm_zyx[::-1], rel=1e-5)
        assert image.GetDirection() == pytest.approx(np.eye(3).ravel(), abs=1e-9)


def test_a_patient_is_the_same_in_a_larger_set_and_with_more_processes(tmp_path):
    write(tmp_path / "two", cases=2)
    write(tmp_path / "three", cases=3, workers=2)
    two, three = contents(tmp_path / "two"), contents(tmp_path / "three")
    assert len(three) == 7
    assert all(three[path] == two[path] for path in two if path.suffix == ".gz")


def test_description_comes_last(tmp_path):
    patients = write_phantom(tmp_path / "data", 2, SIZE, SLICE_MM, 0, 1)
    next(patients)
    assert not (tmp_path / "data" / "dataset.json").exists()
    assert list(patients) == ["phantom_0002"]
    assert (tmp_path / "data" / "dataset.json").exists()


@pytest.mark.parametrize("cases", [0, -3])
def test_refuses_to_write_no_case(tmp_path, cases):
    with pytest.raises(TfpartialError, match=f"expected at least 1 case, got {cases}"):
        write_phantom(tmp_path / "data", cases, SIZE, SLICE_MM, 0, 1)
    assert not (tmp_path / "data").exists()
