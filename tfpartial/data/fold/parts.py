"""Parts of the training cases, each of which is left out once: for what must not have seen a case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId


def divide(patients: Mapping[CaseId, str], annotated: Mapping[CaseId, Collection[str]], parts: int) -> dict[CaseId, int]:
    """Divides cases by patient, so that each part has about as many patients, and as many annotated for each organ.

    The organ with the fewest annotated patients goes first. Each of its patients goes to the part that has the fewest of the
    organ, of equal parts to the smallest. Nothing is drawn: the same cases give the same parts.

    Args:
        patients: case -> patient.
        annotated: case -> organs that somebody looked for.
        parts: number of parts, 2 or more.

    Returns:
        case -> part, from 0.

    Raises:
        TfpartialError: fewer patients than parts.
    """
    names = sorted(set(patients.values()))
    if len(names) < parts:
        raise TfpartialError(f"leave_out: expected {parts} training patients or more for {parts} parts, got {len(names)}")
    of_organ: dict[str, set[str]] = defaultdict(set)
    for case, patient in patients.items():
        for organ in annotated[case]:
            of_organ[organ].add(patient)
    placed: dict[str, int] = {}

    def fill(wanted: Collection[str]) -> None:
        """Places the patients among these that have no part yet."""
        for patient in sorted(set(wanted) - set(placed)):
            counts = [sum(placed.get(other) == part for other in wanted) for part in range(parts)]
            sizes = [sum(of == part for of in placed.values()) for part in range(parts)]
            placed[patient] = min(range(parts), key=lambda part: (counts[part], sizes[part]))

    for organ in sorted(of_organ, key=lambda organ: (len(of_organ[organ]), organ)):
        fill(of_organ[organ])
    fill(names)
    return {case: placed[patient] for case, patient in patients.items()}
