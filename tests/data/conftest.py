"""A tiny data set that tests break in one place at a time, and the folder of the real data."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

SHAPE = (4, 5, 6)
LABELS = {"background": 0, "liver": 1, "spleen": 2}
ANNOTATED = {"a": ["liver", "spleen"], "b": ["liver"], "c": []}


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
