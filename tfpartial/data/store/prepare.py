"""From volumes to the store: case by case, in processes, each case whole or not at all."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfpartial.artifacts import atomic_folder, read_json, sha256, write_json
from tfpartial.data.files import ImageFile, LabelFile, Step, paths_of
from tfpartial.data.formats.volume_parts import parts_of
from tfpartial.data.hu import bins_of, stored_histogram
from tfpartial.data.label_maps.case_labels import read_case_labels
from tfpartial.data.label_maps.reading import LabelReading
from tfpartial.data.manifest import Manifest, ManifestCase
from tfpartial.data.number_map import dtype_of, map_of, stored_padding
from tfpartial.data.store.inplane import InPlane
from tfpartial.data.store.layer_file import EXPERTS, write_label_layer
from tfpartial.data.store.sources import as_read, is_as_read
from tfpartial.data.store.store import CASES, FORMAT, HISTOGRAM, IMAGE, INDEX, RECORD
from tfpartial.data.store.summed_file import SummedFile
from tfpartial.data.volumes.slabs import SLAB, SlabReader
from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId
from tfpartial.parallel import Scheduler, map_cases
from tfpartial.provenance import plain
from tfpartial.unfinished import remove_unfinished

LATER = {"nifti_form": "sform", "fill_gaps": 0}
"""Entries of a file that came after the first stores, and what these were prepared with."""


@dataclass(frozen=True)
class CaseTask:
    """What a process needs to prepare one case.

    Args:
        case: the manifest's entry.
        data_set: the manifest without its cases: what they have in common.
        out: store folder.
        size: H, W of the stored slices.
        spacing_mm: in-plane spacing y, x to resample to; None keeps the native one.
    """

    case: ManifestCase
    data_set: Manifest
    out: Path
    size: tuple[int, int]
    spacing_mm: tuple[float, float] | None

    @property
    def id(self) -> CaseId:
        """Name of the case."""
        return self.case.id

    @property
    def folder(self) -> Path:
        """Where the case goes."""
        return self.out / CASES / self.case.id

    def request(self) -> dict[str, Any]:
        """What the case is prepared from and to. A finished case is kept only for the very same request."""
        return {
            "format": FORMAT,
            "id": self.case.id,
            "annotated": list(self.case.annotated),
            "source": self.case.source,
            "patient": self.case.patient,
            **_settings(self.data_set, self.size, self.spacing_mm),
            "priority": list(self.data_set.priority),
            "root": str(self.case.root),
            "images": [self._row(image) for image in self.case.images],
            "labels": [self._row(label) for label in self.case.labels],
            "bytes": {name: self._bytes(path) for name, path in self.sources().items()},
        }

    def _row(self, file: ImageFile | LabelFile) -> dict[str, Any]:
        """A file as JSON, without what stores of older releases do not say."""
        row = plain(file) | {"path": self._relative(file.path)}
        return {key: value for key, value in row.items() if LATER.get(key) != value}

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.case.root).as_posix()

    @staticmethod
    def _bytes(path: Path) -> int:
        """Length of a file, or of the files in a folder: it gives nearly every other file away at no cost (see `sources`)."""
        if not path.exists():
            raise TfpartialError(f"{path}: no such file; it was there when `ingest` verified the data set")
        return sum(file.stat().st_size for file in ([path] if path.is_file() else path.iterdir()))

    def sources(self) -> dict[str, Path]:
        """The files and folders that the case is prepared from, by their names in its record."""
        return {self._relative(part): part for path in paths_of(self.case.images, self.case.labels) for part in parts_of(path)}

    def own_sources(self) -> dict[str, Path]:
        """Those that have checksums: not a folder with several series, which would be read anew for each case in it."""
        shared = {image.path for image in self.case.images if image.series is not None}
        return {name: path for name, path in self.sources().items() if path not in shared}


def prepare_cases(
    manifest: Manifest,
    out: Path,
    size: tuple[int, int],
    spacing_mm: tuple[float, float] | None = None,
    workers: int = 0,
    scheduler: Scheduler | None = None,
) -> Iterator[CaseId]:
    """Writes the case folders of a store that are not there yet, and gives the id of each case when it is there.

    Cases that an interrupted run finished are kept, so the same call goes on where it stopped. Memory does not depend on the
    number of cases. `finish_store` ends the work.

    Args:
        manifest: the verified data set.
        out: store folder; one run at a time may write to it.
        size: H, W of the stored slices.
        spacing_mm: in-plane spacing y, x to resample to; None keeps the native one.
        workers: processes; 0 takes all cores.
        scheduler: a Dask scheduler whose workers do it instead; they must see the same folders.

    Returns:
        An iterator; the work is done while it is gone through.

    Raises:
        TfpartialError: at once: a finished case was prepared from or to something else. In the work: a volume is not what the
            manifest says; or what `map_cases` raises.
    """
    out = Path(out).absolute()  # another machine's worker has another current folder
    data_set = dataclasses.replace(manifest, cases={})
    tasks = [CaseTask(case, data_set, out, size, spacing_mm) for case in manifest.cases.values()]
    finished = {task.id for task in tasks if _is_finished(task)}
    return _prepare(out, tasks, finished, workers, scheduler)


def _prepare(
    out: Path, tasks: Sequence[CaseTask], finished: Collection[CaseId], workers: int, scheduler: Scheduler | None
) -> Iterator[CaseId]:
    waiting = [task for task in tasks if task.id not in finished]
    if waiting:
        (out / INDEX).unlink(missing_ok=True)  # until `finish_store` it is not the store that was asked for
        remove_unfinished(out / CASES)
    yield from (task.id for task in tasks if task.id in finished)
    yield from map_cases(prepare_case, waiting, workers, scheduler=scheduler)
    if waiting:
        remove_unfinished(out / CASES)  # of workers that were killed, whose cases others have done


def prepare_case(task: CaseTask) -> CaseId:
    """Writes the folder of one case; returns its id.

    Raises:
        TfpartialError: a file cannot be read, or has another size or finer numbers than when it was verified.
    """
    if task.folder.exists():  # by a worker that died before it could say so
        return task.id
    reader = SlabReader(task.case.images, task.data_set.number_maps)
    if reader.shape_zyx != task.case.size_zyx:
        raise TfpartialError(
            f"case {task.id}: got {reader.shape_zyx} voxels (z, y, x), expected the {task.case.size_zyx} that `ingest` saw; "
            "run `ingest` again"
        )
    depth, rows, columns = reader.shape_zyx
    in_plane = InPlane((rows, columns), task.size, reader.spacing_mm_zyx[1:], task.spacing_mm)
    with atomic_folder(task.folder) as folder:
        read = {name: as_read(path) for name, path in task.own_sources().items()}
        histogram, image_crc32 = _write_image(folder / IMAGE, reader, in_plane)
        np.save(folder / HISTOGRAM, histogram)
        _require_fine(task, reader)
        reading = read_case_labels(task.case, reader, task.data_set)
        labels = _label_slabs(reading, in_plane)
        write_label_layer(folder / EXPERTS, labels, (depth, *task.size), len(task.data_set.organs))
        record = {
            **task.request(),
            "shape_zyx": reader.shape_zyx,
            "spacing_mm_zyx": reader.spacing_mm_zyx,
            "native": dataclasses.asdict(reader.native),
            "cropped": in_plane.cropped,
            "history": [step.row() for step in (*reader.history, *reading.history, *_in_plane_steps(in_plane))],
            "read": read,
            "sha256": {name: sha256(folder / name) for name in (EXPERTS, HISTOGRAM)},
            "crc32": {IMAGE: image_crc32},
        }
        write_json(folder / RECORD, record)
    return task.id


def finish_store(
    manifest: Manifest, out: Path, size: tuple[int, int], spacing_mm: tuple[float, float] | None = None
) -> dict[str, Any]:
    """Writes `store.json` over the cases of the manifest, which `prepare_cases` has finished with the same arguments.

    Returns:
        the number of cases and slices, and the cases from which the size cut something off.
    """
    records = {case_id: read_json(out / CASES / case_id / RECORD, "record of a prepared case") for case_id in manifest.cases}
    kept = ("id", "annotated", "source", "patient", "shape_zyx", "spacing_mm_zyx", "native", "sha256", "crc32")
    index = {
        "format": FORMAT,
        "name": manifest.name,
        **_settings(manifest, size, spacing_mm),
        "cases": {case_id: {key: record[key] for key in kept if key in record} for case_id, record in records.items()},
    }
    write_json(out / INDEX, index)
    return {
        "cases": len(records),
        "slices": sum(record["shape_zyx"][0] for record in records.values()),
        "cropped": [case_id for case_id, record in records.items() if record["cropped"]],
    }


LISTED = tuple(f"{CASES}/*/{name}" for name in (EXPERTS, HISTOGRAM, RECORD))
"""Patterns of the files whose SHA-256 a store lists: all but the image shards, whose CRC-32 is in `store.json`."""


def known_checksums(out: Path) -> dict[str, str]:
    """The checksums that the records of the cases have, by the file's path in the store."""
    records = {path.parent: read_json(path, "record of a prepared case") for path in out.glob(f"{CASES}/*/{RECORD}")}
    return {
        (folder / name).relative_to(out).as_posix(): checksum
        for folder, record in records.items()
        for name, checksum in record["sha256"].items()
    }


