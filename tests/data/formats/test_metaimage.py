"""MetaImage headers as other programs write them, next to ITK's reading of the same file."""

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.data.formats.volume_file import VolumeFile
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

VOXELS = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
HEADER = {
    "ObjectType": "Image",
    "NDims": "3",
    "DimSize": "4 3 2",
    "ElementSpacing": "1 2 3",
    "Offset": "10 20 30",
    "TransformMatrix": "0.6 0.8 0 -0.8 0.6 0 0 0 1",
    "ElementType": "MET_SHORT",
    "ElementDataFile": "LOCAL",
}


def write(path, content=None, **changes):
    header = {key: value for key, value in (HEADER | changes).items() if value is not None}
    header["ElementDataFile"] = header.pop("ElementDataFile")  # the last one
    text = "".join(f"{key} = {value}\n" for key, value in header.items())
    path.write_bytes(text.encode() + (VOXELS.tobytes() if content is None else content))
    return path


def stored(file):
    ((_, lps),) = file.slabs(file.native.shape_zyx[0])
    return file.native.from_lps(lps)


@pytest.mark.parametrize(
    ("content", "changes"),
    [
        (None, {}),
        (VOXELS.astype(">i2").tobytes(), {"BinaryDataByteOrderMSB": "True"}),
        (VOXELS.astype(">i2").tobytes(), {"ElementByteOrderMSB": "True"}),
        (None, {"Offset": None, "Position": "1 2 3", "TransformMatrix": None, "Orientation": "1 0 0 0 1 0 0 0 1"}),
        (None, {"ElementSpacing": None, "ElementSize": "1 2 3"}),
        (None, {"Comment": "x = y", "Modality": "MET_MOD_CT"}),
        (bytes(7) + VOXELS.tobytes(), {"HeaderSize": "-1"}),
        (VOXELS.astype(np.float64).tobytes(), {"ElementType": "MET_DOUBLE"}),
        (VOXELS.astype(np.uint32).tobytes(), {"ElementType": "MET_ULONG"}),
    ],
)
def test_agrees_with_itk(tmp_path, content, changes):
    path = write(tmp_path / "a.mha", content, **changes)
    file = VolumeFile(path)
    image = sitk.ReadImage(str(path))
    np.testing.assert_array_equal(stored(file), VOXELS)
    np.testing.assert_array_equal(stored(file), sitk.GetArrayFromImage(image))
    for name in ("size_xyz", "spacing_mm_xyz", "origin_mm_xyz", "direction"):
        np.testing.assert_allclose(getattr(file.native, name), getattr(Geometry.of(image), name))


def test_voxels_may_lie_in_the_middle_of_another_file(tmp_path):
    (tmp_path / "a.raw").write_bytes(bytes(9) + VOXELS.tobytes() + bytes(5))
    path = write(tmp_path / "a.mhd", b"", ElementDataFile="a.raw", HeaderSize="9")
    np.testing.assert_array_equal(stored(VolumeFile(path)), VOXELS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ElementSpacing": None}, "'ElementSpacing': expected 3 finite numbers above 0, got 'none'"),
        ({"ElementSpacing": "1 2"}, "'ElementSpacing': expected 3 finite numbers above 0, got '1 2'"),
        ({"DimSize": "4 3"}, "'DimSize': expected 3 whole numbers from 1 on, got '4 3'"),
        ({"ElementType": None}, "'ElementType': expected one of MET_CHAR, .*, got ''"),
        ({"CompressedData": "maybe"}, "'CompressedData': expected True or False, got 'maybe'"),
        ({"HeaderSize": "-7"}, "'HeaderSize': expected a whole number from -1 on, got '-7'"),
        ({"ElementDataFile": "slice%03d.raw 1 2 1"}, "expected the name of one file of voxels, got 'slice%03d.raw 1 2 1'"),
    ],
)
def test_refuses_a_header_by_its_line(tmp_path, changes, message):
    with pytest.raises(FileError, match=message):
        VolumeFile(write(tmp_path / "a.mha", **changes))
