"""Label maps written slice by slice are the files that SimpleITK would write."""

import gzip

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.data.formats.nifti_writer import write_slices
from tfpartial.data.geometry import Geometry

OBLIQUE = (0.8, -0.6, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0)


@pytest.mark.parametrize("depth", [1, 2, 5])
@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_equals_the_file_of_simpleitk_byte_for_byte(tmp_path, ending, depth):
    grid = Geometry((4, 3, depth), (0.7, 0.8, 2.5), (-10.0, 20.0, 5.5), OBLIQUE)
    voxels = np.random.default_rng(0).integers(0, 8, (depth, 3, 4)).astype(np.uint8)
    write_slices(tmp_path / f"ours{ending}", grid, (piece.tobytes() for piece in voxels))
    sitk.WriteImage(grid.stamp(sitk.GetImageFromArray(voxels)), str(tmp_path / f"theirs{ending}"))
    ours, theirs = ((tmp_path / f"{name}{ending}").read_bytes() for name in ("ours", "theirs"))
    unpack = gzip.decompress if ending.endswith("gz") else bytes
    assert unpack(ours) == unpack(theirs)


def test_equal_label_maps_are_equal_files(tmp_path):
    grid = Geometry((2, 2, 1), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    for name in ("a.nii.gz", "b.nii.gz"):
        write_slices(tmp_path / name, grid, [b"\0\1\2\3"])
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


def test_a_failure_leaves_nothing(tmp_path):
    def slices():
        yield b"\0" * 4
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        write_slices(tmp_path / "a.nii.gz", Geometry((2, 2, 2), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)), slices())
    assert list(tmp_path.iterdir()) == []
