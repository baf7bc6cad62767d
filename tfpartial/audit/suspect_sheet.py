"""A contact sheet of suspects: each on the slice of its centre, with the model's and the expert's contours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from tfpartial.artifacts import atomic_file
from tfpartial.audit.doubt import PREDICTED
from tfpartial.audit.probabilities import AuditedCase, probability_slabs
from tfpartial.audit.suspects import Suspect
from tfpartial.data.label_maps.case_labels import read_case_labels
from tfpartial.data.volumes.slabs import SlabReader
from tfpartial.labels import OrganTable
from tfpartial.names import CaseId
from tfpartial.pictures.planes import VIEWS, pixel_mm
from tfpartial.pictures.sheet import Tile, arrange, legend
from tfpartial.pictures.slice_picture import Slice, draw_slice

COLUMNS, SIDE, SLAB, AROUND = 4, 360, 32, 3
"""Pictures per row; their longer side in pixels; slices read at a time; voxels between a region and its frame."""


def draw_suspects(
    suspects: Sequence[tuple[int, Suspect]],
    cases: Mapping[CaseId, AuditedCase],
    organs: OrganTable,
    window_hu: tuple[float, float],
    path: Path,
) -> Iterator[str]:
    """Draws suspects and writes a PNG; the files of each case are read once.

    Args:
        suspects: ranks and suspects, at least one.
        cases: id -> the case.
        organs: the organ table.
        window_hu: numbers shown black and white.
        path: file to write.

    Returns:
        An iterator over the cases as they are read; the picture is there when it has ended.

    Raises:
        TfpartialError: a file cannot be read any more.
    """
    tiles: dict[int, Tile] = {}
    for case in dict.fromkeys(suspect.case for _, suspect in suspects):
        of_case = [(place, *ranked) for place, ranked in enumerate(suspects) if ranked[1].case == case]
        slices = _slices(cases[case], [suspect for _, _, suspect in of_case])
        for (place, rank, suspect), content in zip(of_case, slices, strict=True):
            tiles[place] = Tile(
                draw_slice(content, window_hu, SIDE), _caption(rank, suspect), (VIEWS["axial"].left, VIEWS["axial"].top)
            )
        yield case
    shown = np.array([organs.id_of(suspect.organ) for _, suspect in suspects], np.uint8)
    with atomic_file(path) as temporary:
        arrange([tiles[place] for place in sorted(tiles)], COLUMNS, legend([shown], organs, "expert")).save(temporary)


def _caption(rank: int, suspect: Suspect) -> str:
    other = f" ({suspect.other})" if suspect.other else ""
    where = f"slice {suspect.index_zyx[0] + 1}"
    return (
        f"{rank}  {suspect.case}  {suspect.organ}\n{suspect.kind.replace('_', ' ')}{other}, {suspect.volume_ml:.3g} ml, {where}"
    )


def _slices(case: AuditedCase, suspects: Sequence[Suspect]) -> list[Slice]:
    """The slices of the suspects' centres: the image, the model's organ, the expert's."""
    entry, organs = case.manifest.case(case.id), case.manifest.organs
    reader = SlabReader(entry.images)
    label = read_case_labels(entry, reader, case.manifest).codes
    hu = _planes(reader.numbers(SLAB), {suspect.index_zyx[0] for suspect in suspects})
    result = []
    for suspect in suspects:
        z, organ_id = suspect.index_zyx[0], organs.id_of(suspect.organ)
        probability = _planes(probability_slabs(case, suspect.organ, reader.native), {z})[z]
        predicted = np.where(probability >= PREDICTED, organ_id, 0).astype(np.uint8)
        expert = np.where((label[z] == organ_id) & (suspect.organ in case.annotated), organ_id, 0).astype(np.uint8)
        _, rows, columns = ((first - AROUND, last + AROUND) for first, last in suspect.box_zyx)
        result.append(Slice(hu[z][..., 0], pixel_mm(reader.spacing_mm_zyx, "axial"), predicted, expert, (rows, columns)))
    return result


def _planes(slabs: Iterator[tuple[int, np.ndarray]], wanted: set[int]) -> dict[int, np.ndarray]:
    """Single slices of a volume that comes in slabs."""
    found: dict[int, np.ndarray] = {}
    for start, slab in slabs:
        found |= {z: np.array(slab[z - start]) for z in wanted if start <= z < start + len(slab)}
        if len(found) == len(wanted):
            break
    return found
