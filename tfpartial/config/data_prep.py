"""Options of the stages that prepare data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tfpartial.config.common import require


@dataclass(frozen=True)
class PhantomConfig:
    """Write a procedural abdominal CT data set with complete truth.

    Args:
        out: data set folder to write (nnU-Net layout).
        cases: number of patients.
        size: in-plane size in voxels, rows and columns.
        slice_mm: range of the slice thickness in mm; each patient draws one.
        seed: the same seed gives the same files.
        workers: processes; 0 takes all cores.
    """

    out: Path
    cases: int = 20
    size: tuple[int, int] = (512, 512)
    slice_mm: tuple[float, float] = (2.5, 5.0)
    seed: int = 0
    workers: int = 0


@dataclass(frozen=True)
class SourceConfig:
    """One of the data sets that `ingest` joins.

    Args:
        path: its folder, or an archive of it (.zip, .tar, .tar.gz), which is unpacked beside the manifest.
        name: name of the collection, the `source` of its cases; none takes the folder's.
        layout: how its files are arranged: `nnunet`, `msd`, `totalsegmentator`, `dicom`, `pairs`, or a collection by its name:
            `lits`, `btcv`, `chaos_ct`, `chaos_mr_t1`, `chaos_mr_t2`, `kits`, `pancreas_ct`, `amos`, `segthor`. `auto` finds out.
        images: for the layout `pairs`: where the images are, such as `images/{case}.nii.gz` or `{patient}/{case}/{channel}.mha`.
        labels: for the layout `pairs`: where the labels are, such as `labels/{case}_seg.nii.gz` or `{case}/{organ}.nii.gz`.
        patient: regular expression whose first group is the patient in a case's id; none takes every case for a patient.
        channels: names of the channels; none takes the layout's own.
        organs: organ of the joined table -> what it is made of: names of the source's organs, values of its label maps, or
            segments. Several (a list) are merged. None takes the source's organs as they are.
        left_right: organ that stands for both sides -> names of its left and its right part; it is divided by position.
        annotated: organs that somebody looked for in its cases, by their joined names; none takes the data set's own word.
        cases: case -> annotated organs, where a case differs.
        exclude: cases to leave out; `*` and `?` stand for any letters.
        empty: what an organ without a voxel in its case means, where nothing says what is annotated: `not_annotated`, `absent`,
            or `ask`, which refuses. None takes the layout's way: `ask` where each organ has a mask file, else `not_annotated`.
        unlisted: whether a label value that stands for no organ is an error or background.
        ignore: values of voxels where nobody may learn, beyond those that the data set names.
        label_grid: `same` refuses a label on another grid than its image; `nearest` resamples it there.
        fill_gaps: so many slices in a row without a contour of an RTSTRUCT, between two with contours, are drawn by interpolating
            their shapes. More stay empty, with a warning.
        uneven: `refuse` DICOM series that are tilted or unevenly spaced, or `resample` them in world space.
        nifti_form: which one of a NIfTI header is believed, where `sform` and `qform` contradict each other.
        rescale: slope and intercept that make HU of the stored numbers.
        structure_set: which DICOM-SEG or RTSTRUCT files of a case are its labels, where several show the same organ or refer to
            other images: a label or file name (`*` and `?` stand for any letters), `referenced` (those that refer to the image's
            series) or `newest`. None asks.
        series: SeriesInstanceUID of the images, or their SeriesDescription (`*` and `?` stand for any letters), where a case
            holds several series.
        modality: modality of the images, such as `CT`, where a case holds several.
        least_slices: number of slices that the images have at least, where a case holds short series as well.
    """

    path: Path
    name: str | None = None
    layout: str = "auto"
    images: str | None = None
    labels: str | None = None
    patient: str | None = None
    channels: list[str] | None = None
    organs: dict[str, int | str | list[int | str]] | None = None
    left_right: dict[str, tuple[str, str]] = field(default_factory=dict)
    annotated: list[str] | None = None
    cases: dict[str, list[str]] = field(default_factory=dict)
    exclude: list[str] = field(default_factory=list)
    empty: Literal["not_annotated", "absent", "ask"] | None = None
    unlisted: Literal["error", "background"] = "error"
    ignore: list[int] = field(default_factory=list)
    label_grid: Literal["same", "nearest"] = "same"
    fill_gaps: int = 0
    uneven: Literal["refuse", "resample"] = "refuse"
    nifti_form: Literal["sform", "qform"] = "sform"
    rescale: tuple[float, float] = (1.0, 0.0)
    structure_set: str | None = None
    series: str | None = None
    modality: str | None = None
    least_slices: int = 1

    def __post_init__(self) -> None:
        require(self.rescale[0] != 0, "rescale", "a slope other than 0", self.rescale[0])
        require(self.fill_gaps >= 0, "fill_gaps", "0 or more slices", self.fill_gaps)


@dataclass(frozen=True)
class IngestConfig:
    """Verify data sets, join them under one organ table, and write the manifest.

    Args:
        out: manifest (JSON) to write.
        dataset: data set folder, when there is one and its layout says all. Or give `sources`.
        sources: data sets to join.
        name: name of the joined data set; none takes the source's, or `joined`.
        organs: the joined organ table; none takes the organs of the sources in their order.
        priority: organs of which one wins a voxel that several masks claim, the first named most; none takes the organ table's
            order, in which the first wins as well.
        tolerance_mm: an image and a label whose grids differ by at most this are one grid.
        intensities: what to do with a CT whose numbers do not look like HU: warn, refuse, or do not look.
        unpack_growth: how many times its own size an archive may unpack to (100 MB are always allowed): more may be a bomb.
        workers: processes; 0 takes all cores.
        scheduler: address of a Dask scheduler (`tcp://host:port`) whose workers do it instead.
        connect_timeout_s: seconds to look for the scheduler; none takes Dask's own `tfpartial.connect-timeout`, else 5.
    """

    out: Path
    dataset: Path | None = None
    sources: list[SourceConfig] = field(default_factory=list)
    name: str | None = None
    organs: list[str] | None = None
    priority: list[str] | None = None
    tolerance_mm: float = 0.1
    intensities: Literal["warn", "refuse", "off"] = "warn"
    unpack_growth: float = 200.0
    workers: int = 0
    scheduler: str | None = None
    connect_timeout_s: float | None = None

    def __post_init__(self) -> None:
        require(self.unpack_growth > 0, "unpack_growth", "a number above 0", self.unpack_growth)
        given = "both" if self.sources else "neither"
        require((self.dataset is None) == bool(self.sources), "ingest", "either dataset or sources", given)


@dataclass(frozen=True)
class SplitConfig:
    """Divide the cases into folds, by patient.

    Args:
        manifest: what `ingest` wrote.
        out: splits (JSON) to write.
        folds: number of folds.
        score_on: which cases are held out for scoring: every labeled case once, or only those with all organs annotated
            (the others are then in the training part of every fold).
        val_share: share of the training patients that choose the best checkpoint.
        seed: seed of the draw.
    """

    manifest: Path
    out: Path
    folds: int = 5
    score_on: Literal["all", "complete"] = "all"
    val_share: float = 0.1
    seed: int = 0


@dataclass(frozen=True)
class SimulateConfig:
    """Remove labels from the training cases of each fold, organ by organ.

    Args:
        manifest: what `ingest` wrote.
        splits: what `split` wrote.
        out: annotated sets (JSON) to write.
        alpha: share of the cases annotated for an organ that keep its label (1 keeps all).
        seed: seed of the draw; with one seed the kept labels are nested over alpha.
    """

    manifest: Path
    splits: Path
    out: Path
    alpha: float = 0.3
    seed: int = 0


@dataclass(frozen=True)
class PrepareConfig:
    """Write the store: image shards and label layer 0.

    Args:
        manifest: what `ingest` wrote.
        out: store folder to write.
        size: in-plane size of the stored slices, rows and columns; slices are centre-padded or cropped to it.
        spacing_mm: in-plane spacing, rows and columns, to resample to first; none keeps the native spacing.
        values: type of the stored numbers: `int16` (HU as they are, fractions in fine steps), or the numbers themselves as
            `float16` or `float32`, which take as much room or twice as much. A loss of more than 1/1000 of a range is refused.
        workers: processes; 0 takes all cores.
        scheduler: address of a Dask scheduler (`tcp://host:port`) whose workers do it instead; they must see the same folders.
        connect_timeout_s: seconds to look for the scheduler; none takes Dask's own `tfpartial.connect-timeout`, else 5.
    """

    manifest: Path
    out: Path
    size: tuple[int, int] = (512, 512)
    spacing_mm: tuple[float, float] | None = None
    values: Literal["int16", "float16", "float32"] = "int16"
    workers: int = 0
    scheduler: str | None = None
    connect_timeout_s: float | None = None


@dataclass(frozen=True)
class CoverageConfig:
    """Say which organs are annotated where, how large they are, and how much of the images each may learn from.

    Args:
        manifest: what `ingest` wrote.
        out: folder of the table, the JSON and the picture.
        annotations: what `simulate` wrote; none takes the data set's own annotated sets.
        fold: fold of `annotations`; none takes the first.
        sizes: JSON to write: areas in a slice and volumes of each organ, for the loss term `size`; none writes no such file.
        workers: processes; 0 takes all cores.
        scheduler: address of a Dask scheduler (`tcp://host:port`) whose workers do it instead.
        connect_timeout_s: seconds to look for the scheduler; none takes Dask's own `tfpartial.connect-timeout`, else 5.
    """

    manifest: Path
    out: Path
    annotations: Path | None = None
    fold: int | None = None
    sizes: Path | None = None
    workers: int = 0
    scheduler: str | None = None
    connect_timeout_s: float | None = None


@dataclass(frozen=True)
class FingerprintConfig:
    """Spacing, size and intensity statistics of a data set, to plan a network by.

    Args:
        manifest: what `ingest` wrote.
        out: fingerprint (JSON) to write.
        workers: processes; 0 takes all cores.
        scheduler: address of a Dask scheduler (`tcp://host:port`) whose workers do it instead.
        connect_timeout_s: seconds to look for the scheduler; none takes Dask's own `tfpartial.connect-timeout`, else 5.
    """

    manifest: Path
    out: Path
    workers: int = 0
    scheduler: str | None = None
    connect_timeout_s: float | None = None


@dataclass(frozen=True)
class PlanConfig:
    """Plan slices, network and batch for a data set and a memory, by nnU-Net's rules in 2D.

    Args:
        fingerprint: what `fingerprint` wrote.
        out: plan (YAML) to write: a configuration file for `prepare` and `train`.
        memory_gb: memory that a training step may take, by nnU-Net's estimate for a GPU and 16-bit numbers.
        spacing: `median` resamples all slices to the median in-plane spacing, and to a coarser one where two slices would not fit
            into the memory; `native` leaves them as they are.
        network: `unet`, trained as `train` does when nothing is said; or `nnunet`, whose stages are planned too, by its recipe.
        width: filters of the first stage; each stage below has twice as many. None takes the published ones, 64 and 32.
        max_width: filters of a stage of `nnunet` at most.
    """

    fingerprint: Path
    out: Path
    memory_gb: float = 8.0
    spacing: Literal["median", "native"] = "median"
    network: Literal["unet", "nnunet"] = "unet"
    width: int | None = None
    max_width: int = 512

    def __post_init__(self) -> None:
        require(0 < self.memory_gb < math.inf, "memory_gb", "more than 0", self.memory_gb)
        for option in ("width", "max_width"):
            value = getattr(self, option)
            require(value is None or value >= 1, option, "1 or more", value)


@dataclass(frozen=True)
class WriteConfig:
    """Write a joined data set as one folder in nnU-Net v2 layout, with its annotated sets.

    Args:
        manifest: what `ingest` wrote.
        out: data set folder to write.
        workers: processes; 0 takes all cores.
        scheduler: address of a Dask scheduler (`tcp://host:port`) whose workers do it instead.
        connect_timeout_s: seconds to look for the scheduler; none takes Dask's own `tfpartial.connect-timeout`, else 5.
    """

    manifest: Path
    out: Path
    workers: int = 0
    scheduler: str | None = None
    connect_timeout_s: float | None = None


@dataclass(frozen=True)
class InfoConfig:
    """Say what a file, store, case or run is and what was done to it, or what can be named in a configuration.

    Args:
        path: the file or folder.
        case: a case of the manifest or store.
        networks: list the networks that `train` builds, and their options, instead.
        losses: list the loss terms and their options instead.
        trainers: list the trainers and their options instead.
        optimizers: list the optimisers and their options instead.
    """

    path: Path | None = None
    case: str | None = None
    networks: bool = False
    losses: bool = False
    trainers: bool = False
    optimizers: bool = False

    def __post_init__(self) -> None:
        lists = [f"--{name}" for name in ("networks", "losses", "trainers", "optimizers") if getattr(self, name)]
        asked = [*([] if self.path is None else [str(self.path)]), *lists]
        choice = "one of a path, --networks, --losses, --trainers and --optimizers"
        require(len(asked) == 1, "path", choice, " and ".join(asked) or "none")
