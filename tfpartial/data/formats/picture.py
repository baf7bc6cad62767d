"""Pictures (PNG, JPEG, BMP, TIFF) by Pillow."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile as PillowFile

from tfpartial.data.files import ImageFile, Step
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
FORMATS = ("PNG", "JPEG", "BMP", "TIFF")
COLOURS = {"RGB": ("red", "green", "blue"), "RGBA": ("red", "green", "blue", "alpha"), "LA": ("grey", "alpha")}
GREY = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L")
"""Pillow's modes of one number per pixel; P: an index of a palette."""


def read_picture(path: Path) -> np.ndarray:
    """The numbers of a picture file.

    Returns:
        uint8, uint16 or int32 `[Y, X]` for grey (black and white: 0 and 1; a palette: its indices, not its colours), and
        uint8 `[Y, X, 3]` for red, green, blue. Alpha that hides nothing is left out.

    Raises:
        FileError: `missing_file`, `unreadable`, `several_pictures`, `alpha`, `not_whole_numbers`, `colour`,
            `deep_colour`.
    """
    with _opened(path) as picture:
        mode, colours = picture.mode, COLOURS.get(picture.mode, ())
        array = np.array(picture, dtype=np.uint8 if mode == "1" else None)
    if "alpha" not in colours:
        return array
    if (array[..., -1] != 255).any():
        raise FileError(path, "alpha", "has transparent pixels; expected grey or red, green, blue without an alpha channel")
    return array[..., 0] if mode == "LA" else array[..., :-1]


class Picture:
    """An `OpenImage` of a picture: one slice, whose columns run to the patient's left and rows to the back.

    The spacing is 1 mm: a picture's dots per inch are those of print, not of the patient.

    Raises:
        FileError: as `read_picture`, and `palette`, `not_scalar`, `unknown_component`.
    """

    def __init__(self, path: Path, component: int | None) -> None:
        self.path = path
        self.slice_files: tuple[Path, ...] = ()
        self._component = component
        with _opened(path) as picture:
            if picture.mode == "P":
                raise FileError(
                    path, "palette", "has a palette: its numbers stand for colours; expected grey or red, green, blue"
                )
            width, height = picture.size
            colours = tuple(colour for colour in COLOURS.get(picture.mode, ("grey",)) if colour != "alpha")
            detail = {"file": str(path), "format": str(picture.format), "spacing": "1 mm, since a picture has none"}
        _check_component(path, component, colours)
        if component is not None:
            detail["component"] = colours[component]
        self.native = Geometry((width, height, 1), (1.0, 1.0, 1.0))
        self.history = (Step("read", detail),)

    def slabs(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        """See `OpenImage`; there is one slab of one slice, whatever `size`."""
        array = read_picture(self.path)
        yield 0, (array if array.ndim == 2 else array[..., self._component])[np.newaxis]


def open_picture(image: ImageFile) -> Picture:
    """Opens a picture file. Errors: see `Picture`."""
    return Picture(image.path, image.component)


def _check_component(path: Path, component: int | None, colours: tuple[str, ...]) -> None:
    numbered = ", ".join(f"{number} ({colour})" for number, colour in enumerate(colours))
    if component is None and len(colours) > 1:
        raise FileError(path, "not_scalar", f"has colours; set `component` to one of {numbered}")
    if component is not None and not 0 <= component < len(colours):
        raise FileError(path, "unknown_component", f"has no component {component}; there are {numbered}")


@contextmanager
def _opened(path: Path) -> Iterator[PillowFile]:
    """A picture whose header was read and found good; what Pillow raises in the block becomes a `FileError`."""
    if not path.is_file():
        raise FileError(path, "missing_file", "no such file")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged metadata
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path, formats=FORMATS) as picture:
                _check_header(picture, path)
                yield picture
        except FileError:
            raise
        except Exception as error:  # on damaged bytes Pillow raises whatever its parsers ran into
            raise FileError(path, "unreadable", f"is no whole picture: {_reason(error, path)}") from error


def _check_header(picture: PillowFile, path: Path) -> None:
    frames = getattr(picture, "n_frames", 1)
    if frames != 1:
        raise FileError(path, "several_pictures", f"holds {frames} pictures; expected one: write each to its own file")
    if picture.mode == "F":
        raise FileError(path, "not_whole_numbers", "has floating-point pixels; expected whole numbers")
    if picture.mode not in (*GREY, *COLOURS):
        raise FileError(path, "colour", f"has pixels of the kind '{picture.mode}'; expected grey or red, green, blue")
    # Pillow would keep the upper 8 bits only.
    if picture.mode in COLOURS and any("16" in str(tile[3]) for tile in picture.tile):
        raise FileError(path, "deep_colour", "has colours of 16 bits each; expected 8 bits, or grey")


def _reason(error: BaseException, path: Path) -> str:
    """Pillow's message in one line, without the path that the error begins with."""
    text = " ".join(str(error).split()).replace(f"'{path}'", "the file")
    return text or type(error).__name__
