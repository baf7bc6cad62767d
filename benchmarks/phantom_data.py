"""Phantom patients for benchmarks: a few that are drawn, and as many cases as wanted that share their files."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.manifest import Manifest, ManifestCase
from tfpartial.data.phantom import ORGANS, PhantomCase, generate_case
from tfpartial.labels import OrganTable
from tfpartial.names import require_case


def phantom_manifest(
    root: Path, cases: int, drawn: int, size: tuple[int, int] = (512, 512), slices: int | None = None
) -> Manifest:
    """Writes a data set under `root`.

    Args:
        root: its folder.
        cases: number of cases.
        drawn: number of different patients; further cases are hard links to their files.
        size: rows and columns.
        slices: number of slices, by repeating the patient as often as it takes; none leaves it as it is.
    """
    patients = [_write(root, number, _patient(number, size, slices)) for number in range(min(drawn, cases))]
    links = [_link(root, patients[number % drawn], number) for number in range(drawn, cases)]
    entries = {case.id: case for case in [*patients, *links]}
    return Manifest("phantom", OrganTable(tuple(ORGANS)), ("CT",), tuple(ORGANS), 0.1, entries)


def _patient(number: int, size: tuple[int, int], slices: int | None) -> PhantomCase:
    patient = generate_case(0, number, size)
    if slices is None:
        return patient
    shape = (slices, *size)
    return replace(patient, hu=np.resize(patient.hu, shape), label=np.resize(patient.label, shape))


def _write(root: Path, number: int, patient: PhantomCase) -> ManifestCase:
    name = require_case(f"case_{number:04d}", root)
    image, label = root / "imagesTr" / f"{name}_0000.nii.gz", root / "labelsTr" / f"{name}.nii.gz"
    _write_volume(image, patient.hu, patient)
    _write_volume(label, patient.label, patient)
    return ManifestCase(
        id=name,
        root=root,
        images=(ImageFile(image),),
        labels=(LabelFile(label, {organ: (value,) for value, organ in enumerate(ORGANS, start=1)}),),
        annotated=tuple(ORGANS),
        source=None,
        patient=name,
        size_zyx=patient.hu.shape,
        spacing_mm_zyx=patient.spacing_mm_zyx,
    )


def _write_volume(path: Path, array: np.ndarray, patient: PhantomCase) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(patient.spacing_mm_zyx[::-1])
    image.SetOrigin(patient.origin_mm_zyx[::-1])
    sitk.WriteImage(image, str(path), useCompression=True)


def _link(root: Path, patient: ManifestCase, number: int) -> ManifestCase:
    name = require_case(f"case_{number:04d}", root)
    (image,), (label,) = patient.images, patient.labels
    image_path, label_path = image.path.with_name(f"{name}_0000.nii.gz"), label.path.with_name(f"{name}.nii.gz")
    os.link(image.path, image_path)
    os.link(label.path, label_path)
    return replace(
        patient, id=name, patient=name, images=(replace(image, path=image_path),), labels=(replace(label, path=label_path),)
    )