def _settings(manifest: Manifest, size: tuple[int, int], spacing_mm: tuple[float, float] | None) -> dict[str, Any]:
    """What all cases of a store have in common."""
    return {
        "organs": list(manifest.organs.names),
        "channel_names": list(manifest.channel_names),
        "size": list(size),
        "spacing_mm": list(spacing_mm) if spacing_mm else None,
        **({"number_maps": [one.row() for one in manifest.number_maps]} if manifest.number_maps else {}),
    }


def _is_finished(task: CaseTask) -> bool:
    """Whether the case is there. Raises `TfpartialError` when it is there for another request."""
    if not task.folder.exists():
        return False
    record = read_json(task.folder / RECORD, "record of a prepared case")
    for key, asked in ({"number_maps": None} | task.request()).items():
        if key == "bytes" and isinstance(record.get(key), dict):  # older stores leave out files that a header names
            asked = {name: size for name, size in asked.items() if name in record[key]}
        if record.get(key) != asked:
            raise TfpartialError(
                f"{task.folder}: was prepared with {key} {record.get(key)}, now {asked} is asked for; "
                "remove the store or choose another folder"
            )
    for name, path in task.own_sources().items():
        if name in record.get("read", {}) and not is_as_read(path, record["read"][name]):
            raise TfpartialError(
                f"{task.folder}: was prepared from {path}, which has changed since; remove the folder of the case, or choose "
                "another folder for the store"
            )
    return True


