"""The files of a case, and how their content is to be understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Key = int | str
"""What stands for an organ in a label file: a value of a label map, or the name of a segment (DICOM-SEG, RTSTRUCT, seg.nrrd)."""
NONZERO = "nonzero"
"""The key of a mask file: every voxel that is not 0."""
Uneven = Literal["refuse", "resample"]
Grid = Literal["same", "nearest"]
NiftiForm = Literal["sform", "qform"]
Empty = Literal["not_annotated", "absent", "ask"]


@dataclass(frozen=True)
class ImageFile:
    """One channel of a case.

    Args:
        path: a volume file (NIfTI, NRRD, MetaImage), a picture (PNG, JPEG), or a folder with a DICOM series.
        series: SeriesInstanceUID, or SeriesDescription (`*` and `?` stand for any letters), for a folder with several series.
        modality: of the series, such as `CT`.
        least_slices: number of slices that the series has at least.
        component: number of the colour channel of a picture: 0 red, 1 green, 2 blue; None for grey.
        rescale: slope and intercept that make HU of the numbers that the file gives.
        nifti_form: which one of a NIfTI header is believed, where `sform` and `qform` contradict each other.
        uneven: DICOM slices that are tilted or unevenly spaced make no grid: refuse them, or resample them in world space.
    """

    path: Path
    series: str | None = None
    modality: str | None = None
    least_slices: int = 1
    component: int | None = None
    rescale: tuple[float, float] = (1.0, 0.0)
    uneven: Uneven = "refuse"
    nifti_form: NiftiForm = "sform"


@dataclass(frozen=True)
class LabelFile:
    """One file with contours of a case.

    Args:
        path: a label map or mask (volume file or picture), a multi-segment `.seg.nrrd`, a DICOM-SEG or an RTSTRUCT file, or a
            folder of pictures, one per slice.
        organs: organ -> what stands for it in the file; several keys are merged.
        background: keys that the file may have and that are no organ of ours.
        ignore: values of voxels where nobody may learn.
        unlisted: whether any other value is an error or background.
        left_right: organ of `organs` -> the names of its left and its right part, into which it is divided by position.
        empty: what it means that an organ of `organs` has no voxel in the file, where the case does not say for which organs it
            is annotated: nobody looked for it, it was looked for and is absent, or `ask` (an error, so that somebody decides).
        nifti_form: as of `ImageFile`.
        grid: `same`: the file must lie on the image's grid; `nearest`: resample it there.
        fill_gaps: so many slices in a row without a contour of an RTSTRUCT, between two with contours, are interpolated.
    """

    path: Path
    organs: Mapping[str, tuple[Key, ...]]
    background: tuple[Key, ...] = ()
    ignore: tuple[int, ...] = ()
    unlisted: Literal["error", "background"] = "error"
    left_right: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    empty: Empty = "not_annotated"
    grid: Grid = "same"
    fill_gaps: int = 0
    nifti_form: NiftiForm = "sform"

    @property
    def shown_organs(self) -> tuple[str, ...]:
        """The organs that the file can show, divided ones by their parts."""
        return tuple(part for organ in self.organs for part in self.left_right.get(organ, (organ,)))


@dataclass(frozen=True)
class Step:
    """Something that was done to a case, for its history.

    Args:
        name: `read`, `reorient`, `resample`, `rescale`, `place`, `scale`, `round`, `clip`, `contours`, `merge`, `divide`,
            `overlap`, `fit` (padded or cropped).
        detail: what a reader of the history wants to know, as JSON.
        warning: what `ingest` says of it: something was decided by a rule that may be wrong here; mostly empty.
    """

    name: str
    detail: Mapping[str, Any]
    warning: str = ""

    def row(self) -> dict[str, Any]:
        """The step as JSON."""
        return {"step": self.name, **self.detail}


def located(path: Path) -> Path:
    """A path from the root on, without `.` and `..`; a link after the last `..` keeps its own name."""
    whole = path.absolute()
    if ".." not in whole.parts:
        return whole
    end = len(whole.parts) - whole.parts[::-1].index("..")
    return Path(*whole.parts[:end]).resolve().joinpath(*whole.parts[end:])


def paths_of(images: Sequence[ImageFile], labels: Sequence[LabelFile]) -> tuple[Path, ...]:
    """The distinct files and folders of a case, images first."""
    return tuple(dict.fromkeys([*(image.path for image in images), *(label.path for label in labels)]))
