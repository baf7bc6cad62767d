"""Label files that people or programs made for our organs: by code in a label map, by name in segments."""

from __future__ import annotations

from pathlib import Path

from tfpartial.data.files import Key, LabelFile
from tfpartial.data.formats.label import open_label
from tfpartial.data.formats.label_map import LabelMap
from tfpartial.data.problem import FileError
from tfpartial.labels import OrganTable


def organs_of(path: Path, organs: OrganTable) -> LabelFile:
    """What stands for the organs in a file: the codes 1..K, or the segments of their names, in any case.

    Raises:
        FileError: `unknown_segment`: a segment of another name, or of none of the organs; what `open_label` refuses.
    """
    segments = [key for key in _names(path) if isinstance(key, str)]
    if not segments:
        return LabelFile(path, {organ: (code,) for organ, code in organs.ids.items()})
    known = {organ.casefold(): organ for organ in organs.names}
    unknown = [name for name in segments if name.casefold() not in known]
    if unknown:
        shown = ", ".join(f"'{name}'" for name in unknown)
        raise FileError(path, "unknown_segment", f"has the segments {shown}; expected names of {', '.join(organs.names)}")
    found: dict[str, tuple[Key, ...]] = {}
    for name in segments:
        organ = known[name.casefold()]
        found[organ] = (*found.get(organ, ()), name)
    return LabelFile(path, found)


def _names(path: Path) -> tuple[Key, ...]:
    """The segments of a file; none of a label map, whose voxels need not be read for it."""
    opened = open_label(path)
    return () if isinstance(opened, LabelMap) else opened.keys()
