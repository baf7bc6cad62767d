"""Images and labels that are found by patterns; see `pattern`. The named layouts of `presets` are such patterns as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tfpartial.config import SourceConfig
from tfpartial.data.files import NONZERO, ImageFile, Key, LabelFile
from tfpartial.data.formats.nifti_pair import partner_of
from tfpartial.data.layouts.dataset import Case, Dataset
from tfpartial.data.layouts.pattern import Pattern
from tfpartial.data.layouts.tree import describe_folder, names_below, shown
from tfpartial.data.problem import Problem
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable


@dataclass(frozen=True)
class Pairs:
    """Where the images and the labels of a data set are.

    Args:
        images: pattern with `{case}`, and `{patient}` or `{channel}`.
        labels: pattern with `{case}`, `{patient}` if `images` has it, and `{organ}` when every organ has a mask of its own.
        organs: organ -> what stands for it in a label map; empty when that is not known here.
        channel: name of the only channel, where `images` has no `{channel}`.
        id: the case's name, made of `{case}` and `{patient}`; `{patient}_{case}` by default where there are patients.
        complete: every organ was looked for in every case, so one without a voxel is absent.
    """

    images: str
    labels: str
    organs: Mapping[str, tuple[Key, ...]] = field(default_factory=dict)
    channel: str = "CT"
    id: str | None = None
    complete: bool = False


def read_pairs(root: Path, source: SourceConfig) -> Dataset:
    """Reads the layout `pairs`, whose patterns are in the configuration; see `layouts.read_source`."""
    if source.images is None or source.labels is None:
        missing = "images" if source.images is None else "labels"
        raise TfpartialError(f"{root}: the layout 'pairs' needs '{missing}', a pattern such as '{missing}/{{case}}.nii.gz'")
    return find_pairs(root, Pairs(source.images, source.labels), tuple(source.organs or ()))


def find_pairs(root: Path, pairs: Pairs, organs: Sequence[str] = ()) -> Dataset:
    """The cases whose files fit the patterns.

    Args:
        root: the data set's folder.
        pairs: the patterns.
        organs: the organs where neither the patterns nor `pairs.organs` tell them; the label files then have none.

    Raises:
        TfpartialError: unusable patterns, ones that nothing fits, or organs that are not known.
    """
    search = Search(root, pairs, names_below(root))
    search.require_any()
    table = tuple(search.masks or pairs.organs or organs)
    if not table:
        advice = "say by 'organs' which values stand for which, such as {liver: [1]}"
        raise TfpartialError(f"{root}: the labels that fit '{pairs.labels}' do not name their organs; {advice}")
    return Dataset(
        root=root,
        description=root,
        name=root.name,
        organs=OrganTable(table),
        channel_names=search.channels,
        cases=tuple(search.case(case_id) for case_id in sorted(search.image_files)),
        problems=tuple(search.problems),
    )


@dataclass(frozen=True)
class Found:
    """A path that fits a pattern.

    Args:
        name: the path relative to the data set's folder.
        case_id: the case.
        patient: the patient, if the pattern names one.
        part: channel of an image, or organ of a mask; empty where the pattern has none.
    """

    name: str
    case_id: str
    patient: str | None
    part: str


class Search:
    """The files of a folder by case, and what is wrong with them.

    Args:
        root: the data set's folder.
        pairs: the patterns.
        names: everything below `root`.
    """

    def __init__(self, root: Path, pairs: Pairs, names: Sequence[str]) -> None:
        self.root = root
        self.pairs = pairs
        self.problems: list[Problem] = []
        images = Pattern(pairs.images, "images", ("case", "patient", "channel"))
        labels = Pattern(pairs.labels, "labels", ("case", "patient", "organ"))
        if ("patient" in images.placeholders) != ("patient" in labels.placeholders):
            raise TfpartialError(
                f"expected {{patient}} in both of 'images' and 'labels', got '{images.text}' and '{labels.text}'"
            )
        self.image_files = self._by_case(images, names)
        taken = {found.name for parts in self.image_files.values() for found in parts.values()}
        taken |= {str(partner) for name in taken if (partner := partner_of(PurePosixPath(name)))}
        self.label_files = self._by_case(labels, [name for name in names if name not in taken])
        self.channels = _parts(self.image_files) if "channel" in images.placeholders else (pairs.channel,)
        self.masks = _parts(self.label_files) if "organ" in labels.placeholders else ()
        self._check()

    def fits(self) -> bool:
        """Whether there is a case with an image and a label."""
        return not self.image_files.keys().isdisjoint(self.label_files)

    def require_any(self) -> None:
        """Raises `TfpartialError` when nothing fits a pattern."""
        for option, text, found in (
            ("images", self.pairs.images, self.image_files),
            ("labels", self.pairs.labels, self.label_files),
        ):
            if not found:
                raise TfpartialError(
                    f"{self.root}: nothing fits '{option}', '{text}'; the folder holds {describe_folder(self.root)}"
                )

    def case(self, case_id: str) -> Case:
        """A case that has an image."""
        images = self.image_files[case_id]
        patient = next(iter(images.values())).patient
        return Case(
            id=case_id,
            root=self.root,
            images=tuple(ImageFile(self.root / images[channel].name) for channel in sorted(images)),
            labels=tuple(self._label(found) for _, found in sorted(self.label_files.get(case_id, {}).items())),
            annotated=tuple(self.pairs.organs) if self.pairs.complete else None,
            source=None,
            patient=patient or case_id,
        )

    def _label(self, found: Found) -> LabelFile:
        path = self.root / found.name
        if found.part:
            return LabelFile(path, {found.part: (NONZERO,)}, empty="ask")
        return LabelFile(path, dict(self.pairs.organs))

    def _by_case(self, pattern: Pattern, names: Sequence[str]) -> dict[str, dict[str, Found]]:
        """Case -> channel or organ -> the path. A second one for the same is a problem."""
        cases: dict[str, dict[str, Found]] = {}
        for name in names:
            found = self._found(pattern, name)
            if found is None:
                continue
            parts = cases.setdefault(found.case_id, {})
            if found.part in parts and partner_of(PurePosixPath(name)) == PurePosixPath(parts[found.part].name):
                continue  # the voxels of a header
            if found.part in parts:
                message = (
                    f"a second file for the case: '{parts[found.part].name}' fits '{pattern.option}', '{pattern.text}', as well"
                )
                self._add(found.case_id, name, "duplicate_id", message)
            else:
                parts[found.part] = found
        return cases

    def _found(self, pattern: Pattern, name: str) -> Found | None:
        groups = pattern.match(name)
        if groups is None:
            return None
        patient = groups.get("patient")
        template = self.pairs.id or ("{patient}_{case}" if patient else "{case}")
        case_id = template.format(case=groups["case"], patient=patient)
        return Found(name, case_id, patient, groups.get("channel") or groups.get("organ") or "")

    def _check(self) -> None:
        for case_id in sorted(self.label_files.keys() - self.image_files.keys()):
            first = next(iter(self.label_files[case_id].values()))
            self._add(case_id, first.name, "missing_image", f"has a label, but no image fits '{self.pairs.images}'")
        for case_id, images in self.image_files.items():
            missing = [channel for channel in self.channels if channel not in images]
            if missing and any(images):
                first = next(iter(images.values()))
                self._add(
                    case_id,
                    first.name,
                    "missing_channel",
                    f"expected the channels {', '.join(self.channels)}; no {shown(missing)}",
                )
        folded: dict[str, str] = {}
        for organ in self.masks:
            other = folded.setdefault(organ.casefold(), organ)
            if other != organ:
                self._add("", "", "organ_name", f"masks of '{other}' and of '{organ}': expected one spelling")

    def _add(self, case_id: str, name: str, kind: str, message: str) -> None:
        self.problems.append(Problem(case_id, str(self.root / name), kind, message))


def _parts(cases: Mapping[str, Mapping[str, Found]]) -> tuple[str, ...]:
    return tuple(sorted({part for parts in cases.values() for part in parts}))
