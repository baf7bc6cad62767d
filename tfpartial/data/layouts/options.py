"""What a source's configuration says about every layout alike, applied to what the layout found."""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from tfpartial.config import SourceConfig
from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.layouts.channels import with_channels
from tfpartial.data.layouts.dataset import Case, Dataset
from tfpartial.data.problem import Problem
from tfpartial.errors import TfpartialError
from tfpartial.names import folded


def apply_options(dataset: Dataset, source: SourceConfig) -> Dataset:
    """Applies `exclude`, `channels`, `patient`, and the options of the image and label files.

    Names of organs, and who looked for what, are `join`'s.

    Raises:
        TfpartialError: an option that does not fit the data set.
    """
    dataset = with_channels(_without(dataset, source.exclude), source.channels)
    regex = _patient_regex(source.patient)
    problems = [*dataset.problems, *_same_names(dataset.cases), *_missing_labels(dataset.cases, source)]
    cases = []
    for case in dataset.cases:
        patient = _patient(case, regex)
        if patient is None:
            message = f"'patient', '{source.patient}', finds nothing in the case's id"
            problems.append(Problem(case.id, str(dataset.description), "no_patient", message))
        cases.append(_with_options(case, patient or case.id, source))
    return replace(dataset, cases=tuple(cases), problems=tuple(problems))


def _without(dataset: Dataset, exclude: Iterable[str]) -> Dataset:
    known = {case.id for case in dataset.cases} | {problem.case for problem in dataset.problems}
    excluded = set()
    for pattern in exclude:
        found = fnmatch.filter(known, pattern)
        if not found:
            raise TfpartialError(f"{dataset.root}: 'exclude' names '{pattern}', which is no case of the source")
        excluded |= set(found)
    cases = tuple(case for case in dataset.cases if case.id not in excluded)
    if excluded and not cases:
        raise TfpartialError(f"{dataset.root}: 'exclude' leaves no case")
    problems = tuple(problem for problem in dataset.problems if problem.case not in excluded)
    return replace(dataset, cases=cases, problems=problems)


def _same_names(cases: Iterable[Case]) -> list[Problem]:
    """Ids that one file system keeps apart and another does not."""
    spellings: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        spellings[folded(case.id)].append(case)
    why = "ids that differ only in upper and lower case or in how their accents are written"
    return [
        Problem(" ".join(case.id for case in same), str(same[0].images[0].path.parent), "duplicate_id", why)
        for same in spellings.values()
        if len(same) > 1
    ]


def _missing_labels(cases: Iterable[Case], source: SourceConfig) -> list[Problem]:
    """Cases without a label file of which nobody says that they are unlabeled."""
    advice = "say 'cases: {<case>: []}' if it is unlabeled, or 'exclude' it"
    return [
        Problem(case.id, str(case.images[0].path), "missing_label", f"the case has no label file; {advice}")
        for case in cases
        if not case.labels and case.annotated != () and source.cases.get(case.id, source.annotated) != []
    ]


def _patient_regex(text: str | None) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        regex = re.compile(text)
    except re.error as error:
        raise TfpartialError(f"'patient': expected a regular expression, got '{text}': {error}") from error
    if not regex.groups:
        raise TfpartialError(f"'patient': expected a group around the patient, such as '(.+)_', got '{text}'")
    return regex


def _patient(case: Case, regex: re.Pattern[str] | None) -> str | None:
    """The patient; None when the expression does not find one."""
    if regex is None:
        return case.patient
    match = regex.search(case.id)
    return match[1] if match and match[1] else None


def _with_options(case: Case, patient: str, source: SourceConfig) -> Case:
    return replace(
        case,
        patient=patient,
        images=tuple(_image(image, source) for image in case.images),
        labels=tuple(_label(label, source) for label in case.labels),
    )


def _image(image: ImageFile, source: SourceConfig) -> ImageFile:
    return replace(
        image,
        series=source.series,
        modality=source.modality,
        least_slices=source.least_slices,
        rescale=source.rescale,
        uneven=source.uneven,
        nifti_form=source.nifti_form,
    )


def _label(label: LabelFile, source: SourceConfig) -> LabelFile:
    return replace(
        label,
        ignore=tuple(dict.fromkeys((*label.ignore, *source.ignore))),
        unlisted=source.unlisted,
        grid=source.label_grid,
        nifti_form=source.nifti_form,
        empty=source.empty or label.empty,
        fill_gaps=source.fill_gaps,
    )
