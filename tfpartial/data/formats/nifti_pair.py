"""NIfTI in two files: a header `a.hdr` and its voxels `a.img`, both packed (`.hdr.gz`, `.img.gz`) or none of them."""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import TypeVar

HEADERS, VOXELS = (".hdr.gz", ".hdr"), (".img.gz", ".img")
_ENDING = re.compile(r"(hdr|img)(\.gz)?$", re.IGNORECASE)
_OTHER = {"hdr": "img", "img": "hdr", "HDR": "IMG", "IMG": "HDR"}


P = TypeVar("P", bound=PurePath)


def is_pair(path: PurePath) -> bool:
    """Whether a file is one of a pair, by its name."""
    return path.name.lower().endswith((*HEADERS, *VOXELS))


def partner_of(path: P) -> P | None:
    """The other file of a pair, with an ending in the same letters; it need not exist. None for any other file."""
    if not is_pair(path):
        return None
    return path.with_name(_ENDING.sub(lambda end: _OTHER.get(end[1], _OTHER[end[1].lower()]) + (end[2] or ""), path.name))


def header_of(path: Path) -> Path:
    """The header of a pair, of which either file may be given, where it is there; any other path as it is."""
    partner = partner_of(path) if path.name.lower().endswith(VOXELS) else None
    return partner if partner is not None and partner.is_file() else path


def voxels_of(path: Path) -> Path:
    """The file that holds the voxels of a NIfTI file, which may be either one of a pair."""
    partner = partner_of(path) if path.name.lower().endswith(HEADERS) else None
    return partner or path
