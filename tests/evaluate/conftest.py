"""A data set of three tiny cases, whose truth the threshold segmenter gets right."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.manifest import Manifest, ManifestCase, write_manifest
from tfpartial.labels import OrganTable

SHAPE = (5, 20, 30)
SPACING_XYZ = (1.0, 2.0, 5.0)
ANNOTATED = {"a": ("bone", "fat"), "b": ("bone",), "c": ("bone", "fat")}


@pytest.fixture
def manifest(tmp_path) -> Path:
    """The manifest's file; every voxel of bone and fat is labelled where the organ is annotated."""
    root = tmp_path / "data"
    root.mkdir()
    cases = {}
    for seed, (case, annotated) in enumerate(ANNOTATED.items()):
        hu = np.random.default_rng(seed).integers(-300, 300, SHAPE, dtype=np.int16)
        label = np.where(hu >= 100, 1, np.where((hu <= -100) & ("fat" in annotated), 2, 0)).astype(np.uint8)
        image, label_file = root / f"{case}_0000.nii.gz", root / f"{case}.nii.gz"
        write_volume(image, hu)
        write_volume(label_file, label)
        images, labels = (ImageFile(image),), (LabelFile(label_file, {"bone": (1,), "fat": (2,)}),)
        cases[case] = ManifestCase(case, root, images, labels, annotated, None, case, SHAPE, SPACING_XYZ[::-1])
    organs = ("bone", "fat")
    write_manifest(Manifest("demo", OrganTable(organs), ("CT",), organs, 0.1, cases), tmp_path / "manifest.json")
    return tmp_path / "manifest.json"


def write_volume(path: Path, array: np.ndarray, spacing_xyz=SPACING_XYZ) -> None:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing_xyz)
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path))
