"""NIfTI in two files: `.hdr` and `.img`."""

import gzip
import struct
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from tfpartial.data.files import ImageFile
from tfpartial.data.formats.image import open_image
from tfpartial.data.formats.label import open_label
from tfpartial.data.formats.nifti_pair import partner_of
from tfpartial.data.formats.volume_file import VolumeFile
from tfpartial.data.formats.volume_files import label_maps
from tfpartial.data.formats.volume_parts import parts_of
from tfpartial.data.problem import FileError

VOXELS = np.arange(-30, 30, dtype=np.int16).reshape(5, 4, 3)
"""In nibabel's order: x, y, z."""
AFFINE = np.array([[-1.5, 0, 0, 48], [0, -1.5, 0, 40], [0, 0, 3, 10], [0, 0, 0, 1.0]])
FEET_LAST = AFFINE * [1, 1, -1, 1]


def write(path, kind=nib.Nifti1Pair, voxels=VOXELS, affine=AFFINE):
    nib.save(kind(voxels, affine), path)
    return path


def volume(path, size=9):
    return np.concatenate([slab for _, slab in VolumeFile(path).slabs(size)])


@pytest.mark.parametrize("kind", [nib.Nifti1Pair, nib.Nifti2Pair])
@pytest.mark.parametrize("ending", [".hdr", ".img", ".hdr.gz", ".img.gz"])
def test_either_file_stands_for_the_volume(tmp_path, kind, ending):
    write(tmp_path / f"a{'.img.gz' if ending.endswith('gz') else '.img'}", kind)
    file = VolumeFile(tmp_path / f"a{ending}")
    assert (file.native.orientation, file.native.spacing_mm_xyz) == ("LPS", (1.5, 1.5, 3))
    assert file.native.origin_mm_xyz == (-48, -40, 10)
    assert file.history[0].detail["format"] == ending.removeprefix(".")
    for size in (1, 2, 9):
        assert np.array_equal(volume(file.path, size), VOXELS.T)


def test_slices_from_the_head_to_the_feet_scaled_numbers_and_the_other_byte_order(tmp_path):
    write(tmp_path / "a.img", affine=FEET_LAST)
    assert np.array_equal(volume(tmp_path / "a.hdr", 2), VOXELS.T[::-1])
    image = nib.Nifti1Pair(VOXELS, AFFINE, nib.Nifti1Pair(VOXELS, AFFINE).header.as_byteswapped())
    image.header.set_slope_inter(2.0, -7.0)
    image.header.set_data_offset(16)
    nib.save(image, tmp_path / "b.img")
    assert (tmp_path / "b.img").stat().st_size == 16 + 120
    np.testing.assert_allclose(volume(tmp_path / "b.hdr"), nib.load(tmp_path / "b.img").get_fdata().T)


def test_endings_in_upper_case(tmp_path):
    write(tmp_path / "a.img")
    for name in ("hdr", "img"):
        (tmp_path / f"a.{name}").rename(tmp_path / f"A.{name.upper()}")
    assert np.array_equal(volume(tmp_path / "A.IMG"), VOXELS.T)
    assert partner_of(Path("A.HDR")) == Path("A.IMG")


def test_forms_that_contradict_each_other_are_decided_as_in_one_file(tmp_path):
    write(tmp_path / "a.img")
    image = nib.load(tmp_path / "a.img")
    image.header.set_qform(AFFINE, 1)
    image.header.set_sform(FEET_LAST, 1)
    nib.save(nib.Nifti1Pair(VOXELS, None, image.header), tmp_path / "b.img")
    for form, orientation in {"sform": "LPI", "qform": "LPS"}.items():
        opened = open_image(ImageFile(tmp_path / "b.hdr", nifti_form=form))
        assert opened.native.orientation == orientation and opened.history[-1].detail["by"] == form


def test_a_label_map_and_the_label_maps_of_a_folder(tmp_path):
    write(tmp_path / "a.img", voxels=(VOXELS > 0).astype(np.uint8))
    label = open_label(tmp_path / "a.hdr")
    assert label.keys() == (1,)
    assert np.array_equal(label.mask(1, label.native), VOXELS.T > 0)
    assert label_maps(tmp_path) == {"a": tmp_path / "a.hdr"}


