"""The label map of a verified case, on the grid of its image."""

from __future__ import annotations

from tfpartial.data.label_maps.reading import LabelReading, read_labels
from tfpartial.data.manifest import Manifest, ManifestCase
from tfpartial.data.volumes.slabs import SlabReader


def read_case_labels(case: ManifestCase, image: SlabReader, data_set: Manifest) -> LabelReading:
    """Reads the label files of a case; see `read_labels`.

    Args:
        case: the manifest's entry.
        image: its opened image, whose grid the labels take.
        data_set: the manifest; its cases are not looked at.
    """
    return read_labels(
        case.labels, image.native, data_set.organs, data_set.priority, data_set.tolerance_mm, slice_files=image.slice_files
    )
