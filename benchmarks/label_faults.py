"""Faults planted in the labels of a data set, and where they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tfpartial.data.phantom import ORGANS

SHIFT_MM = 25.0
LEFT, RIGHT = ORGANS.index("left_kidney") + 1, ORGANS.index("right_kidney") + 1


@dataclass(frozen=True)
class Fault:
    """One organ of a case whose label is wrong.

    Args:
        case, organ: where.
        name: what was done: a key of `FAULTS`.
        voxels: bool `[Z, Y, X]`: where the label of the organ is not the truth.
    """

    case: str
    organ: str
    name: str
    voxels: np.ndarray


def halve(label: np.ndarray, organ_id: int, spacing_mm: tuple[float, ...]) -> np.ndarray:
    """Forgets the upper half of the organ's slices."""
    slices = np.flatnonzero((label == organ_id).any(axis=(1, 2)))
    above = np.arange(len(label)) >= slices[len(slices) // 2]
    return np.where((label == organ_id) & above[:, np.newaxis, np.newaxis], 0, label)


def drop(label: np.ndarray, organ_id: int, spacing_mm: tuple[float, ...]) -> np.ndarray:
    """Forgets the organ, which stays annotated."""
    return np.where(label == organ_id, 0, label)


def shift(label: np.ndarray, organ_id: int, spacing_mm: tuple[float, ...]) -> np.ndarray:
    """Moves the organ's label to the patient's left; other organs keep their voxels."""
    moved = np.roll(label == organ_id, round(SHIFT_MM / spacing_mm[2]), axis=2)
    others = drop(label, organ_id, spacing_mm)
    return np.where(moved & (others == 0), organ_id, others)


def swap(label: np.ndarray, organ_id: int, spacing_mm: tuple[float, ...]) -> np.ndarray:
    """Takes the left kidney for the right one, and the other way round."""
    return np.where(label == LEFT, RIGHT, np.where(label == RIGHT, LEFT, label))


FAULTS: dict[str, Callable[[np.ndarray, int, tuple[float, ...]], np.ndarray]] = {
    "halve": halve,
    "drop": drop,
    "shift": shift,
    "swap": swap,
}


def plant(dataset: Path, share: float, seed: int) -> list[Fault]:
    """Changes label maps of a phantom data set in place: one fault in each of a share of the cases, every sort in turn.

    Args:
        dataset: folder in nnU-Net's layout.
        share: share of the cases.
        seed: which cases, and which of the organs that they have.
    """
    rng = np.random.default_rng(seed)
    files = sorted((dataset / "labelsTr").glob("*.nii.gz"))
    chosen = sorted(rng.choice(len(files), round(share * len(files)), replace=False).tolist())
    names = list(FAULTS)
    faults: list[Fault] = []
    for number, place in enumerate(chosen):
        faults += _plant(files[place], names[number % len(names)], rng)
    return faults


def _plant(file: Path, name: str, rng: np.random.Generator) -> list[Fault]:
    image = sitk.ReadImage(str(file))
    truth = sitk.GetArrayFromImage(image)
    present = [organ_id for organ_id in np.unique(truth).tolist() if organ_id]
    label = FAULTS[name](truth, int(rng.choice(present)), image.GetSpacing()[::-1]).astype(np.uint8)
    changed = sitk.GetImageFromArray(label)
    changed.CopyInformation(image)
    sitk.WriteImage(changed, str(file), useCompression=True)
    case = file.name.removesuffix(".nii.gz")
    wrong = {organ: (truth == organ_id) != (label == organ_id) for organ_id, organ in enumerate(ORGANS, start=1)}
    return [Fault(case, organ, name, voxels) for organ, voxels in wrong.items() if voxels.any()]
