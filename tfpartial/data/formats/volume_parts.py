"""The files that a volume consists of."""

from __future__ import annotations

from pathlib import Path

from tfpartial.data.formats.nifti_pair import header_of
from tfpartial.data.formats.volume_header import NIFTI_IN_ONE, ending_of, read_volume_header


def parts_of(path: Path) -> tuple[Path, ...]:
    """The file itself, and the other one where header and voxels are apart, as in `.mhd`, `.nhdr` and NIfTI pairs.

    Args:
        path: any file or folder; those that are no volume file are given back alone.

    Raises:
        FileError: as `read_volume_header`, of a file that is there.
    """
    if not path.is_file() or ending_of(path) in (None, *NIFTI_IN_ONE):
        return (path,)
    return tuple(dict.fromkeys((path, header_of(path), read_volume_header(path).file)))
