"""Writes NIfTI files of 5 × 4 × 3 voxels whose headers need not make sense."""

import struct

import nibabel as nib
import numpy as np

SHAPE = (5, 4, 3)
GOOD = np.array([[-1.5, 0, 0, 48], [0, -1.5, 0, 40], [0, 0, 3, 10], [0, 0, 0, 1.0]])
"""RAS affine of a volume in LPS order, of 1.5 × 1.5 × 3 mm."""


def write_nifti(path, qform, sform, kind=nib.Nifti1Image, zooms=None, voxels=None):
    """A NIfTI file whose forms are as given; None leaves one out."""
    voxels = np.arange(60, dtype=np.int16).reshape(SHAPE) if voxels is None else voxels
    header = kind(voxels, GOOD, dtype=voxels.dtype).header.copy()
    for name, form in (("qform", qform), ("sform", sform)):
        getattr(header, f"set_{name}")(form, 0 if form is None else 1)
    if zooms is not None:
        header.set_zooms(zooms)
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(kind(voxels, None, header), path)
    return path


def patched(path, form, place, *numbers):
    """Numbers of a `struct` form, written into an unpacked file."""
    content = bytearray(path.read_bytes())
    struct.pack_into(form, content, place, *numbers)
    path.write_bytes(content)
    return path
