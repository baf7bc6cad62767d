"""Three tiny cases on disk: `a` annotated for both organs, `b` for the liver only, `c` for nothing (no label file)."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.manifest import Manifest, ManifestCase
from tfpartial.data.prepare import finish_store, prepare_cases
from tfpartial.data.store import Store
from tfpartial.labels import OrganTable

SIZE = (8, 10)
SHAPES = {"a": (5, 6, 7), "b": (4, 8, 10), "c": (3, 7, 6)}
ANNOTATED = {"a": ("liver", "spleen"), "b": ("liver",), "c": ()}


def write_volume(path: Path, array: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((2.0, 2.0, 3.0))
    sitk.WriteImage(image, str(path))
    return path


def native_hu(case_id: str) -> np.ndarray:
    """HU that tell the voxels of a case apart, and the cases."""
    shape = SHAPES[case_id]
    return (np.arange(np.prod(shape)).reshape(shape) + 500 * "abc".index(case_id)).astype(np.int16)


def native_label(case_id: str) -> np.ndarray:
    """Slice 0 empty, slice 1 liver, slice 2 spleen, then both; in case b liver alone, in slice 1."""
    label = np.zeros(SHAPES[case_id], np.uint8)
    label[1, 2:4, 2:4] = 1
    if case_id == "a":
        label[2, 3:5, 3:6] = 2
        label[3:, 1, 1], label[3:, 4, 4] = 1, 2
    return label


def label_files(path: Path, case_id: str) -> tuple[LabelFile]:
    return (LabelFile(write_volume(path, native_label(case_id)), {"liver": (1,), "spleen": (2,)}),)


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    root = tmp_path / "dataset"
    cases = {
        case_id: ManifestCase(
            id=case_id,
            root=root,
            images=(ImageFile(write_volume(root / f"imagesTr/{case_id}_0000.nii.gz", native_hu(case_id))),),
            labels=label_files(root / f"labelsTr/{case_id}.nii.gz", case_id) if annotated else (),
            annotated=annotated,
            source=None,
            patient=case_id,
            size_zyx=SHAPES[case_id],
            spacing_mm_zyx=(3.0, 2.0, 2.0),
        )
        for case_id, annotated in ANNOTATED.items()
    }
    return Manifest("tiny", OrganTable(("liver", "spleen")), ("CT",), ("liver", "spleen"), 0.1, cases)


@pytest.fixture
def store(manifest: Manifest, tmp_path: Path) -> Store:
    out = tmp_path / "store"
    list(prepare_cases(manifest, out, SIZE, workers=1))
    finish_store(manifest, out, SIZE)
    return Store.open(out)
