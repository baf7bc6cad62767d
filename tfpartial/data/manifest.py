"""The manifest: a verified data set, as every later stage reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tfpartial.artifacts import parsing, read_versioned, write_json
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable

FORMAT = 1


@dataclass(frozen=True)
class ManifestCase:
    """A case whose files were read and found good.

    Args:
        id: name of the case.
        images: one file per channel.
        label: the label map; None when the case has none.
        annotated: organs that somebody looked for, in the order of the organ table. An annotated organ may be absent.
        source: the collection that the case comes from.
        patient: the patient; the case's own id by default.
        size_zyx: shape of the volume in LPS.
        spacing_mm_zyx: spacing along these axes.
        voxels: number of label voxels per annotated organ.
    """

    id: str
    images: tuple[Path, ...]
    label: Path | None
    annotated: tuple[str, ...]
    source: str | None
    patient: str
    size_zyx: tuple[int, int, int]
    spacing_mm_zyx: tuple[float, float, float]
    voxels: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """A verified data set.

    Args:
        root: absolute folder of the data set.
        name: name of the data set.
        organs: the organ table: the values 1..K of the label files.
        channel_names: one per channel.
        ignore_value: the label files' value for voxels to ignore, if they have one.
        tolerance_mm: an image and its label were accepted when their grids differed by at most this.
        cases: id -> case, in the order of the ids.
    """

    root: Path
    name: str
    organs: OrganTable
    channel_names: tuple[str, ...]
    ignore_value: int | None
    tolerance_mm: float
    cases: Mapping[str, ManifestCase]

    def complete(self) -> tuple[str, ...]:
        """Ids of the cases that are annotated for every organ."""
        return tuple(case.id for case in self.cases.values() if len(case.annotated) == len(self.organs))

    def annotated_for(self, organ: str) -> tuple[str, ...]:
        """Ids of the cases that are annotated for an organ."""
        return tuple(case.id for case in self.cases.values() if organ in case.annotated)

    def case(self, case_id: str) -> ManifestCase:
        """A case. Raises `TfpartialError` when the manifest has none of this id."""
        if case_id not in self.cases:
            raise TfpartialError(f"case '{case_id}' is not in the manifest of {self.root}")
        return self.cases[case_id]


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Writes a manifest as JSON; the files are named relative to `root`."""
    content = {
        "format": FORMAT,
        "root": str(manifest.root),
        "name": manifest.name,
        "organs": manifest.organs.names,
        "channel_names": manifest.channel_names,
        "ignore_value": manifest.ignore_value,
        "tolerance_mm": manifest.tolerance_mm,
        "cases": {case.id: _case_to_json(case, manifest.root) for case in manifest.cases.values()},
    }
    write_json(path, content)


def read_manifest(path: Path) -> Manifest:
    """Reads what `write_manifest` wrote.

    Raises:
        TfpartialError: no such file, not a manifest, or one of another format.
    """
    content = read_versioned(path, "manifest", FORMAT)
    with parsing(path, "manifest"):
        root = Path(content["root"])
        return Manifest(
            root=root,
            name=content["name"],
            organs=OrganTable(tuple(content["organs"])),
            channel_names=tuple(content["channel_names"]),
            ignore_value=content["ignore_value"],
            tolerance_mm=content["tolerance_mm"],
            cases={case_id: _case_from_json(case_id, case, root) for case_id, case in content["cases"].items()},
        )


def _case_to_json(case: ManifestCase, root: Path) -> dict[str, Any]:
    content = asdict(case)
    del content["id"]  # the key
    content["images"] = [_relative(image, root) for image in case.images]
    content["label"] = None if case.label is None else _relative(case.label, root)
    return content


def _case_from_json(case_id: str, content: Mapping[str, Any], root: Path) -> ManifestCase:
    return ManifestCase(
        id=case_id,
        images=tuple(root / image for image in content["images"]),
        label=None if content["label"] is None else root / content["label"],
        annotated=tuple(content["annotated"]),
        source=content["source"],
        patient=content["patient"],
        size_zyx=tuple(content["size_zyx"]),
        spacing_mm_zyx=tuple(content["spacing_mm_zyx"]),
        voxels=content["voxels"],
    )


def _relative(path: Path, root: Path) -> str:
    # A file outside the root keeps its absolute path: root / absolute is the absolute path again.
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
