"""NIfTI files from public reports; docs/reference/odd-inputs.md has the sources."""

import gzip
import struct

import numpy as np
import pytest
from nifti_file import GOOD, SHAPE, patched, write_nifti

from tfpartial.data.formats.label import open_label
from tfpartial.data.formats.volume_file import VolumeFile
from tfpartial.data.problem import FileError

VOXELS = np.arange(60, dtype=np.int16).reshape(SHAPE)
TURNED = GOOD.copy()
TURNED[:3, :3] = np.array(  # the directions of the image of s0000
    [[-0.9490937598680198, -0.3147874668791464, 0], [0.3149937062539274, -0.9491621835575891, 0], [0, 0, 1]]
) @ np.diag([1.5, 1.5, 3])
TILTED = GOOD.copy()
TILTED[1, 2] = 0.5


def written(*forms, voxels=None):
    return lambda path: write_nifti(path, *forms, voxels=voxels)


def with_number(form, place, *numbers, forms=(GOOD, GOOD)):
    """A file into whose header some numbers were written afterwards."""
    return lambda path: patched(write_nifti(path, *forms), form, place, *numbers)


def with_extension(path):
    content = write_nifti(path, GOOD, GOOD).read_bytes()
    path.write_bytes(content[:348] + b"\1\0\0\0" + struct.pack("<ii", 16, 4) + b"a text\0\0" + content[352:])
    return patched(path, "<f", 108, 368.0)


def packed(change):
    """A .nii.gz file whose bytes were changed after packing."""

    def make(path):
        write_nifti(path, GOOD, GOOD)
        path = path.rename(path.with_suffix(".nii.gz"))
        path.write_bytes(change(path.read_bytes()))
        return path

    return make


READ = {
    # how the file is made, orientation
    "qfac 0": (with_number("<f", 76, 0.0, forms=(GOOD, None)), "LPS"),
    "a quaternion longer than 1 by rounding": (with_number("<3f", 256, 0.0, 0.0, 1.0000002, forms=(GOOD, None)), "LPS"),
    "a fourth axis of 1": (written(GOOD, GOOD, voxels=VOXELS[..., np.newaxis]), "LPS"),
    "sizes of 0 beyond the axes that count": (with_number("<8h", 40, 3, *SHAPE, 0, 0, 0, 0), "LPS"),
    "an extension of the header": (with_extension, "LPS"),
    "an unknown code of the form": (with_number("<2h", 252, 0, -1), "LPS"),
    "several gzip members": (packed(lambda raw: gzip.compress(raw[:200]) + gzip.compress(raw[200:])), "LPS"),
    "zeros after the gzip stream": (packed(lambda raw: gzip.compress(raw) + bytes(512)), "LPS"),
}


@pytest.mark.parametrize("row", READ)
def test_is_read_right(tmp_path, row):
    make, orientation = READ[row]
    file = VolumeFile(make(tmp_path / "a.nii"))
    assert (file.native.orientation, file.native.spacing_mm_xyz) == (orientation, pytest.approx((1.5, 1.5, 3)))
    ((_, voxels),) = file.slabs(9)
    assert np.array_equal(voxels, VOXELS.T)


def test_axes_that_are_nearly_at_right_angles_become_so(tmp_path):
    file = VolumeFile(write_nifti(tmp_path / "a.nii", None, TURNED))
    axes = np.reshape(file.native.direction, (3, 3))
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(axes[:, 0], [0.94913, -0.31489, 0], atol=1e-4)
    (step,) = [step for step in file.history if step.name == "place"]
    assert step.detail["because"].startswith("'sform' has axes off right angles by 0.00022")
    assert step.warning == ""


