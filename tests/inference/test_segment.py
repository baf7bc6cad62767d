"""Volume files in, label maps on the native grid out."""

import dataclasses

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.data.files import ImageFile
from tfpartial.data.number_map import NumberMap
from tfpartial.errors import TfpartialError
from tfpartial.inference.cases import InputCase
from tfpartial.inference.predictor import Predictor
from tfpartial.inference.probability_files import ProbabilityWriter, organ_file
from tfpartial.inference.segment import segment_case
from tfpartial.segmenter.card import read_card, write_card

OBLIQUE = (0.8, 0.6, 0.0, -0.6, 0.8, 0.0, 0.0, 0.0, 1.0)
DIRECTIONS = {
    "LPS": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    "RAS": (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0),
    "feet first": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    "sagittal": (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    "oblique": OBLIQUE,
}


def write_volume(path, size_xyz=(29, 27, 11), direction=DIRECTIONS["LPS"], seed=0):
    """Random HU on a grid with unlike spacings; returns the stored array."""
    stored = np.random.default_rng(seed).integers(-300, 300, size_xyz[::-1], dtype=np.int16)
    image = sitk.GetImageFromArray(stored)
    image.SetSpacing((0.7, 0.8, 2.5))
    image.SetOrigin((-11.0, 5.0, 101.5))
    image.SetDirection(direction)
    sitk.WriteImage(image, str(path))
    return stored


def rule(hu):
    return np.where(hu >= 100, 1, np.where(hu <= -100, 2, 0))


@pytest.fixture
def predictor(threshold_segmenter):
    return Predictor.load(threshold_segmenter, batch=2)


@pytest.mark.parametrize("direction", DIRECTIONS.values(), ids=DIRECTIONS)
def test_labels_come_back_on_the_native_grid(tmp_path, predictor, direction):
    size = (29, 11, 27) if direction == DIRECTIONS["sagittal"] else (29, 27, 11)
    stored = write_volume(tmp_path / "a.nii.gz", size, direction)
    slices = segment_case(predictor, InputCase("a", (ImageFile(tmp_path / "a.nii.gz"),)), tmp_path / "out", slab=4)
    image, label = sitk.ReadImage(str(tmp_path / "a.nii.gz")), sitk.ReadImage(str(tmp_path / "out" / "a.nii.gz"))
    assert slices == 11
    assert label.GetPixelID() == sitk.sitkUInt8
    assert np.array_equal(sitk.GetArrayFromImage(label), rule(stored))
    for grid in ("GetSize", "GetSpacing", "GetOrigin", "GetDirection"):
        assert np.allclose(getattr(label, grid)(), getattr(image, grid)(), atol=1e-6)


def test_probabilities_are_one_float32_volume_per_organ(tmp_path, predictor):
    stored = write_volume(tmp_path / "a.nii.gz", direction=DIRECTIONS["RAS"])
    segment_case(predictor, InputCase("a", (ImageFile(tmp_path / "a.nii.gz"),)), tmp_path / "out", slab=4, probabilities=True)
    folder = tmp_path / "out" / "probabilities"
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) == ["a", "a/bone.nii.gz", "a/fat.nii.gz"]
    for organ, sign in (("bone", 1), ("fat", -1)):
        image = sitk.ReadImage(str(folder / "a" / f"{organ}.nii.gz"))
        assert image.GetPixelID() == sitk.sitkFloat32
        assert np.allclose(sitk.GetArrayFromImage(image), 1 / (1 + np.exp(1 - sign * stored / 100)), atol=1e-6)


def test_slices_larger_than_the_networks_are_segmented_in_part_with_a_warning(tmp_path, predictor, caplog):
    stored = write_volume(tmp_path / "a.nii.gz", (58, 30, 3))
    segment_case(predictor, InputCase("a", (ImageFile(tmp_path / "a.nii.gz"),)), tmp_path / "out")
    label = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out" / "a.nii.gz")))
    assert np.array_equal(label[:, :, 5:53], rule(stored)[:, :, 5:53])
    assert not label[:, :, :5].any()
    assert not label[:, :, 53:].any()
    assert "case a: its slices are larger than the network's; 0 mm of the rows and 7 mm of the columns" in caplog.text


