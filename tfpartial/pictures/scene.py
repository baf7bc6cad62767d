"""What an overlay shows: a volume, its contours, and what the contours' colours mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tfpartial.data.files import ImageFile, Key, LabelFile
from tfpartial.data.formats.label import open_label
from tfpartial.data.formats.volume_files import label_maps, stem
from tfpartial.data.label_maps.reading import read_labels
from tfpartial.data.label_maps.reference import read_prediction, read_reference
from tfpartial.data.manifest import Manifest
from tfpartial.data.problem import FileError
from tfpartial.data.volumes.slabs import SlabReader
from tfpartial.data.volumes.volume import read_volume
from tfpartial.errors import TfpartialError
from tfpartial.labels import IGNORE, MAX_ORGANS, OrganTable, keep_annotated
from tfpartial.names import CaseId, require_case
from tfpartial.pictures.planes import shows_organ

TOLERANCE_MM = 0.1
"""How far a label's grid may be from the image's; `ingest` has the same default."""
EXPERT = "expert"


@dataclass(frozen=True)
class Scene:
    """A volume with contours, in LPS.

    Args:
        name: of the case.
        hu: the numbers `[Z, Y, X]`, int16 or float32.
        spacing_mm_zyx: its spacing.
        organs: the organ table of the label maps.
        label: uint8 `[Z, Y, X]`: the contours in colours.
        reference: uint8 `[Z, Y, X]`: the dashed ones; None for none.
        reference_name: what the legend calls them.
    """

    name: CaseId
    hu: np.ndarray
    spacing_mm_zyx: tuple[float, float, float]
    organs: OrganTable
    label: np.ndarray
    reference: np.ndarray | None = None
    reference_name: str | None = None

    def only(self, organs: Sequence[str]) -> Scene:
        """The scene with the contours of some organs; of all when none is named.

        Raises:
            TfpartialError: an unknown organ; or no voxel of theirs is in `label` nor in `reference`.
        """
        kept = self.organs.vector(organs or self.organs.names)
        label = keep_annotated(self.label, kept)
        reference = None if self.reference is None else keep_annotated(self.reference, kept)
        if not any(shows_organ(codes) for codes in (label, reference) if codes is not None):
            raise EmptyLabelError(f"{self.name}: expected contours of {', '.join(organs) or 'some organ'}, got an empty label")
        return replace(self, label=label, reference=reference)


class EmptyLabelError(TfpartialError):
    """There is nothing to draw over a volume."""


def file_scene(image: Path, label: Path, reference: Path | None, names: Sequence[str]) -> Scene:
    """A volume and its contours from files.

    Args:
        image: any volume, picture or DICOM series.
        label: any label file on its grid; 255 in a label map is to be ignored.
        reference: another one, or None.
        names: organs of the values 1, 2, ... of label maps; others are called `label 7`. Segments have names of their own.

    Raises:
        TfpartialError: the image has a name that no case has.
        FileError: a file that cannot be read; `label_grid`; `unknown_label`: a value above 255 or below 0.
    """
    name = require_case(stem(image), image.parent)
    volume = read_volume([ImageFile(image)])
    files = [_label_file(path, names) for path in (label, reference) if path is not None]
    organs = OrganTable(tuple(dict.fromkeys(organ for file in files for organ in file.organs)))
    slice_files = SlabReader([ImageFile(image)]).slice_files
    maps = [read_labels([one], volume.native, organs, organs.names, TOLERANCE_MM, slice_files).codes for one in files]
    scene = Scene(name, volume.array[..., 0], volume.spacing_mm_zyx, organs, maps[0])
    return scene if reference is None else replace(scene, reference=maps[1], reference_name=stem(reference))


def case_scene(manifest: Manifest, case: CaseId, predictions: Path | None) -> Scene:
    """A case of a manifest with the expert's contours; or with those of a prediction, and then the expert's as the reference.

    Args:
        manifest: the data set; of the channels, the first is drawn.
        case: its id.
        predictions: folder of label maps `<case><ending>`, or None.

    Raises:
        TfpartialError: no such case, no label map of it, or a file that cannot be read or lies on another grid.
    """
    entry = manifest.case(case)
    expert = read_reference(manifest, case)
    label, reference = expert, None
    if predictions is not None:
        found = label_maps(predictions)
        if case not in found:
            raise TfpartialError(f"{predictions}: has no label map of case '{case}'")
        label, reference = read_prediction(manifest, case, found[case]), expert
    if label is None:
        raise EmptyLabelError(f"case '{case}': expected a label map in the manifest, or predictions, got neither")
    volume = read_volume(entry.images)
    name = None if reference is None else EXPERT
    return Scene(case, volume.array[..., 0], volume.spacing_mm_zyx, manifest.organs, label, reference, name)


def _label_file(path: Path, names: Sequence[str]) -> LabelFile:
    """A label file of which nothing is known but what it holds."""
    keys = open_label(path).keys()
    values = [key for key in keys if isinstance(key, int) and key != IGNORE]
    if any(not 0 < value <= MAX_ORGANS for value in values):
        reason = f"expected label values from 0 to {IGNORE}, got {min(values)} to {max(values)}"
        raise FileError(path, "unknown_label", reason)
    organs: dict[str, tuple[Key, ...]] = {key: (key,) for key in keys if isinstance(key, str)}
    # Also the values between those that occur: the colour of a value does not depend on the others.
    for value in range(1, max([*values, 0 if organs else len(names) or 1]) + 1):
        organs[names[value - 1] if value <= len(names) else f"label {value}"] = (value,)
    return LabelFile(path, organs, ignore=(IGNORE,))
