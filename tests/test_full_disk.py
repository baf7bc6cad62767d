"""A disk that is full before all is written: one error with the name of the file, and nothing that looks whole."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.artifacts import atomic_file
from tfpartial.data.formats.nifti_writer import write_slices
from tfpartial.data.formats.volume_file import write_image
from tfpartial.data.geometry import Geometry
from tfpartial.data.store.layer_file import write_label_layer
from tfpartial.errors import TfpartialError
from tfpartial.inference.probability_files import ProbabilityWriter
from tfpartial.relabel import volume_selection
from tfpartial.relabel.volume_selection import VolumeSelection

GRID = Geometry((40, 30, 20), (1.0, 1.0, 2.0))
VOXELS = np.random.default_rng(0).integers(0, 8, GRID.shape_zyx).astype(np.uint8)


def volume(path: Path) -> None:
    write_image(GRID.stamp(sitk.GetImageFromArray(VOXELS)), path)


def slices(path: Path) -> None:
    write_slices(path, GRID, (piece.tobytes() for piece in VOXELS))


def layer(path: Path) -> None:
    with atomic_file(path) as temporary:
        write_label_layer(temporary, [(0, VOXELS)], VOXELS.shape, 7)


def probabilities(path: Path) -> None:
    with ProbabilityWriter(path, GRID, ("liver",)):
        raise AssertionError("its scratch file has no room: a page of it that is written would end the process")


@pytest.mark.parametrize("room", [0, 351, 400, 4096])
@pytest.mark.parametrize(
    ("write", "name"),
    [
        (volume, "a.nii.gz"),
        (volume, "a.nii"),
        (volume, "a.mha"),
        (volume, "a.nrrd"),
        (slices, "a.nii.gz"),
        (slices, "a.nii"),
        (layer, "label-0.h5"),
        (probabilities, "case"),
    ],
)
def test_nothing_is_left_and_the_error_names_the_file(tmp_path, full_after, write, name, room):
    with full_after(room), pytest.raises(TfpartialError, match=rf"^{tmp_path}/{name}: cannot be written") as caught:
        write(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_temporary_files_is_named(tmp_path, full_after, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(volume_selection, "IN_MEMORY", 1)
    error = pytest.raises(TfpartialError, match=rf"^{tmp_path}: cannot be written: File too large$")
    with VolumeSelection(7) as selection, full_after(100), error:
        selection.add((0, VOXELS, VOXELS.astype(np.float32)))
