"""Names and colours of labels, as 3D Slicer and ITK-SNAP read them beside a label map."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tfpartial.artifacts import write_text
from tfpartial.pictures.slice_picture import RGB

SNAP_HEAD = """\
################################################
# ITK-SnAP Label Description File
# File format:
# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL
# Fields:
#    IDX:   Zero-based index
#    -R-:   Red color component (0..255)
#    -G-:   Green color component (0..255)
#    -B-:   Blue color component (0..255)
#    -A-:   Label transparency (0.00 .. 1.00)
#    VIS:   Label visibility (0 or 1)
#    IDX:   Label mesh visibility (0 or 1)
#  LABEL:   Label description
################################################
    0     0    0    0        0  0  0    "Clear Label"
"""


def write_slicer_colours(names: Sequence[str], path: Path) -> None:
    """Writes a colour table of 3D Slicer (`.ctbl`).

    A line per label: number, name, red, green, blue and alpha from 0 to 255, parted by single spaces. So a name has no space:
    Slicer writes underscores, and makes spaces of them when it reads
    (https://slicer.readthedocs.io/en/latest/developer_guide/modules/colors.html). Lines with `#` are comments.

    Args:
        names: of the labels 1, 2, ...
        path: file to write.
    """
    lines = [f"# Color table file {path.name}", f"# {len(names) + 1} values", "0 background 0 0 0 0"]
    for number, name in enumerate(names, start=1):
        red, green, blue = RGB[number - 1].tolist()
        lines.append(f"{number} {'_'.join(name.split())} {red} {green} {blue} 255")
    write_text(path, "\n".join(lines) + "\n")


def write_snap_labels(names: Sequence[str], path: Path) -> None:
    """Writes a label description file of ITK-SNAP (`.txt`).

    A line per label: number, red, green, blue from 0 to 255, opacity from 0 to 1, whether it is seen in slices and in 3D, and
    the name in double quotes, of which it has none itself. The file begins as ITK-SNAP's own do, which is how programs know it.

    Args:
        names: of the labels 1, 2, ...
        path: file to write.
    """
    lines = []
    for number, name in enumerate(names, start=1):
        red, green, blue = RGB[number - 1].tolist()
        quoted = " ".join(name.replace('"', "'").split())
        lines.append(f'{number:5d}   {red:3d}  {green:3d}  {blue:3d}        1  1  1    "{quoted}"\n')
    write_text(path, SNAP_HEAD + "".join(lines))
