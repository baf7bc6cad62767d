"""Phantom patients on disk, as a data set in nnU-Net v2's layout with every organ annotated."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tfpartial.artifacts import write_json
from tfpartial.data.formats.volume_file import write_image
from tfpartial.data.phantom.case import PhantomCase, check_request, generate_case
from tfpartial.data.phantom.organs import ORGANS
from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId, require_case
from tfpartial.parallel import map_cases

FILE_ENDING = ".nii.gz"
COMPRESSION_LEVEL = 1
"""zlib's fastest: noise does not get smaller at higher levels, only slower."""


def write_phantom(
    out: Path, cases: int, size: tuple[int, int], slice_mm: tuple[float, float], seed: int, workers: int
) -> Iterator[CaseId]:
    """Writes patients 1 to `cases`; `dataset.json` comes last, so a folder without it is not finished.

    Args:
        out: folder to write: new, empty, or what a killed run of the same request left, which is written over.
        cases: number of patients.
        size, slice_mm, seed: see `generate_case`.
        workers: processes; 0 takes all cores, 1 works in this process.

    Returns:
        An iterator over the case ids as they are finished, in no particular order; the work is done while it is gone through.

    Raises:
        TfpartialError: at once: no case is asked for, or `generate_case` would refuse.
    """
    if cases < 1:
        raise TfpartialError(f"phantom: expected at least 1 case, got {cases}")
    check_request(seed, cases, size, slice_mm)
    return _write(out, range(1, cases + 1), partial(_write_case, out=out, size=size, slice_mm=slice_mm, seed=seed), workers)


def _write(out: Path, numbers: range, write_case: partial[CaseId], workers: int) -> Iterator[CaseId]:
    for folder in ("imagesTr", "labelsTr"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    yield from map_cases(write_case, numbers, workers, case_id)
    write_json(out / "dataset.json", _description([case_id(number) for number in numbers]), with_checksum=False)


def case_id(number: int) -> CaseId:
    """The id of a patient."""
    return require_case(f"phantom_{number:04d}", "phantom")


def _write_case(number: int, out: Path, size: tuple[int, int], slice_mm: tuple[float, float], seed: int) -> CaseId:
    """Image and label of one patient."""
    name, case = case_id(number), generate_case(seed, number, size, slice_mm)
    _write_volume(case.hu, case, out / "imagesTr" / f"{name}_0000{FILE_ENDING}")
    _write_volume(case.label, case, out / "labelsTr" / f"{name}{FILE_ENDING}")
    return name


def _write_volume(array: np.ndarray, case: PhantomCase, path: Path) -> None:
    """In LPS: SimpleITK's directions, so the direction matrix is the identity."""
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(case.spacing_mm_zyx[::-1])
    image.SetOrigin(case.origin_mm_zyx[::-1])
    write_image(image, path, COMPRESSION_LEVEL)


def _description(case_ids: list[CaseId]) -> dict:
    """`dataset.json`. Every organ was looked for in every patient, also the gallbladder that is not there."""
    return {
        "name": "phantom",
        "description": "Procedural abdominal CT: drawn by a program, of nobody",
        "channel_names": {"0": "CT"},
        "labels": {"background": 0, **{organ: number for number, organ in enumerate(ORGANS, start=1)}},
        "numTraining": len(case_ids),
        "file_ending": FILE_ENDING,
        "annotated": {name: list(ORGANS) for name in case_ids},
    }
