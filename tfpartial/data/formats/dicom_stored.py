"""The stored numbers of one DICOM slice: what the pixels' bits say, before they are rescaled to HU.

Pixels that are not compressed are unpacked here by the elements that describe them (PS3.5, section 8.1.1): unused bits, overlays
in them, numbers that are justified to the left. Compressed ones are decoded by GDCM, which comes with SimpleITK and knows JPEG,
JPEG-LS, JPEG 2000 and RLE. GDCM alone would also invert MONOCHROME1, which says how pixels are shown and not what they are, and
leave out the slope of some classes; so it gets a file with nothing but the pixels.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID, CTImageStorage, ExplicitVRBigEndian, ImplicitVRLittleEndian

from tfpartial.data.formats.dicom_errors import dicom_errors
from tfpartial.data.problem import FileError
from tfpartial.unfinished import naming

FLOATS = {"FloatPixelData": "f4", "DoubleFloatPixelData": "f8"}
PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
"""The tags of FloatPixelData, DoubleFloatPixelData and PixelData."""
FORMAT = ("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation")
GREY = ("MONOCHROME1", "MONOCHROME2", "")
WHOLE_BYTES = (8, 16, 32, 64)


def stored_numbers(path: Path, size_yx: tuple[int, int]) -> np.ndarray:
    """The stored numbers `[Y, X]` of a slice, whole or (FloatPixelData) real.

    Args:
        path: the file.
        size_yx: what its header says.

    Raises:
        FileError: `truncated`; `colour`: numbers that stand for colours; `bad_header`: bits that cannot be; `unreadable`.
    """
    dataset = _read(path)
    photometric = str(dataset.get("PhotometricInterpretation") or "")
    if photometric not in GREY:
        raise FileError(path, "colour", f"has the PhotometricInterpretation {photometric}; expected grey values (MONOCHROME2)")
    for keyword, kind in FLOATS.items():
        if keyword in dataset:
            return _unpacked(path, dataset, keyword, kind, size_yx)
    if "PixelData" not in dataset:
        raise FileError(path, "truncated", "ends early: expected pixels")
    if _syntax(dataset).is_encapsulated:
        return _decoded(path, dataset, size_yx)
    bits = _number(path, dataset, "BitsAllocated", 0)
    if bits not in WHOLE_BYTES:
        raise FileError(path, "bad_header", f"BitsAllocated is {bits}; expected one of {', '.join(map(str, WHOLE_BYTES))}")
    return _used_bits(path, dataset, _unpacked(path, dataset, "PixelData", f"u{bits // 8}", size_yx), bits)


def _read(path: Path) -> FileDataset:
    """The elements that describe the pixels, and the pixels; what follows them (a digital signature, garbage) is not read."""
    with dicom_errors(path), path.open("rb") as file:
        wanted = [Tag(element) for element in (*FORMAT, "PhotometricInterpretation", *PIXELS)]
        dataset = read_partial(file, _after_pixels(), force=True, specific_tags=wanted)
        for element in wanted:
            dataset.get(element)  # converted here, where remarks on it are kept away
        return dataset


def _number(path: Path, dataset: Dataset, keyword: str, default: int) -> int:
    value = dataset.get(keyword)
    try:
        return default if value is None or value == "" else int(value)
    except (TypeError, ValueError):
        raise FileError(path, "bad_header", f"{keyword} is '{value}'; expected a whole number") from None


def _after_pixels() -> Callable[[BaseTag, str | None, int], bool]:
    """Says at each element whether the pixels were before it."""
    seen = False

    def after(tag: BaseTag, _: str | None, __: int) -> bool:
        nonlocal seen
        stop, seen = seen, seen or tag in PIXELS
        return stop

    return after


def _syntax(dataset: FileDataset) -> UID:
    return dataset.file_meta.get("TransferSyntaxUID") or ImplicitVRLittleEndian


def _unpacked(path: Path, dataset: FileDataset, keyword: str, kind: str, size_yx: tuple[int, int]) -> np.ndarray:
    """Numbers `[Y, X]` of a numpy kind, such as `u2`."""
    content = dataset[keyword].value or b""
    dtype = np.dtype((">" if _syntax(dataset) == ExplicitVRBigEndian else "<") + kind)
    height, width = size_yx
    expected = height * width * dtype.itemsize
    if len(content) < expected:
        raise FileError(path, "truncated", f"the file ends early: expected {expected} bytes of pixels, got {len(content)}")
    return np.frombuffer(content, dtype, height * width).reshape(size_yx)


def _used_bits(path: Path, dataset: FileDataset, raw: np.ndarray, allocated: int) -> np.ndarray:
    """Numbers of BitsStored bits, the highest of which is HighBit, with a sign or without one."""
    stored = _number(path, dataset, "BitsStored", allocated)
    shift = _number(path, dataset, "HighBit", stored - 1) + 1 - stored
    if not 1 <= stored <= allocated or not 0 <= shift <= allocated - stored:
        reason = f"BitsStored is {stored}, HighBit {shift + stored - 1} and BitsAllocated {allocated}; expected bits that fit"
        raise FileError(path, "bad_header", reason)
    if shift and (raw & raw.dtype.type((1 << shift) - 1)).any():
        reason = f"HighBit is {shift + stored - 1} for {stored} BitsStored, but lower bits are set; which of them are numbers?"
        raise FileError(path, "bad_header", reason)
    unused = allocated - stored
    # Up to the top and down again: what lies above HighBit is gone, and a shift of signed numbers keeps their sign.
    top = raw.astype(raw.dtype.newbyteorder("=")) << raw.dtype.type(unused - shift)
    signed = _number(path, dataset, "PixelRepresentation", 0) == 1
    return (top.view(top.dtype.str.replace("u", "i")) if signed else top) >> unused


def _decoded(path: Path, dataset: FileDataset, size_yx: tuple[int, int]) -> np.ndarray:
    """Compressed pixels, by GDCM."""
    stored = _number(path, dataset, "BitsStored", 0)
    high = _number(path, dataset, "HighBit", stored - 1)
    if stored < 1 or high != stored - 1:
        reason = f"HighBit is {high} for {stored} BitsStored of compressed pixels; expected {stored - 1}"
        raise FileError(path, "bad_header", reason)
    with tempfile.TemporaryDirectory() as folder:
        bare, content = Path(folder) / "pixels.dcm", io.BytesIO()
        with dicom_errors(path):
            _bare(path, dataset).save_as(content, enforce_file_format=True)
        with naming(bare):
            bare.write_bytes(content.getvalue())
        reader = sitk.ImageFileReader()
        reader.SetImageIO("GDCMImageIO")
        reader.SetFileName(str(bare))
        try:
            pixels = sitk.GetArrayFromImage(reader.Execute())
        except RuntimeError as error:
            reason = "its pixels cannot be decoded: the file ends early, or is of a compression that GDCM does not know"
            raise FileError(path, "unreadable", reason) from error
    if pixels.shape != (1, *size_yx):
        raise FileError(path, "unreadable", f"expected a slice of {size_yx} pixels (y, x), got {pixels.shape}")
    return pixels[0]


def _bare(path: Path, dataset: FileDataset) -> Dataset:
    """A file of nothing but the pixels: grey, not rescaled."""
    bare = Dataset()
    bare.file_meta = FileMetaDataset()
    bare.file_meta.TransferSyntaxUID = _syntax(dataset)
    bare.SOPClassUID = CTImageStorage
    bare.SOPInstanceUID = "1.2.3"
    bare.SamplesPerPixel, bare.PhotometricInterpretation = 1, "MONOCHROME2"
    for keyword in FORMAT:
        setattr(bare, keyword, _number(path, dataset, keyword, 0))
    bare.HighBit = bare.BitsStored - 1
    bare.PixelData = dataset.PixelData
    bare["PixelData"].is_undefined_length = True
    return bare
