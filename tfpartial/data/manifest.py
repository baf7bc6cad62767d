"""The manifest: a verified data set, as every later stage reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tfpartial.artifacts import parsing, read_versioned, write_json
from tfpartial.data.confined import inside
from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.from_json import from_json
from tfpartial.data.number_map import NumberMaps
from tfpartial.data.problem import FileError
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.names import CaseId, by_case

FORMAT = 2


@dataclass(frozen=True)
class ManifestCase:
    """A case whose files were read and found good.

    Args:
        id: name of the case.
        root: folder of the data set that it comes from, in which all of its files lie.
        images: one per channel.
        labels: files with contours; none when the case is unlabeled.
        annotated: organs that somebody looked for, in the order of the organ table. An annotated organ may be absent.
        source: the collection that the case comes from.
        patient: the patient; the case's own id by default.
        size_zyx: shape of the volume in LPS.
        spacing_mm_zyx: spacing along these axes.
        voxels: number of label voxels per annotated organ.
        ignored: number of voxels to ignore.
    """

    id: CaseId
    root: Path
    images: tuple[ImageFile, ...]
    labels: tuple[LabelFile, ...]
    annotated: tuple[str, ...]
    source: str | None
    patient: str
    size_zyx: tuple[int, int, int]
    spacing_mm_zyx: tuple[float, float, float]
    voxels: Mapping[str, int] = field(default_factory=dict)
    ignored: int = 0


@dataclass(frozen=True)
class Manifest:
    """A verified data set.

    Args:
        name: name of the data set.
        organs: the organ table: the codes 1..K.
        channel_names: one per channel.
        priority: every organ; of several that claim a voxel, the one that stands first has it.
        tolerance_mm: an image and its label were accepted when their grids differed by at most this.
        cases: id -> case, in the order of the ids.
        number_maps: how the numbers of each channel are stored; none where all are HU, or others that int16 holds.
    """

    name: str
    organs: OrganTable
    channel_names: tuple[str, ...]
    priority: tuple[str, ...]
    tolerance_mm: float
    cases: Mapping[CaseId, ManifestCase]
    number_maps: NumberMaps = ()

    def complete(self) -> tuple[CaseId, ...]:
        """Ids of the cases that are annotated for every organ."""
        return tuple(case.id for case in self.cases.values() if len(case.annotated) == len(self.organs))

    def annotated_for(self, organ: str) -> tuple[CaseId, ...]:
        """Ids of the cases that are annotated for an organ."""
        return tuple(case.id for case in self.cases.values() if organ in case.annotated)

    def case(self, case_id: CaseId) -> ManifestCase:
        """A case. Raises `TfpartialError` when the manifest has none of this id."""
        if case_id not in self.cases:
            raise TfpartialError(f"case '{case_id}' is not in the manifest of '{self.name}'")
        return self.cases[case_id]


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Writes a manifest as JSON; a case's files are named relative to the root of its data set."""
    roots = list(dict.fromkeys(case.root for case in manifest.cases.values()))
    content = {
        "format": FORMAT,
        "name": manifest.name,
        "roots": [str(root) for root in roots],
        "organs": manifest.organs.names,
        "channel_names": manifest.channel_names,
        "priority": manifest.priority,
        "tolerance_mm": manifest.tolerance_mm,
        **({"number_maps": [one.row() for one in manifest.number_maps]} if manifest.number_maps else {}),
        "cases": {case.id: _case_to_json(case, roots.index(case.root)) for case in manifest.cases.values()},
    }
    write_json(path, content)


def read_manifest(path: Path) -> Manifest:
    """Reads what `write_manifest` wrote.

    Raises:
        TfpartialError: no such file, not a manifest, one of another format, or one that names files outside of its data sets.
    """
    content = read_versioned(path, "manifest", FORMAT)
    with parsing(path, "manifest"):
        roots = from_json(tuple[str, ...], content.pop("roots"), "roots")
        content["organs"] = {"names": content["organs"]}
        cases = by_case(content["cases"], path)
        content["cases"] = {case_id: _located(path, case_id, case, roots) for case_id, case in cases.items()}
        del content["format"]
        manifest = from_json(Manifest, content)
    _require_consistent(path, manifest)
    return manifest


def _require_consistent(path: Path, manifest: Manifest) -> None:
    channels = len(manifest.channel_names)
    if len(manifest.number_maps) not in (0, channels) or not all(one.slope > 0 for one in manifest.number_maps):
        raise TfpartialError(f"{path}: number_maps: expected none or {channels}, one per channel, with slopes above 0")
    for case in manifest.cases.values():
        if len(case.images) != channels:
            raise TfpartialError(f"{path}: case '{case.id}': expected {channels} images, one per channel, got {len(case.images)}")
        manifest.organs.vector(case.annotated)  # which refuses an unknown organ


def _case_to_json(case: ManifestCase, root_number: int) -> dict[str, Any]:
    content = asdict(case)
    del content["id"]  # the key
    content["root"] = root_number
    for file in (*content["images"], *content["labels"]):
        file["path"] = file["path"].relative_to(case.root).as_posix()
    return content


def _located(manifest: Path, case_id: CaseId, case: Mapping[str, Any], roots: Sequence[str]) -> dict[str, Any]:
    """The JSON of a case with its id and the whole paths of its files."""
    root = roots[from_json(int, case["root"], f"cases.{case_id}.root")]

    def whole(file: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return {**file, "path": str(inside(Path(root), from_json(str, file["path"], f"cases.{case_id}: path")))}
        except FileError as error:
            raise TfpartialError(f"{manifest}: case '{case_id}': {error}") from error

    files = {key: [whole(file) for file in case[key]] for key in ("images", "labels")}
    return {**case, **files, "id": case_id, "root": root}
