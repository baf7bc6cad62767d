"""The pixels of one DICOM slice, by GDCM."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from tfpartial.data.formats.dicom_slice import Slice
from tfpartial.data.problem import FileError

AIR_HU = -1024
"""What stands for pixels of a CT slice that were not measured: the lowest value of the 12-bit HU scale."""


def padding_range(one: Slice, air: float) -> tuple[float, float] | None:
    """The rescaled values, below `air`, of pixels that a CT slice calls not measured; None when it calls none so.

    Padding that lies on the HU scale (0 in a file with intercept 0, for instance) is left alone: tissue has these values too.
    """
    if one.padding is None or one.modality != "CT":
        return None
    low, high = sorted(end * one.slope + one.intercept for end in one.padding)
    return (low, high) if low < air else None


def read_pixels(one: Slice, air: float) -> np.ndarray:
    """Rescaled pixels `[Y, X]`, by the slice's own slope and intercept; padding below `air` becomes `air`.

    Args:
        one: the slice.
        air: the value of air in these files.

    Raises:
        FileError: `unreadable`.
    """
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")  # chosen by name: the files may have no ending
    reader.SetFileName(str(one.path))
    try:
        pixels = sitk.GetArrayFromImage(reader.Execute())
    except RuntimeError as error:
        reason = "its pixels cannot be decoded: the file ends early, or is of a class or compression that GDCM does not know"
        raise FileError(one.path, "unreadable", reason) from error
    if pixels.shape != (1, *one.size_yx):
        raise FileError(one.path, "unreadable", f"expected a slice of {one.size_yx} pixels (y, x), got {pixels.shape}")
    padding = padding_range(one, air)
    if padding is not None:
        pixels[(pixels >= padding[0] - 0.5) & (pixels <= padding[1] + 0.5) & (pixels < air)] = air
    return pixels[0]
