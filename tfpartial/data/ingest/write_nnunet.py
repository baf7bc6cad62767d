"""A joined data set written as one folder in nnU-Net v2's layout, with our extension (see `layouts.nnunet`)."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from tfpartial.artifacts import atomic_file, write_json
from tfpartial.data.files import ImageFile
from tfpartial.data.formats.volume_file import write_image
from tfpartial.data.label_maps.case_labels import read_case_labels
from tfpartial.data.layouts.description import BACKGROUND_NAME, IGNORE_NAME
from tfpartial.data.layouts.nnunet import DESCRIPTION, IMAGES, LABELS
from tfpartial.data.manifest import Manifest, ManifestCase
from tfpartial.data.volumes.label_writer import LabelWriter
from tfpartial.data.volumes.slabs import SlabReader
from tfpartial.data.volumes.volume import read_volume
from tfpartial.labels import IGNORE
from tfpartial.parallel import Scheduler, map_cases

FILE_ENDING = ".nii.gz"


def write_cases(manifest: Manifest, out: Path, workers: int = 0, scheduler: Scheduler | None = None) -> Iterator[str]:
    """Writes the volumes, on their native grids, and yields the id of each case when it is there. `finish_nnunet` ends the work.

    Args:
        manifest: the verified data set.
        out: folder to write: new, empty, or what a killed run of the same request left, which is written over.
        workers: processes; 0 takes all cores.
        scheduler: a Dask scheduler whose workers do it instead.

    Raises:
        TfpartialError: a volume is not what the manifest says.
    """
    for folder in (IMAGES, LABELS):
        (out / folder).mkdir(parents=True, exist_ok=True)
    write = partial(_write_case, data_set=dataclasses.replace(manifest, cases={}), out=out)
    return map_cases(write, tuple(manifest.cases.values()), workers, scheduler=scheduler)


def finish_nnunet(manifest: Manifest, out: Path) -> None:
    """Writes `dataset.json`; a folder without it is not finished."""
    write_json(out / DESCRIPTION, _description(manifest), with_checksum=False)


def _write_case(case: ManifestCase, data_set: Manifest, out: Path) -> str:
    for number, image in enumerate(case.images):
        _write_channel(image, out / IMAGES / f"{case.id}_{number:04d}{FILE_ENDING}")
    if case.labels or case.annotated:  # what was looked for and is absent needs an empty label map
        _write_label(case, data_set, out / LABELS / f"{case.id}{FILE_ENDING}")
    return case.id


def _write_channel(image: ImageFile, path: Path) -> None:
    """The file as it is where that says the same, else its HU."""
    placed = any(step.name == "place" for step in SlabReader([image]).history)  # others would read its header in another way
    if image.path.name.endswith(FILE_ENDING) and image.rescale == (1.0, 0.0) and not placed:
        with atomic_file(path) as temporary:
            shutil.copyfile(image.path, temporary)
        return
    volume = read_volume([image])
    stored = np.ascontiguousarray(volume.native.from_lps(volume.array[..., 0]))
    write_image(volume.native.stamp(sitk.GetImageFromArray(stored)), path)


def _write_label(case: ManifestCase, data_set: Manifest, path: Path) -> None:
    image = SlabReader(case.images)
    codes = read_case_labels(case, image, data_set).codes
    codes[codes == IGNORE] = _ignore_value(data_set)
    with LabelWriter(path, image.native) as writer:
        writer.write(0, codes)


def _ignore_value(data_set: Manifest) -> int:
    """nnU-Net wants the value of `ignore` to follow the organs'."""
    return len(data_set.organs) + 1


def _description(manifest: Manifest) -> dict[str, Any]:
    labels = {BACKGROUND_NAME: 0, **manifest.organs.ids}
    if any(case.ignored for case in manifest.cases.values()):
        labels[IGNORE_NAME] = _ignore_value(manifest)
    return {
        "name": manifest.name,
        "channel_names": {str(number): name for number, name in enumerate(manifest.channel_names)},
        "labels": labels,
        "numTraining": len(manifest.cases),
        "file_ending": FILE_ENDING,
        "annotated": {case.id: list(case.annotated) for case in manifest.cases.values()},
        "source": {case.id: case.source for case in manifest.cases.values() if case.source is not None},
        "patient": {case.id: case.patient for case in manifest.cases.values()},
    }
