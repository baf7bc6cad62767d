"""What `predict` wrote of the cases of a manifest, and an organ's probability in slabs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tfpartial.checksums import require_intact
from tfpartial.data.formats.volume_file import VolumeFile
from tfpartial.data.formats.volume_files import label_maps
from tfpartial.data.geometry import Geometry, difference
from tfpartial.data.manifest import Manifest
from tfpartial.data.problem import FileError
from tfpartial.data.volumes.slabs import SLAB
from tfpartial.errors import TfpartialError
from tfpartial.inference.probability_files import PROBABILITIES, organ_file
from tfpartial.names import CaseId


@dataclass(frozen=True)
class AuditedCase:
    """A case, its annotated set, and what a model says about it.

    Args:
        id: the case.
        manifest: of this case alone: it is sent to another process.
        annotated: organs that somebody looked for.
        prediction: the predicted label map.
        probabilities: folder with a volume per organ.
    """

    id: CaseId
    manifest: Manifest
    annotated: tuple[str, ...]
    prediction: Path
    probabilities: Path


def audited_cases(
    manifest: Manifest, folders: Sequence[Path], annotated: Mapping[CaseId, Sequence[str]] | None
) -> list[AuditedCase]:
    """The cases that were predicted, in the order of their ids.

    Args:
        manifest: the data set.
        folders: what `predict` wrote, with probabilities.
        annotated: case -> the annotated organs that count; cases that are not in it are left out. None takes the manifest's.

    Raises:
        TfpartialError: no folder; one without label maps; a case that is not in the manifest, that two folders have, or that has
            no probabilities; or no case at all.
    """
    found: dict[CaseId, AuditedCase] = {}
    for folder in folders:
        for case, prediction in sorted(label_maps(folder).items()):
            entry = manifest.case(case)
            if case in found:
                raise TfpartialError(f"case '{case}' was predicted twice: {found[case].prediction} and {prediction}")
            if annotated is not None and case not in annotated:
                continue
            probabilities = folder / PROBABILITIES / case
            if not probabilities.is_dir():
                raise TfpartialError(f"{probabilities}: no such folder; expected probabilities: predict with --probabilities")
            chosen = entry.annotated if annotated is None else tuple(annotated[case])
            found[case] = AuditedCase(case, replace(manifest, cases={case: entry}), chosen, prediction, probabilities)
    if not found:
        raise TfpartialError("audit: expected predicted cases with an annotated set, got none")
    return [found[case] for case in sorted(found)]


def probability_slabs(case: AuditedCase, organ: str, like: Geometry) -> Iterator[tuple[int, np.ndarray]]:
    """Yields `(z of the first slice, ŷ float32 [n, Y, X])` of an organ, in LPS from the feet to the head.

    Raises:
        FileError: `missing_file` and what else makes a volume unreadable; `probability_grid`: it lies on another grid than the
            image; `not_probability`: a number outside of 0..1.
    """
    path = case.probabilities / organ_file(organ)
    if path.is_file():
        require_intact(path)
    volume = VolumeFile(path)
    differs = difference(like, volume.native, case.manifest.tolerance_mm)
    if differs:
        raise FileError(path, "probability_grid", f"does not lie on the grid of its image: image and probability {differs}")
    for start, slab in volume.slabs(SLAB):
        if slab.min() < 0 or slab.max() > 1:
            reason = f"expected probabilities from 0 to 1, got {slab.min():g} to {slab.max():g} from slice {start + 1} on"
            raise FileError(path, "not_probability", reason)
        yield start, slab.astype(np.float32, copy=False)
