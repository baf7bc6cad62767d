"""A folder of pictures, one per slice."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from tfpartial.data.formats.picture import PICTURES, read_picture
from tfpartial.data.problem import FileError


def natural_order(name: str) -> list[tuple[int, str]]:
    """A key to sort names by: numbers in them by their value, so that `slice_2` comes before `slice_10`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name) if part]


def picture_files(folder: Path) -> tuple[Path, ...]:
    """The pictures in a folder in the natural order of their names; hidden files are not looked at."""
    names = (path for path in folder.iterdir() if path.suffix.lower() in PICTURES and not path.name.startswith("."))
    return tuple(sorted(names, key=lambda path: natural_order(path.name)))


def read_stack(folder: Path) -> np.ndarray:
    """The numbers of grey pictures of one size.

    Returns:
        `[n, Y, X]` in the natural order of the file names, uint8 unless a picture has more bits.

    Raises:
        FileError: `missing_file`, `no_pictures`, `colour`, `mixed_sizes`, and as `read_picture`.
    """
    if not folder.is_dir():
        raise FileError(folder, "missing_file", "no such folder; expected one with a picture per slice")
    files = picture_files(folder)
    if not files:
        raise FileError(folder, "no_pictures", f"expected one picture per slice ({', '.join(PICTURES)}), got none")
    slices = [read_picture(file) for file in files]
    for file, one in zip(files, slices, strict=True):
        if one.ndim != 2:
            raise FileError(file, "colour", "has colours; expected grey values or a palette")
        if one.shape != slices[0].shape:
            sizes = f"{slices[0].shape} in {files[0].name} and {one.shape} in {file.name}"
            raise FileError(folder, "mixed_sizes", f"mixes pictures of different sizes (y, x): {sizes}")
    return np.stack(slices)
