"""Finds out which layout a folder has."""

from __future__ import annotations

from pathlib import Path

from tfpartial.data.layouts.json_object import DESCRIPTION, read_object
from tfpartial.data.layouts.pairs import Search
from tfpartial.data.layouts.presets import PRESETS
from tfpartial.data.layouts.totalsegmentator import CT, MR
from tfpartial.data.layouts.tree import describe_folder, names_below
from tfpartial.errors import TfpartialError

PAIRED = {"totalsegmentator": (CT, MR), **{name: (pairs,) for name, pairs in PRESETS.items()}}
"""Layouts that are known by their files -> the patterns of which some case must have both files."""


def detect(root: Path) -> str:
    """The name of a folder's layout: by its description, else by the names of its files.

    Raises:
        TfpartialError: no layout fits, or several do; a description that is no JSON object.
    """
    if (root / DESCRIPTION).is_file():
        return _described(root)
    names = names_below(root)
    fitting = [name for name, choices in PAIRED.items() if any(Search(root, pairs, names).fits() for pairs in choices)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise TfpartialError(f"{root}: fits several layouts: {', '.join(fitting)}; choose one by 'layout'")
    known = f"{DESCRIPTION} of nnunet or msd, or the files of {', '.join(PAIRED)}"
    advice = "say 'layout: pairs' with the patterns 'images' and 'labels', or 'layout: dicom'"
    raise TfpartialError(f"{root}: no known layout: expected {known}; got {describe_folder(root)}; {advice}")


def _described(root: Path) -> str:
    content = read_object(root / DESCRIPTION)
    return "msd" if "channel_names" not in content and isinstance(content.get("training"), list) else "nnunet"
