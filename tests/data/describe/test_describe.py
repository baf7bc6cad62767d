"""What `info` says of files and folders that are no DICOM."""

import numpy as np
import pytest
import SimpleITK as sitk
from PIL import Image

from tfpartial.data.describe import describe
from tfpartial.data.problem import FileError
from tfpartial.errors import TfpartialError


def write(path, array, spacing=(0.5, 0.75, 3.0), **fields):
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    image.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))  # RAS
    for key, value in fields.items():
        image.SetMetaData(key, value)
    sitk.WriteImage(image, str(path))
    return path


def ct():
    hu = np.random.default_rng(0).normal(40, 20, (4, 5, 6)).round()
    hu[0] = -1000
    return hu.astype(np.int16)


def test_a_volume_file(tmp_path):
    hu = ct()
    found = describe(write(tmp_path / "ct.nii.gz", hu))
    assert found["is"] == "volume file"
    assert (found["format"], found["voxels"]) == ("nii.gz", "int16")
    assert (found["size"], found["spacing_mm"], found["orientation"]) == ([6, 5, 4], [0.5, 0.75, 3.0], "RAS")
    assert found["range"] == [-1000, hu.max()]
    assert found["percentiles 0.5, 50, 99.5"] == pytest.approx(np.percentile(hu, (0.5, 50, 99.5)))
    assert found["if it is a CT"] == "its numbers may be HU"


def test_a_volume_file_whose_numbers_are_no_hu(tmp_path):
    found = describe(write(tmp_path / "ct.nrrd", (ct() + 1024).astype(np.float32)))
    assert "the intercept is missing; rescale: [1, -1024]" in found["if it is a CT"]
    assert found["if it is a CT"].endswith(" (option of the sources of `ingest`)")
    assert found["voxels"] == "float32"


@pytest.mark.parametrize("numbers", [ct() / np.float32(1000), ct().astype(np.int32) * 100])
def test_percentiles_of_fractions_and_of_numbers_beyond_int16(tmp_path, numbers):
    found = describe(write(tmp_path / "a.nrrd", numbers))
    assert found["percentiles 0.5, 50, 99.5"] == pytest.approx(np.percentile(numbers, (0.5, 50, 99.5)))


def test_a_label_map_has_its_values(tmp_path):
    label = np.zeros((2, 3, 4), np.uint8)
    label[0, 0, :3] = 7
    found = describe(write(tmp_path / "label.mha", label))
    assert (found["is"], found["may be"]) == ("volume file", "a label map")
    assert found["values"] == [{"value": 0, "voxels": 21}, {"value": 7, "voxels": 3}]
    assert "if it is a CT" not in found


def test_fractions_are_no_label_map(tmp_path):
    assert "values" not in describe(write(tmp_path / "p.nrrd", np.full((2, 2, 2), 0.5, np.float32)))


def test_an_image_of_few_values_is_no_label_map(tmp_path):
    mr = np.random.default_rng(0).integers(0, 90, (20, 20, 20)).astype(np.uint8)
    found = describe(write(tmp_path / "mr.nrrd", mr))
    assert "values" not in found
    assert "if it is a CT" in found


def test_named_segments_have_volumes(tmp_path):
    label = np.zeros((2, 3, 4), np.uint8)
    label[1, 1] = 2
    fields = {"Segment0_Name": "liver", "Segment0_LabelValue": "2", "Segment0_Layer": "0"}
    found = describe(write(tmp_path / "a.seg.nrrd", label, spacing=(10.0, 10.0, 5.0), **fields))
    assert found["is"] == "label file"
    assert found["segments"] == [{"segment": "liver", "voxels": 4, "ml": pytest.approx(2.0)}]
    assert found["size"] == [4, 3, 2]