@pytest.fixture(params=["int16", "float16", "float32"])
def scaled_predictor(threshold_segmenter, request):
    """Organ 1 from 0.75 on, organ 2 up to 0.25, of numbers in 0..1."""
    maps = (NumberMap(2**-14, 2**-4, request.param),)
    scale = {"window_hu": (0.0, 1.0), "mean": 0.5, "sd": 0.25, "number_maps": maps}
    write_card(dataclasses.replace(read_card(threshold_segmenter), **scale), threshold_segmenter)
    return Predictor.load(threshold_segmenter, batch=2)


def our_messages(caplog):
    """What this program said: TensorFlow warns of tracing."""
    return [record.getMessage() for record in caplog.records if record.name.startswith("tfpartial")]


def write_numbers(path, numbers):
    sitk.WriteImage(sitk.GetImageFromArray(numbers), str(path))
    return InputCase("a", (ImageFile(path),))


def test_a_network_of_scaled_numbers_reads_them_from_files(tmp_path, scaled_predictor, caplog):
    numbers = np.random.default_rng(0).random((5, 27, 29), np.float32)
    segment_case(scaled_predictor, write_numbers(tmp_path / "a.nii.gz", numbers), tmp_path / "out")
    label = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out" / "a.nii.gz")))
    clear = np.minimum(np.abs(numbers - 0.25), np.abs(numbers - 0.75)) > 2**-11
    assert np.array_equal(label[clear], np.where(numbers >= 0.75, 1, np.where(numbers <= 0.25, 2, 0))[clear])
    assert our_messages(caplog) == []


def test_numbers_that_the_network_cannot_read_are_said(tmp_path, predictor, scaled_predictor, caplog):
    numbers = np.random.default_rng(0).random((5, 27, 29), np.float32)
    segment_case(predictor, write_numbers(tmp_path / "a.nii.gz", numbers), tmp_path / "out")
    assert "case a: channel 'CT': its numbers, " in caplog.text
    assert "are finer than this network, of whole numbers, gets them" in caplog.text
    numbers[2, 3, 4:6] = 1e5
    segment_case(scaled_predictor, write_numbers(tmp_path / "b.nii.gz", numbers), tmp_path / "out")
    said = "case a: channel 'CT': 2 voxels lie outside of the numbers that the network can read and were clipped" in caplog.text
    assert said == (scaled_predictor.card.number_maps[0].values != "float32")


def test_a_volume_that_fits_gives_no_warning(tmp_path, predictor, caplog):
    write_volume(tmp_path / "a.nii.gz")
    segment_case(predictor, InputCase("a", (ImageFile(tmp_path / "a.nii.gz"),)), tmp_path / "out")
    assert our_messages(caplog) == []


def test_a_truncated_volume_is_named_and_leaves_nothing(tmp_path, predictor):
    path = tmp_path / "a.nii.gz"
    write_volume(path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(TfpartialError, match=r"a\.nii\.gz: ends early"):
        segment_case(predictor, InputCase("a", (ImageFile(path),)), tmp_path / "out", slab=4, probabilities=True)
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_a_slab_without_slices_is_refused(tmp_path, predictor):
    with pytest.raises(TfpartialError, match="slab: expected 1 or more slices, got 0"):
        segment_case(predictor, InputCase("a", (ImageFile(tmp_path / "a.nii.gz"),)), tmp_path, slab=0)


def test_organ_names_become_file_names():
    assert organ_file("left kidney/cortex") == "left_kidney_cortex.nii.gz"


def test_organs_that_would_share_a_file_are_refused(tmp_path):
    with pytest.raises(TfpartialError, match="organs left kidney, left_kidney would share a file name"):
        ProbabilityWriter(tmp_path / "a", None, ("left kidney", "left_kidney"))


def test_no_label_map_appears_when_its_probabilities_cannot_be_written(tmp_path, predictor):
    write_volume(tmp_path / "a.nii.gz")
    (tmp_path / "out" / "probabilities" / "a" / "bone.nii.gz").mkdir(parents=True)
    with pytest.raises(TfpartialError, match=r"bone\.nii\.gz: cannot be written: Is a directory"):
        segment_case(predictor, InputCase("a", (ImageFile(tmp_path / "a.nii.gz"),)), tmp_path / "out", probabilities=True)
    assert not (tmp_path / "out" / "a.nii.gz").exists()
