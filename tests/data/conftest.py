"""A tiny data set that tests break in one place at a time, a tiny store, and the folder of the real data."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.manifest import Manifest, ManifestCase
from tfpartial.data.store.prepare import finish_store, prepare_cases
from tfpartial.data.store.store import Store
from tfpartial.labels import OrganTable

SHAPE = (4, 5, 6)
LABELS = {"background": 0, "liver": 1, "spleen": 2}
ANNOTATED = {"a": ["liver", "spleen"], "b": ["liver"], "c": []}
STORE_SIZE = (8, 10)
STORE_SHAPES = {"a": (5, 6, 7), "b": (4, 8, 10), "c": (3, 7, 6)}
STORE_ANNOTATED = {"a": ("liver", "spleen"), "b": ("liver",), "c": ()}
"""Of the store: `a` annotated for both organs, `b` for the liver only, `c` for nothing (no label file)."""


class TinyDataset:
    """Three cases in nnU-Net layout: `a` complete, `b` liver only, `c` unlabeled and without a label file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.description = {
            "channel_names": {"0": "CT"},
            "labels": LABELS,
            "numTraining": 3,
            "file_ending": ".nii.gz",
            "annotated": ANNOTATED,
        }
        for number, case_id in enumerate("abc"):
            self.write(self.image(case_id), self.hu(number))
        self.write(self.label("a"), self.organs(1, 2))
        self.write(self.label("b"), self.organs(1))
        self.describe()

    def image(self, case_id: str) -> Path:
        return self.root / "imagesTr" / f"{case_id}_0000.nii.gz"

    def label(self, case_id: str) -> Path:
        return self.root / "labelsTr" / f"{case_id}.nii.gz"

    def hu(self, seed: int = 0) -> np.ndarray:
        return np.random.default_rng(seed).integers(-1000, 1000, SHAPE).astype(np.int16)

    def organs(self, *values: float, dtype: type = np.uint8) -> np.ndarray:
        """Two voxels of each value."""
        label = np.zeros(SHAPE, dtype)
        for row, value in enumerate(values):
            label[1, row, 2:4] = value
        return label

    def write(self, path: Path, array: np.ndarray, **geometry: tuple[float, ...]) -> None:
        image = sitk.GetImageFromArray(array)
        image.SetSpacing(geometry.get("spacing", (1.5, 1.5, 3.0)))
        image.SetOrigin(geometry.get("origin", (10.0, -20.0, 30.0)))
        path.parent.mkdir(parents=True, exist_ok=True)
        sitk.WriteImage(image, str(path))

    def describe(self, **changes: object) -> None:
        self.describe_as(json.dumps(self.description | changes))

    def describe_as(self, text: str) -> None:
        (self.root / "dataset.json").write_text(text)


@pytest.fixture
def tiny_dataset(tmp_path: Path) -> TinyDataset:
    return TinyDataset(tmp_path / "Dataset001_Tiny")


@pytest.fixture
def realdata() -> Path:
    default = Path(__file__).parents[2] / ".." / "shared" / "realdata"
    folder = Path(os.environ.get("TFPARTIAL_REALDATA", default)).resolve()
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; set TFPARTIAL_REALDATA")
    return folder


def write_volume(path: Path, array: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((2.0, 2.0, 3.0))
    sitk.WriteImage(image, str(path))
    return path


def native_hu(case_id: str) -> np.ndarray:
    """HU that tell the voxels of a case apart, and the cases."""
    shape = STORE_SHAPES[case_id]
    return (np.arange(np.prod(shape)).reshape(shape) + 500 * "abc".index(case_id)).astype(np.int16)


def native_label(case_id: str) -> np.ndarray:
    """Slice 0 empty, slice 1 liver, slice 2 spleen, then both; in case b liver alone, in slice 1."""
    label = np.zeros(STORE_SHAPES[case_id], np.uint8)
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
            size_zyx=STORE_SHAPES[case_id],
            spacing_mm_zyx=(3.0, 2.0, 2.0),
        )
        for case_id, annotated in STORE_ANNOTATED.items()
    }
    return Manifest("tiny", OrganTable(("liver", "spleen")), ("CT",), ("liver", "spleen"), 0.1, cases)


@pytest.fixture
def store(manifest: Manifest, tmp_path: Path) -> Store:
    out = tmp_path / "store"
    list(prepare_cases(manifest, out, STORE_SIZE, workers=1))
    finish_store(manifest, out, STORE_SIZE)
    return Store.open(out)
