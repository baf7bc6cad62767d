"""The arrangements of data sets on disk that can be read, and the one way in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tfpartial.config import SourceConfig
from tfpartial.data.files import located
from tfpartial.data.layouts.dataset import Dataset
from tfpartial.data.layouts.detect import detect
from tfpartial.data.layouts.msd import read_msd
from tfpartial.data.layouts.nnunet import read_nnunet
from tfpartial.data.layouts.options import apply_options
from tfpartial.data.layouts.pairs import Pairs, find_pairs, read_pairs
from tfpartial.data.layouts.presets import PRESETS
from tfpartial.data.layouts.totalsegmentator import read_totalsegmentator
from tfpartial.errors import TfpartialError

Layout = Callable[[Path, SourceConfig], Dataset]
"""Finds the cases of a folder, under the data set's own organ names. It opens no volume."""
AUTO = "auto"


def _read_dicom(root: Path, source: SourceConfig) -> Dataset:
    # pydicom comes with an extra.
    from tfpartial.data.layouts.dicom import read_dicom

    return read_dicom(root, source)


def _read_preset(pairs: Pairs, root: Path, _: SourceConfig) -> Dataset:
    return find_pairs(root, pairs)


LAYOUTS: Mapping[str, Layout] = {
    "nnunet": read_nnunet,
    "msd": read_msd,
    "totalsegmentator": read_totalsegmentator,
    "pairs": read_pairs,
    "dicom": _read_dicom,
    **{name: partial(_read_preset, pairs) for name, pairs in PRESETS.items()},
}


def read_source(source: SourceConfig) -> Dataset:
    """The cases of a source and their files, by the names of the source's own organs.

    Everything that is wrong but leaves the rest readable is in `Dataset.problems`. No volume is opened.

    Args:
        source: the folder, its layout, and the options that concern files. What organs are made of is left to `join`.

    Raises:
        TfpartialError: no such folder, no layout that is known, a description that cannot be used at all, or an option that does
            not fit.
    """
    root = located(source.path)
    _require_folder(root)
    name = detect(root) if source.layout == AUTO else source.layout
    if name not in LAYOUTS:
        raise TfpartialError(f"{root}: unknown layout '{name}'; expected {AUTO} or one of {', '.join(LAYOUTS)}")
    return apply_options(LAYOUTS[name](root, source), source)


def _require_folder(root: Path) -> None:
    if not root.exists():
        raise TfpartialError(f"{root}: no such folder; expected a data set")
    if not root.is_dir():
        raise TfpartialError(f"{root}: expected the folder of a data set, got a file")
    if not any(root.iterdir()):
        raise TfpartialError(f"{root}: expected a data set, got an empty folder")
