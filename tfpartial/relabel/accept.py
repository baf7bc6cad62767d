"""Label maps that a person corrected become annotations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfpartial.artifacts import atomic_file
from tfpartial.config import AcceptConfig
from tfpartial.data.fold.pseudo_label_writer import layer_record
from tfpartial.data.fold.pseudo_labels import PseudoLabels, layer_path
from tfpartial.data.formats.nifti_pair import header_of
from tfpartial.data.formats.volume_files import case_of, is_volume, label_maps
from tfpartial.data.label_maps.organ_names import organs_of
from tfpartial.data.label_maps.reading import read_labels
from tfpartial.data.store.layer_file import write_label_layer
from tfpartial.data.store.store import Store
from tfpartial.data.volumes.slabs import SLAB
from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId
from tfpartial.relabel.current_labels import CurrentLabels
from tfpartial.relabel.native_maps import in_plane

TOLERANCE_MM = 0.01
"""A corrected map is on the grid of the image; programs round what they write."""


def corrected_files(paths: list[Path], store: Store) -> dict[CaseId, Path]:
    """Case -> its corrected label map.

    Raises:
        TfpartialError: a path without label maps, two of one case, or one of a case that the store has not.
    """
    found: dict[CaseId, Path] = {}
    for path in paths:
        for case_id, file in (label_maps(path) if path.is_dir() else _single(path)).items():
            if case_id in found:
                raise TfpartialError(f"case '{case_id}' has two label maps: {found[case_id]} and {file}")
            if case_id not in store.cases:
                raise TfpartialError(f"{file}: the store {store.root} has no case '{case_id}'")
            found[case_id] = file
    return found


def accept(
    config: AcceptConfig, store: Store, annotated: Mapping[CaseId, tuple[str, ...]], earlier: PseudoLabels | None, step: int
) -> Iterator[tuple[CaseId, dict[str, Any], dict[str, Any]]]:
    """Writes a layer per corrected case, in which the corrected organs are as the person drew them.

    A voxel that an expert labelled keeps its label. A corrected organ takes voxels from pseudo-labels; what was a pseudo-label
    of it and is not drawn any more becomes background.

    Args:
        config: the configuration.
        store: the store.
        annotated: case -> organs annotated by experts, after thinning.
        earlier: the layers that the rest is taken from.
        step: number of the step.

    Yields:
        case id, its record for the index, and what was done: organs, voxels before and now.

    Raises:
        TfpartialError: a label map that cannot be read, is on another grid, or has codes outside the organ table; nothing was
            relabeled in the case and no organ is named; an organ that an expert annotated there.
    """
    for case_id, file in corrected_files(config.files, store).items():
        if case_id not in annotated:
            raise TfpartialError(f"{file}: '{case_id}' is no training or validation case of this fold")
        current = CurrentLabels(store, case_id, annotated[case_id], earlier)
        organs = _organs(config, current, earlier, file)
        drawn = _read(file, store, case_id, store.organs.select(organs))
        row = {"case": case_id, "organs": list(store.organs.select(organs))}
        path = layer_path(config.out, step, case_id)
        with atomic_file(path) as temporary:
            slabs = _layer(current, organs, drawn, row)
            write_label_layer(temporary, slabs, (current.slices, *store.size), len(store.organs))
        accepted = (current.annotated & ~current.experts) | organs
        sets = (store.organs.select(part) for part in (current.experts, ~current.experts & ~accepted, accepted))
        yield case_id, layer_record(config.out, step, case_id, *sets), row


def _single(path: Path) -> dict[CaseId, Path]:
    if not path.is_file() or not is_volume(path):
        raise TfpartialError(f"{path}: expected a corrected label map, or a folder of them")
    return {case_of(path): header_of(path)}


def _organs(config: AcceptConfig, current: CurrentLabels, earlier: PseudoLabels | None, file: Path) -> np.ndarray:
    """bool `[K]`: the organs that count as annotated from now on."""
    table = current.store.organs
    if config.organs:
        organs = table.vector(config.organs)
    else:
        organs = table.vector(earlier.records[current.case_id].pseudo if earlier and current.case_id in earlier else ())
    if not organs.any():
        raise TfpartialError(f"{file}: nothing was relabeled in this case; name the corrected organs (--organs)")
    experts = table.select(organs & current.experts)
    if experts:
        raise TfpartialError(f"{file}: {', '.join(experts)} is annotated by an expert in this case; leave it out of --organs")
    return organs


def _read(file: Path, store: Store, case_id: CaseId, organs: Sequence[str]) -> np.ndarray:
    """The drawn codes in the store's grid, uint8 `[Z, H, W]`."""
    case = store.cases[case_id]
    label = organs_of(file, store.organs)
    missing = [organ for organ in organs if organ not in label.organs]
    if missing:
        raise TfpartialError(f"{file}: has no segment of {', '.join(missing)}; expected one, empty where the organ is absent")
    codes = read_labels([label], case.native, store.organs, (), TOLERANCE_MM).codes
    return in_plane(store, case).label(codes)


def _layer(
    current: CurrentLabels, organs: np.ndarray, drawn: np.ndarray, row: dict[str, Any]
) -> Iterator[tuple[int, np.ndarray]]:
    """The new labels, slab by slab; `row` gets the counts."""
    corrected = np.flatnonzero(organs) + 1
    row |= {"voxels_before": 0, "voxels": 0, "kept_for_experts": 0}
    for start in range(0, current.slices, SLAB):
        stop = min(start + SLAB, current.slices)
        before, certain, new = current.labels(start, stop), current.certain(start, stop), drawn[start:stop]
        mine = np.isin(new, corrected)
        after = np.where(np.isin(before, corrected), 0, before)
        after = np.where(mine & (certain == 0), new, after)
        row["voxels_before"] += int(np.isin(before, corrected).sum())
        row["voxels"] += int(np.isin(after, corrected).sum())
        row["kept_for_experts"] += int((mine & (certain != 0)).sum())
        yield start, after