def test_pictures(tmp_path):
    Image.fromarray(np.arange(200, dtype=np.uint8).reshape(10, 20)).save(tmp_path / "grey.png")
    Image.fromarray(np.zeros((3, 4, 3), np.uint8)).save(tmp_path / "colours.png")
    Image.fromarray(np.eye(4, dtype=np.uint8) * 255).save(tmp_path / "mask.png")
    grey = describe(tmp_path / "grey.png")
    assert (grey["is"], grey["size"], grey["colours"], grey["range"]) == ("picture", [20, 10], 1, [0, 199])
    assert describe(tmp_path / "colours.png")["colours"] == 3
    assert describe(tmp_path / "mask.png")["values"] == [{"value": 0, "voxels": 12}, {"value": 255, "voxels": 4}]


def test_a_folder_of_pictures(tmp_path):
    for number in range(3):
        Image.fromarray(np.full((4, 5), number, np.uint8)).save(tmp_path / f"{number}.png")
    found = describe(tmp_path)
    assert (found["is"], found["may be"], found["size"]) == ("pictures, one per slice", "a label map", [5, 4, 3])
    assert len(found["values"]) == 3


def test_a_manifest_and_one_of_its_cases(tiny_run):
    found = describe(tiny_run.manifest)
    assert (found["is"], found["cases"], found["complete"], found["unlabeled"]) == ("manifest", 6, 6, 0)
    assert {row["annotated"] for row in found["organs"]} == {6}
    case = sorted(path.name.removesuffix(".nii.gz") for path in (tiny_run.dataset / "labelsTr").iterdir())[0]
    entry = describe(tiny_run.manifest, case)
    assert (entry["is"], entry["case"]) == ("case of a manifest", case)
    assert entry["files"][0] == {"file": str(tiny_run.dataset / "imagesTr" / f"{case}_0000.nii.gz"), "shows": "channel 0"}
    assert entry["voxels"].keys() == set(entry["annotated"])


def test_a_store_and_the_history_of_a_case(tiny_run):
    found = describe(tiny_run.store)
    assert (found["is"], found["cases"], found["size"]) == ("store", 6, [32, 32])
    folder = sorted((tiny_run.store / "cases").iterdir())[0]
    entry = describe(tiny_run.store, folder.name)
    assert entry == describe(folder)
    assert entry["is"] == "prepared case"
    image = next(row["file"] for row in entry["files"] if "imagesTr" in row["file"])
    assert image == str(tiny_run.dataset / "imagesTr" / f"{folder.name}_0000.nii.gz")
    assert entry["history"][0]["step"] == "read"
    assert entry["history"][0]["detail"]["file"] == image


def test_the_folder_of_a_stage(tiny_run):
    found = describe(tiny_run.dataset)
    assert (found["is"], found["verb"], found["finished"], found["phantom: cases"]) == ("folder of a stage", "phantom", True, 6)


def test_what_is_wrong_is_said(tmp_path, tiny_run):
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.nii.gz").write_bytes(b"no image")
    (tmp_path / "c.txt").write_text("text")
    (tmp_path / "d").mkdir()
    volume = write(tmp_path / "e.nii.gz", ct())
    for path, case, message in (
        (tmp_path / "missing", None, "missing: no such file or folder"),
        (tmp_path / "a.json", None, "expected the manifest in format"),
        (tmp_path / "b.nii.gz", None, "b.nii.gz: ends early"),
        (tmp_path / "d", None, "expected a store, a case, the folder of a stage, pictures, or DICOM files, got none of them"),
        (volume, "a", "has no cases; expected a manifest or a store to look for case 'a' in"),
        (tiny_run.manifest, "nobody", "case 'nobody' is not in the manifest"),
        (tiny_run.store, "nobody", "the store has no case 'nobody'"),
    ):
        with pytest.raises(TfpartialError, match=message):
            describe(path, case)
    with pytest.raises(FileError):
        describe(tmp_path / "c.txt")


def test_a_store_that_is_not_finished_says_so(tmp_path):
    (tmp_path / "cases" / "a").mkdir(parents=True)
    (tmp_path / "cases" / "a" / "case.json").write_text("{}")
    with pytest.raises(TfpartialError, match="has not finished this store"):
        describe(tmp_path)
    with pytest.raises(TfpartialError, match="expected the record of a prepared case; its content has no usable 'id'"):
        describe(tmp_path / "cases" / "a")