def no_magic(path):
    content = bytearray(path.read_bytes())
    content[344:348] = bytes(4)
    path.write_bytes(content)


def set_offset(path, offset):
    content = bytearray(path.read_bytes())
    struct.pack_into("<f", content, 108, offset)
    path.write_bytes(content)


def as_analyze(folder):
    nib.save(nib.Spm2AnalyzeImage(VOXELS, np.eye(4)), folder / "a.img")


def not_finite(folder):
    numbers = VOXELS.astype(np.float32)
    numbers[0, 0, :2] = np.nan, np.inf
    write(folder / "a.img", voxels=numbers, affine=FEET_LAST)


DEFECTS = {
    "a lone header": (
        lambda d: (d / "a.img").unlink(),
        "missing_file",
        "a.hdr: is alone: expected its voxels beside it, in a.img",
    ),
    "voxels alone": (
        lambda d: (d / "a.hdr").unlink(),
        "missing_file",
        "a.img: is alone: expected its header beside it, in a.hdr",
    ),
    "Analyze": (as_analyze, "unreadable", "a.hdr: is Analyze 7.5, in which nothing says how the patient lies; expected NIfTI"),
    "no magic": (lambda d: no_magic(d / "a.hdr"), "unreadable", "a.hdr: is Analyze 7.5"),
    "no header": (lambda d: (d / "a.hdr").write_text("ENVI"), "unreadable", "a.hdr: is no NIfTI file: expected a header"),
    "ends early": (
        lambda d: (d / "a.img").write_bytes(bytes(119)),
        "truncated",
        "a.img: ends early: expected 120 bytes of voxels, got 119",
    ),
    "the magic of one file": (
        lambda d: (d / "a.hdr").write_bytes((d / "a.hdr").read_bytes().replace(b"ni1", b"n+1")),
        "bad_header",
        "says that it holds its voxels ('n+1'); expected 'ni1' or 'ni2'",
    ),
    "a place before the start": (
        lambda d: set_offset(d / "a.hdr", -8),
        "bad_header",
        "'vox_offset': expected the voxels after the start of their file or later, got -8",
    ),
    "no finite numbers": (not_finite, "not_finite", "2 voxels are NaN or infinite"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_what_is_wrong_is_one_line(tmp_path, defect):
    make, kind, message = DEFECTS[defect]
    write(tmp_path / "a.img")
    make(tmp_path)
    path = tmp_path / ("a.hdr" if (tmp_path / "a.hdr").exists() else "a.img")
    with pytest.raises(FileError) as caught:
        volume(path)
    assert caught.value.kind == kind
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_packed_voxels_that_end_early(tmp_path):
    write(tmp_path / "a.img.gz")
    (tmp_path / "a.img.gz").write_bytes(gzip.compress(bytes(100)))
    with pytest.raises(FileError, match=r"a.img.gz: ends early: expected 120 bytes of voxels, got 100$"):
        volume(tmp_path / "a.hdr.gz")


def test_a_single_file_with_the_header_of_a_pair_is_refused(tmp_path):
    write(tmp_path / "a.img")
    path = tmp_path / "a.nii"
    path.write_bytes((tmp_path / "a.hdr").read_bytes() + bytes(500))
    with pytest.raises(FileError, match=r"is the header of a pair \('ni1'\); expected the endings .hdr and .img$"):
        volume(path)


def test_the_parts_of_volumes(tmp_path):
    hdr, img = tmp_path / "a.hdr", tmp_path / "a.img"
    write(img)
    assert parts_of(hdr) == (hdr, img)
    assert parts_of(img) == (img, hdr)
    header = ("NDims = 3", "DimSize = 5 4 3", "ElementType = MET_SHORT", "ElementSpacing = 1 1 1", "ElementDataFile = a.raw")
    (tmp_path / "b.mhd").write_text("\n".join(header))
    (tmp_path / "a.raw").write_bytes(bytes(120))
    assert parts_of(tmp_path / "b.mhd") == (tmp_path / "b.mhd", tmp_path / "a.raw")
    for path in (write(tmp_path / "c.nii.gz", nib.Nifti1Image), tmp_path, tmp_path / "a.png"):
        assert parts_of(path) == (path,)
