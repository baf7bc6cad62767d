"""Six tiny cases of three organs, most with a fault in their labels, and a model that knows the truth but for its boundaries."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.manifest import Manifest, ManifestCase, write_manifest
from tfpartial.inference.probability_files import organ_file
from tfpartial.labels import OrganTable

SHAPE = (20, 32, 32)
SPACING_ZYX = (3.0, 2.0, 2.0)
ORIGIN_XYZ = (-10.0, 5.0, 100.0)
ORGANS = ("liver", "left kidney", "right kidney")
LIVER, LEFT, RIGHT = 1, 2, 3
Z = slice(4, 16)
TRUTH = np.zeros(SHAPE, np.uint8)
TRUTH[Z, 4:14, 4:24] = LIVER  # 2400 voxels, 28.8 ml
TRUTH[Z, 18:26, 20:28] = LEFT  # 768 voxels, 9.216 ml
TRUTH[Z, 18:26, 4:12] = RIGHT


def half_liver() -> np.ndarray:
    label = TRUTH.copy()
    label[Z, 4:14, 4:14] = 0
    return label


def swapped_kidneys() -> np.ndarray:
    return np.array([0, LIVER, RIGHT, LEFT], np.uint8)[TRUTH]


def shifted_kidney() -> np.ndarray:
    label = np.where(TRUTH == LEFT, 0, TRUTH).astype(np.uint8)
    label[Z, 24:32, 20:28] = LEFT
    return label


def without(organ_id: int) -> np.ndarray:
    return np.where(organ_id == TRUTH, 0, TRUTH).astype(np.uint8)


CASES = {
    "clean": (TRUTH, ORGANS),
    "dropped": (without(RIGHT), ORGANS),
    "half": (half_liver(), ORGANS),
    "partial": (without(LIVER), ORGANS[1:]),
    "shifted": (shifted_kidney(), ORGANS),
    "swapped": (swapped_kidneys(), ORGANS),
}


@dataclass(frozen=True)
class AuditData:
    """Where the files are."""

    manifest: Path
    predictions: Path

    def probability(self, case: str, organ: str) -> Path:
        return self.predictions / "probabilities" / case / organ_file(organ)


def blurred(mask: np.ndarray) -> np.ndarray:
    """A model's probability: one voxel larger in plane than the organ, with soft boundaries, nowhere quite sure."""
    grown = ndimage.maximum_filter(mask.astype(np.float32), (1, 3, 3))
    return (0.01 + 0.97 * ndimage.gaussian_filter(grown, 0.6)).astype(np.float32)


def write_volume(path: Path, array: np.ndarray) -> None:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(SPACING_ZYX[::-1])
    image.SetOrigin(ORIGIN_XYZ)
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path))


@pytest.fixture
def audit_data(tmp_path) -> AuditData:
    root, predictions = tmp_path / "data", tmp_path / "predictions"
    entries = {}
    for case, (label, annotated) in CASES.items():
        image, label_file = root / f"{case}_0000.nii.gz", root / f"{case}.nii.gz"
        write_volume(image, np.where(TRUTH > 0, 60, -50).astype(np.int16))
        write_volume(label_file, label)
        write_volume(predictions / f"{case}.nii.gz", TRUTH)
        for organ_id, organ in enumerate(ORGANS, start=1):
            write_volume(predictions / "probabilities" / case / organ_file(organ), blurred(organ_id == TRUTH))
        voxels = {organ: int((label == ORGANS.index(organ) + 1).sum()) for organ in annotated}
        labels = (LabelFile(label_file, {organ: (ORGANS.index(organ) + 1,) for organ in annotated}),)
        entries[case] = ManifestCase(case, root, (ImageFile(image),), labels, annotated, None, case, SHAPE, SPACING_ZYX, voxels)
    manifest = Manifest("demo", OrganTable(ORGANS), ("CT",), ORGANS, 0.1, entries)
    write_manifest(manifest, tmp_path / "manifest.json")
    return AuditData(tmp_path / "manifest.json", predictions)