def _in_plane_steps(in_plane: InPlane) -> tuple[Step, ...]:
    """What is done to every slice on its way into the store."""
    steps = []
    if in_plane.spacing_mm is not None and in_plane.resampled:
        steps.append(Step("resample", {"spacing_mm_yx": in_plane.spacing_mm, "from_mm_yx": in_plane.native_spacing_mm}))
    if in_plane.size != in_plane.native_size:
        steps.append(Step("fit", {"size_yx": in_plane.size, "from_yx": in_plane.native_size, "cropped": in_plane.cropped}))
    return tuple(steps)


def _write_image(path: Path, reader: SlabReader, in_plane: InPlane) -> tuple[np.ndarray, int]:
    """Writes the image shard slab by slab; returns the histogram of channel 0 of the native voxels, and the shard's CRC-32."""
    first = map_of(reader.maps, 0)
    histogram = np.zeros(bins_of(first), np.int64)
    dtype, padding = dtype_of(reader.maps).newbyteorder("<"), stored_padding(reader.maps)
    shape = (reader.shape_zyx[0], *in_plane.size, len(reader.images))
    with path.open("wb") as file:
        shard = SummedFile(file)
        # Not a memory map: the pages it has written would count as memory of this process.
        np.lib.format.write_array_header_1_0(shard, {"descr": dtype.str, "fortran_order": False, "shape": shape})
        for _, slab in reader.slabs(SLAB):
            for native_slice in slab[..., 0]:
                histogram += stored_histogram(native_slice, first)
            shard.write(np.ascontiguousarray(in_plane.image(slab, padding), dtype).data.cast("B"))
    return histogram, shard.crc32


def _require_fine(task: CaseTask, reader: SlabReader) -> None:
    for image, loss in zip(task.case.images, reader.losses, strict=True):
        numbers = f"case {task.id}: {image.path}: its numbers, {loss.lowest:g}..{loss.highest:g}"
        if loss.map.values == "int16":
            if loss.coarse:
                advice = "and the manifest says of no scale; run `ingest` again"
                raise TfpartialError(f"{numbers}, are fractions that whole numbers cannot hold, {advice}")
        elif loss.clipped:
            raise TfpartialError(f"{numbers}, are more than {loss.map.values} holds; prepare them with other values")
        elif loss.coarse:
            advice = f"{loss.map.values} is off by up to {loss.rounding:.3g}; prepare them with other values"
            raise TfpartialError(f"{numbers}, lose more than 1/1000 of their range: {advice}")


def _label_slabs(reading: LabelReading, in_plane: InPlane) -> Iterator[tuple[int, np.ndarray]]:
    """The stored labels slab by slab."""
    for start in range(0, len(reading.codes), SLAB):
        yield start, in_plane.label(reading.codes[start : start + SLAB])