REFUSED = {
    "a quaternion far longer than 1": (
        with_number("<3f", 256, 0.8, 0.8, 0.8),
        "'quatern': expected three numbers whose squares are 1 at most together, got 0.8, 0.8, 0.8",
    ),
    "axes of a tilted scan": (
        written(None, TILTED),
        "expected axes at right angles, got the directions 1, 0, 0; 0, 1, 0; 0, -0.1644, 0.9864",
    ),
    "a negative spacing": (with_number("<f", 84, -1.5), "'pixdim': expected spacings above 0 mm, got 1.5, -1.5, 3"),
    "voxels right after the header": (
        with_number("<f", 108, 348.0),
        "'vox_offset': expected the voxels after the 352 bytes of the header or later, got 348",
    ),
    "voxels before the header": (with_number("<f", 108, 0.0), "'vox_offset': expected the voxels after the 352 bytes"),
    "no magic": (with_number("<4s", 344, b""), "'magic': expected n+1 or n+2, got '': an Analyze file does not say how"),
    "no voxels along an axis": (with_number("<8h", 40, 4, *SHAPE, 0, 1, 1, 1), "'dim': expected 1 to 7 axes of 1 or more voxels"),
    "two dimensions": (written(GOOD, GOOD, voxels=VOXELS[..., 0]), "expected a 3D volume, got 2D of 5 × 4 voxels"),
    "two volumes": (written(GOOD, GOOD, voxels=np.stack([VOXELS] * 2, -1)), "expected a 3D volume, got 4D of 5 × 4 × 3 × 2"),
    "colours": (
        written(GOOD, GOOD, voxels=np.zeros(SHAPE, [(colour, "u1") for colour in "RGB"])),
        "expected one number per voxel, got 3",
    ),
    "a form of zeros": (with_number("<12f", 280, *[0.0] * 12), "'sform': expected spacings above 0 mm, got 0, 0, 0"),
    "not packed as its name says": (
        packed(lambda raw: raw),
        "is no sound gzip file: it is a NIfTI file that is not packed",
    ),
    "packed as its name does not say": (
        lambda path: packed(gzip.compress)(path).rename(path),
        "is packed with gzip, which its name does not say: rename it to end in '.nii.gz'",
    ),
    "bytes after the gzip stream": (
        packed(lambda raw: gzip.compress(raw) + b"garbage"),
        "something else stand after its end",
    ),
}


@pytest.mark.parametrize("row", REFUSED)
def test_is_refused_in_one_line(tmp_path, row):
    make, message = REFUSED[row]
    with pytest.raises(FileError) as caught:
        list(VolumeFile(make(tmp_path / "a.nii")).slabs(9))
    assert message in str(caught.value)


LABEL = np.repeat(np.arange(3, dtype=np.uint8), 20).reshape(SHAPE, order="F")
"""20 voxels each of 0, 1 and 2."""


def scaled(stored, slope, intercept=0.0):
    return lambda path: patched(write_nifti(path, GOOD, GOOD, voxels=stored), "<2f", 112, slope, intercept)


def label_of(voxels):
    return written(GOOD, GOOD, voxels=voxels)


LABELS = {
    # how the file is made, value -> voxels, what is said
    "numbers by a slope": (scaled(LABEL, 2.0), {2: 20, 4: 20}, ""),
    "numbers by a slope that was rounded": (scaled(LABEL * 100, 0.0100000007), {1: 20, 2: 20}, "by up to 2.4e-07, were rounded"),
    "255 by a slope of 1/255": (scaled(LABEL.clip(0, 1) * 255, 1 / 255), {1: 40}, ""),
    "nearly whole after resampling": (label_of(LABEL * np.float32(1.0000152)), {1: 20, 2: 20}, "by up to 3.1e-05, were rounded"),
    "whole numbers of 64 bits": (label_of(LABEL.astype(np.int64) << 40), {1 << 40: 20, 2 << 40: 20}, ""),
    "real numbers of 64 bits": (label_of(LABEL.astype(np.float64)), {1: 20, 2: 20}, ""),
    "nothing but background": (label_of(LABEL * 0), {}, ""),
}


@pytest.mark.parametrize("row", LABELS)
def test_a_label_map_has_its_values(tmp_path, row):
    make, expected, said = LABELS[row]
    label = open_label(make(tmp_path / "a.nii"))
    assert {key: int(label.mask(key, label.native).sum()) for key in label.keys()} == expected  # noqa: SIM118
    warnings = [step.warning for step in label.history if step.warning]
    assert len(warnings) == bool(said)
    assert said in "".join(warnings)


FRACTIONS = {
    "0.99 for 1": (LABEL * np.float32(0.99), "0.99, 1.98 (40 voxels)"),
    "numbers that lost their digits": (LABEL * np.float32(1.01175), "1.01175, 2.0235 (40 voxels)"),
}


@pytest.mark.parametrize("row", FRACTIONS)
def test_values_far_from_whole_are_refused(tmp_path, row):
    values, shown = FRACTIONS[row]
    with pytest.raises(FileError) as caught:
        open_label(label_of(values)(tmp_path / "a.nii")).keys()
    assert f"label values {shown} are fractions; a label map holds whole numbers" in str(caught.value)
