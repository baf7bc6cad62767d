"""What the stages wrote: manifests, stores, prepared cases and stage folders, and what was done to a case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tfpartial.artifacts import parsing, read_json
from tfpartial.checksums import require_intact
from tfpartial.data.manifest import ManifestCase, read_manifest
from tfpartial.data.store.store import RECORD, Store
from tfpartial.names import require_case
from tfpartial.provenance import is_finished, summary_of
from tfpartial.yaml_file import read_yaml


def describe_manifest(path: Path, case: str | None) -> dict[str, Any]:
    """A manifest, or one of its cases. Raises `TfpartialError` as `read_manifest`, and for a case that it has not."""
    manifest = read_manifest(path)
    if case is not None:
        return _manifest_case(manifest.case(require_case(case, "case")))
    cases = manifest.cases.values()
    return {
        "is": "manifest",
        "name": manifest.name,
        "channel_names": list(manifest.channel_names),
        **_counts(cases, len(manifest.organs)),
        "organs": [
            {
                "organ": organ,
                "annotated": len(manifest.annotated_for(organ)),
                "present": sum(entry.voxels.get(organ, 0) > 0 for entry in cases),
            }
            for organ in manifest.organs.names
        ],
    }


def describe_store(path: Path, case: str | None) -> dict[str, Any]:
    """A store, or one of its cases. Raises `TfpartialError` as `Store.open`, and for a case that it has not."""
    store = Store.open(path)
    if case is not None:
        return describe_case(store.file(require_case(case, "case"), RECORD).parent)
    cases = store.cases.values()
    return {
        "is": "store",
        "name": store.name,
        "channel_names": list(store.channel_names),
        "size": list(store.size),
        "spacing_mm": store.spacing_mm and list(store.spacing_mm),
        "values": store.dtype.name,
        "slices": sum(entry.slices for entry in cases),
        **_counts(cases, len(store.organs)),
        "organs": [
            {"organ": organ, "annotated": sum(organ in entry.annotated for entry in cases)} for organ in store.organs.names
        ],
    }


def describe_case(folder: Path) -> dict[str, Any]:
    """A prepared case: where it came from, and what was done to it. Raises `TfpartialError` when the record cannot be read."""
    record = read_json(folder / RECORD, "record of a prepared case")
    with parsing(folder / RECORD, "record of a prepared case"):
        return {
            "is": "prepared case",
            "case": record["id"],
            "source": record["source"],
            "patient": record["patient"],
            "annotated": record["annotated"],
            "shape_zyx": record["shape_zyx"],
            "spacing_mm_zyx": record["spacing_mm_zyx"],
            "cropped": record["cropped"],
            "files": [{"file": f"{record['root']}/{name}", "bytes": size} for name, size in record["bytes"].items()],
            "history": [_step(row) for row in record["history"]],
        }


def describe_run(folder: Path) -> dict[str, Any]:
    """The folder of a stage: which, when, of which code, and what it said when it finished."""
    require_intact(folder / "config.yaml")
    config = read_yaml(folder / "config.yaml", "configuration of a stage")
    verb = next(iter(config)) if isinstance(config, dict) and config else "unknown"
    provenance = read_json(folder / "provenance.json", "provenance of a stage")
    finished = is_finished(folder)
    return {
        "is": "folder of a stage",
        "verb": verb,
        "finished": finished,
        "written": provenance.get("written"),
        "commit": provenance.get("commit"),
        "seed": provenance.get("seed"),
        "command": " ".join(provenance.get("command", [])),
        **({f"{verb}: {name}": value for name, value in summary_of(folder).items()} if finished else {}),
    }


def _manifest_case(case: ManifestCase) -> dict[str, Any]:
    images = [{"file": str(image.path), "shows": f"channel {number}"} for number, image in enumerate(case.images)]
    labels = [{"file": str(label.path), "shows": ", ".join(label.shown_organs)} for label in case.labels]
    return {
        "is": "case of a manifest",
        "case": case.id,
        "source": case.source,
        "patient": case.patient,
        "annotated": list(case.annotated),
        "shape_zyx": list(case.size_zyx),
        "spacing_mm_zyx": list(case.spacing_mm_zyx),
        "voxels": dict(case.voxels),
        "ignored": case.ignored,
        "files": images + labels,
    }


def _counts(cases: Iterable[Any], organs: int) -> dict[str, Any]:
    """Numbers of cases; a case has `annotated` and `source`."""
    annotated = [(len(case.annotated), case.source or "unknown") for case in cases]
    return {
        "cases": len(annotated),
        "complete": sum(count == organs for count, _ in annotated),
        "unlabeled": sum(count == 0 for count, _ in annotated),
        "sources": dict(Counter(source for _, source in annotated)),
    }


def _step(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"step": row["step"], "detail": {key: value for key, value in row.items() if key != "step"}}
