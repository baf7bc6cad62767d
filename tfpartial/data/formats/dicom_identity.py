"""Whether the slices of a series belong together: anonymisers give many series one SeriesInstanceUID."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from tfpartial.data.files import Step
from tfpartial.data.formats.dicom_slice import Slice
from tfpartial.data.problem import FileError

OF_ONE_SERIES: Mapping[str, Callable[[Slice], str]] = {
    "PatientID": lambda one: one.patient,
    "StudyInstanceUID": lambda one: one.study,
    "FrameOfReferenceUID": lambda one: one.frame_of_reference,
    "Modality": lambda one: one.modality,
}
"""Elements that all slices of a series have alike."""
BY_FILE = ("StudyInstanceUID", "FrameOfReferenceUID")
LEAST_BY_FILE = 3
"""Two slices of two studies may be of two patients."""
OF_ONE_STACK: Mapping[str, Callable[[Slice], str]] = {
    "EchoTime": lambda one: one.echo,
    "TemporalPositionIdentifier": lambda one: one.phase,
    "ConvolutionKernel": lambda one: one.kernel,
    # Concatenations of an MR scan are interleaved on purpose.
    "AcquisitionNumber": lambda one: one.acquisition if one.modality == "CT" else "",
}
"""Elements whose values may change once along a stack, where another scan goes on, but not to and fro."""
CT = "CT"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
"""The class, and the beginning of its multi-frame kinds (PS3.4, table B.5-1)."""
LOCALIZERS = frozenset({"LOCALIZER", "REF_SURVIEW"})
SCREENS = frozenset({"SCREEN SAVE", "CSA REPORT", "DOSE_INFO", "PATIENT_INFO", "RESULTS"})
"""Values of ImageType (0008,0008) in which GE, Siemens and Philips say that an image is no slice."""


def require_one_origin(folder: Path, slices: Sequence[Slice]) -> tuple[Step, ...]:
    """Refuses slices of different patients, studies, frames of reference or modalities.

    ITK gives every file that it writes a study and a frame of reference of its own, which then say nothing.

    Returns:
        A step of the history, with a warning, for each element that says nothing.

    Raises:
        FileError: `mixed_series`, with what differs; `mixed_rescale`: CT slices of which some lack RescaleIntercept, or
            slices of which some have a table of grey values.
    """
    steps = []
    for keyword, of in OF_ONE_SERIES.items():
        counts = Counter(of(one) for one in slices)
        if keyword in BY_FILE and len(counts) == len(slices) >= LEAST_BY_FILE:
            warning = f"every slice has a {keyword} of its own; they are taken for one series, as SeriesInstanceUID says"
            steps.append(Step("read", {"file": str(folder), "differs_by_slice": keyword}, warning))
        elif len(counts) > 1:
            groups = " and ".join(_group(slices, of, value, count) for value, count in counts.most_common())
            reason = f"holds slices of different {keyword} under one SeriesInstanceUID: {groups}"
            raise FileError(folder, "mixed_series", f"{reason}; put those that belong together into a folder of their own")
    without = [one for one in slices if not one.has_intercept]
    if slices[0].modality == CT and 0 < len(without) < len(slices):
        reason = f"{len(without)} of its {len(slices)} slices have no RescaleIntercept, such as {without[0].path.name}"
        raise FileError(folder, "mixed_rescale", f"{reason}; their grey values are on another scale than the others'")
    tables = {one.table for one in slices}
    if len(tables) > 1:
        names = ", ".join(sorted("none" if table is None else f"'{table}'" for table in tables))
        reason = f"its slices have tables of grey values (ModalityLUTSequence) of different types: {names}"
        raise FileError(folder, "mixed_rescale", f"{reason}; their grey values are on different scales")
    return tuple(steps)


def require_one_stack(folder: Path, ordered: Sequence[Slice]) -> None:
    """Refuses two stacks whose slices lie between each other.

    Args:
        folder: the folder, for the error.
        ordered: in the order of their positions.

    Raises:
        FileError: `interleaved`.
    """
    for keyword, of in OF_ONE_STACK.items():
        values = [of(one) for one in ordered]
        changes = sum(one != other for one, other in pairwise(values))
        if changes >= len(set(values)):
            back = _first_return(values)
            first, second = ordered[back - 1], ordered[back]
            reason = (
                f"holds stacks that lie between each other: {keyword} goes from '{of(first)}' in {first.path.name} back to "
                f"'{of(second)}' in {second.path.name}"
            )
            raise FileError(folder, "interleaved", f"{reason}; put each stack into a folder of its own")


def _first_return(values: Sequence[str]) -> int:
    """The place where a value comes again after another one."""
    left: set[str] = set()
    for place, (one, other) in enumerate(pairwise(values), start=1):
        if one != other:
            left.add(one)
        if other in left:
            return place
    raise AssertionError("no value comes again")


def _group(slices: Sequence[Slice], of: Callable[[Slice], str], value: str, count: int) -> str:
    first = next(one for one in slices if of(one) == value)
    return f"'{value}' ({count} files, such as {first.path.name})"


def why_no_part(one: Slice) -> str | None:
    """Why an image is no slice of a volume, by its own word: `localizer` or `screen`, such as a report of the dose; else None."""
    if not LOCALIZERS.isdisjoint(one.image_type):
        return "localizer"
    captured = one.sop_class.startswith(SECONDARY_CAPTURE) and one.position_mm is None
    return "screen" if captured or not SCREENS.isdisjoint(one.image_type) else None
