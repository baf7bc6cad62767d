"""TotalSegmentator's layout: a folder per case with the image and a mask per organ.

`<case>/ct.nii.gz` (Wasserthal et al. 2023, zenodo.org/records/10047292), or `mri.nii.gz` in the MR data set
(zenodo.org/records/11367004), and `<case>/segmentations/<organ>.nii.gz`. The data set has a mask for every organ, without a voxel
where the organ is absent, out of the field of view, or was not segmented.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tfpartial.config import SourceConfig
from tfpartial.data.layouts.dataset import Dataset
from tfpartial.data.layouts.pairs import Pairs, Search, find_pairs
from tfpartial.data.layouts.tree import names_below
from tfpartial.errors import TfpartialError

MASKS = "{case}/segmentations/{organ}.nii.gz"
CT = Pairs("{case}/ct.nii.gz", MASKS)
MR = Pairs("{case}/mri.nii.gz", MASKS, channel="MR")


def read_totalsegmentator(root: Path, _: SourceConfig) -> Dataset:
    """Reads the layout; see `layouts.read_source`."""
    fitting = fitting_totalsegmentator(root, names_below(root))
    if len(fitting) > 1:
        raise TfpartialError(f"{root}: cases with ct.nii.gz and cases with mri.nii.gz: expected a data set for each")
    return find_pairs(root, fitting[0] if fitting else CT)


def fitting_totalsegmentator(root: Path, names: Sequence[str]) -> list[Pairs]:
    """Which of the two data sets has cases among `names`, everything below `root`."""
    return [pairs for pairs in (CT, MR) if Search(root, pairs, names).image_files]
