"""MetaImage files from public reports; docs/reference/odd-inputs.md has the sources."""

import numpy as np
import pytest

from tfpartial.data.formats.volume_file import VolumeFile
from tfpartial.data.problem import FileError

VOXELS = np.arange(24, dtype="<i2").reshape(2, 3, 4)
TURNED = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
"""Rows are the directions of the axes: the first one runs to the back, the second one to the right."""


def write(path, sizes=(4, 3, 2), spacing=(1, 2, 3), place=(10, 20, 30), axes=TURNED, more="", data=None):
    def numbers(values):
        return " ".join(map(str, values))

    path.write_bytes(
        f"ObjectType = Image\nNDims = {len(sizes)}\nTransformMatrix = {numbers(np.ravel(axes))}\nOffset = {numbers(place)}\n"
        f"ElementSpacing = {numbers(spacing)}\nDimSize = {numbers(sizes)}\nElementType = MET_SHORT\n{more}"
        "ElementDataFile = LOCAL\n".encode()
        + (VOXELS.tobytes() if data is None else data)
    )
    return path


FOUR = np.eye(4, dtype=int)
FOUR[:3, :3] = TURNED

READ = {
    "a matrix that is not symmetric": {},
    "a fourth axis of 1 and a matrix that is not symmetric": {
        "sizes": (4, 3, 2, 1),
        "spacing": (1, 2, 3, 1),
        "place": (10, 20, 30, 0),
        "axes": FOUR,
    },
    "an AnatomicalOrientation that says something else": {"more": "AnatomicalOrientation = LPI\n"},
    "bytes before the voxels": {"more": "HeaderSize = -1\n", "data": b"another header" + VOXELS.tobytes()},
}


@pytest.mark.parametrize("row", READ)
def test_is_read_right(tmp_path, row):
    native = (file := VolumeFile(write(tmp_path / "a.mha", **READ[row]))).native
    assert (native.orientation, native.spacing_mm_xyz, native.origin_mm_xyz) == ("PRS", (1, 2, 3), (10, 20, 30))
    # The voxel of the place (3, 1, 1) lies 3 mm to the back and 2 mm to the right of the first one.
    np.testing.assert_allclose(native.positions_mm(np.array([3, 1, 1])), [8, 23, 33])
    ((_, voxels),) = file.slabs(9)
    np.testing.assert_array_equal(native.from_lps(voxels), VOXELS)


REFUSED = {
    "two volumes": (
        {"sizes": (4, 3, 1, 2), "spacing": (1, 2, 3, 1), "place": (1, 1, 1, 0), "axes": FOUR},
        "expected a 3D volume, got 4D of 4 × 3 × 1 × 2 voxels",
    ),
    "several numbers per voxel": (
        {"sizes": (4, 3, 1), "more": "ElementNumberOfChannels = 2\n"},
        "expected one number per voxel, got 2",
    ),
    "axes that are not at right angles": ({"axes": [[1, 0, 0], [0.2, 1, 0], [0, 0, 1]]}, "expected axes at right angles"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_is_refused_in_one_line(tmp_path, row):
    changes, message = REFUSED[row]
    with pytest.raises(FileError) as caught:
        VolumeFile(write(tmp_path / "a.mha", **changes))
    assert message in str(caught.value)
