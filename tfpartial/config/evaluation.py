"""Options of the stages that segment, score and show."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tfpartial.config.common import Metric, Precision, require
from tfpartial.config.priors import SearchConfig


@dataclass(frozen=True)
class PredictConfig:
    """Segment volumes; the label maps come back on the native grid.

    Args:
        model: stage folder that `train` wrote.
        out: folder of the label maps.
        images: volumes, or folders of volumes. Or give `manifest`.
        nifti_form: which one of a NIfTI header of `images` is believed, where `sform` and `qform` contradict each other. The
            cases of a manifest have that of `ingest`.
        manifest: what `ingest` wrote: segment its cases.
        splits: what `split` wrote: only the test cases of `fold`.
        fold: fold of `splits`.
        checkpoint: `last`, or `best` on the validation cases (with few labels, those are few: `best` is then chosen by chance).
        probabilities: write each organ's probability as well.
        positions: stage folder that `align` wrote, for a segmenter with a prior or for `outside_box`; a case that is not in it is
            aligned here.
        locator: stage folder of the segmenter whose probabilities tell the coarse places of the organs; none takes `model` itself
            without its prior.
        search: how organs are looked for.
        prior: stage folder that `prior` wrote, for `outside_box` with a segmenter without a prior; one with a prior has its own.
        outside_box: what becomes of an organ's prediction far from its place: `keep` it, or `delete` what is outside the box of
            its prior there and `box_margin`. Nothing is deleted of an organ without a place.
        box_margin: distance from an organ's box, in the prior's unit, up to which nothing is deleted.
        batch: slices per step.
        slab: slices held in memory at a time.
    """

    model: Path
    out: Path
    images: list[Path] = field(default_factory=list)
    nifti_form: Literal["sform", "qform"] = "sform"
    manifest: Path | None = None
    splits: Path | None = None
    fold: int = 0
    checkpoint: Literal["last", "best"] = "last"
    probabilities: bool = False
    positions: Path | None = None
    locator: Path | None = None
    search: SearchConfig = field(default_factory=SearchConfig)
    prior: Path | None = None
    outside_box: Literal["keep", "delete"] = "keep"
    box_margin: float = 20.0
    batch: int = 8
    slab: int = 100

    def __post_init__(self) -> None:
        require(0 <= self.box_margin < math.inf, "box_margin", "0 or more", self.box_margin)


@dataclass(frozen=True)
class ScoreConfig:
    """Score label maps against the expert's, by case and organ.

    Args:
        manifest: what `ingest` wrote; its labels are the reference.
        predictions: folder that `predict` wrote.
        out: folder of the scores.
        splits: what `split` wrote: there must be a prediction for each test case of `fold`, and for no other case; none scores
            the cases that have one.
        fold: fold of `splits`.
        tolerance_mm: surfaces that are at most this far apart agree, for the normalised surface Dice.
        organ_tolerance_mm: organ -> tolerance, where it has its own.
        surface: what distances are measured between: border `voxels`, or surface `elements` weighted by their areas.
        workers: processes; 0 takes all cores.
        scheduler: address of a Dask scheduler (`tcp://host:port`) whose workers do it instead; they must see the same folders.
        connect_timeout_s: seconds to look for the scheduler; none takes Dask's own `tfpartial.connect-timeout`, else 5.
    """

    manifest: Path
    predictions: Path
    out: Path
    splits: Path | None = None
    fold: int = 0
    tolerance_mm: float = 3.0
    organ_tolerance_mm: dict[str, float] = field(default_factory=dict)
    surface: Literal["voxels", "elements"] = "voxels"
    workers: int = 0
    scheduler: str | None = None
    connect_timeout_s: float | None = None

    def __post_init__(self) -> None:
        require(0 <= self.tolerance_mm < math.inf, "tolerance_mm", "0 or more", self.tolerance_mm)
        for organ, tolerance_mm in self.organ_tolerance_mm.items():
            require(0 <= tolerance_mm < math.inf, f"organ_tolerance_mm of {organ}", "0 or more", tolerance_mm)


@dataclass(frozen=True)
class CompareConfig:
    """Compare methods on the same test cases: tables over shares of labels, folds and organs, paired tests, and pictures.

    Args:
        out: folder of the tables and the pictures.
        scores: folders that `score` wrote; the names in their paths tell share of labels, fold and method, as in
            `alpha0.3/fold0/certain` or `certain/fold0`.
        groups: method -> its folders, instead of `scores`, where the names do not tell the method.
        sweep: folder of a sweep, instead of `scores`: the last scores of every cell.
        manifest: what `ingest` wrote, for the pictures; none takes the one that was scored against.
        metrics: metrics to compare, the most important one first.
        seed: seed of the bootstrap intervals.
        cases: number of cases to draw: those between the best and the worst of the last method.
        draw: cases to draw instead, by name.
        window_hu: numbers that the pictures show black and white.
    """

    out: Path
    scores: list[Path] = field(default_factory=list)
    groups: dict[str, list[Path]] = field(default_factory=dict)
    sweep: Path | None = None
    manifest: Path | None = None
    metrics: list[Metric] = field(default_factory=lambda: ["dsc", "hd95_mm", "asd_mm", "nsd"])
    seed: int = 0
    cases: int = 3
    draw: list[str] = field(default_factory=list)
    window_hu: tuple[float, float] = (-160.0, 300.0)

    def __post_init__(self) -> None:
        given = [name for name in ("scores", "groups", "sweep") if getattr(self, name)]
        require(len(given) == 1, "compare", "one of scores, groups and sweep", " and ".join(given) or "none")
        require(0 < len(self.metrics) == len(set(self.metrics)), "metrics", "different ones", ", ".join(self.metrics) or "none")
        require(self.cases >= 1, "cases", "1 or more", self.cases)


@dataclass(frozen=True)
class OverlayConfig:
    """Draw contours over slices, as pictures and as an animation, and write label colours for 3D Slicer and ITK-SNAP.

    Args:
        out: folder of the pictures.
        image: volume, picture or DICOM series to draw. Or give `manifest`.
        label: file of its contours, drawn in colours.
        reference: file of other contours, drawn dashed and white.
        names: organs of the values 1, 2, ... of label maps; files with named segments have their own.
        manifest: what `ingest` wrote: draw its cases with the expert's contours.
        cases: cases of the manifest; none draws all that have contours.
        predictions: folder that `predict` wrote: its contours are drawn in colours, the expert's dashed.
        organs: organs to draw; none draws all.
        planes: planes to cut.
        slices: slices to draw, counted from 1: axial ones from the feet, coronal ones from the front, sagittal ones from the
            patient's right. None takes those that show the contours.
        count: slices per plane, when they are not named: 1 takes the one that shows most organs; several are spread over them.
        window_hu: numbers shown black and white.
        side: longer side of a slice, in pixels.
        animation: plane that the animation goes through.
        frames: most frames of the animation.
        megabytes: most that it may take: a larger one is made smaller.
    """

    out: Path
    image: Path | None = None
    label: Path | None = None
    reference: Path | None = None
    names: list[str] = field(default_factory=list)
    manifest: Path | None = None
    cases: list[str] = field(default_factory=list)
    predictions: Path | None = None
    organs: list[str] = field(default_factory=list)
    planes: list[Literal["axial", "coronal", "sagittal"]] = field(default_factory=lambda: ["axial", "coronal", "sagittal"])
    slices: list[int] = field(default_factory=list)
    count: int = 1
    window_hu: tuple[float, float] = (-160.0, 300.0)
    side: int = 512
    animation: Literal["axial", "coronal", "sagittal", "none"] = "axial"
    frames: int = 80
    megabytes: float = 8.0

    def __post_init__(self) -> None:
        for option in ("count", "frames"):
            require(getattr(self, option) >= 1, option, "1 or more", getattr(self, option))
        require(self.side >= 64, "side", "64 pixels or more", self.side)
        require(self.megabytes > 0, "megabytes", "more than 0", self.megabytes)
        require(bool(self.planes), "planes", "at least one", "none")
        require(self.window_hu[0] < self.window_hu[1], "window_hu", "the lower number first", self.window_hu)


@dataclass(frozen=True)
class AuditConfig:
    """List label errors and organs that nobody labelled, as a model sees them, and rank the cases to annotate next.

    Args:
        manifest: what `ingest` wrote.
        predictions: folders that `predict` wrote with `probabilities`; best one per fold, so that no model judges the labels
            that it learned.
        out: folder of the lists and pictures.
        annotations: what `simulate` wrote; none takes the data set's own annotated sets.
        fold: fold of `annotations`.
        tcp: a voxel is suspect when the model gives its label at most this probability.
        margin_mm: suspect voxels count where they are at least twice as thick as this, and three voxels, along every axis.
        smallest_ml: smallest suspect.
        sure: least mean probability at which an organ that is not annotated is surely there.
        diversity: share of the score of the next cases that tells how different their organs' sizes are; 0 ranks by uncertainty.
        pictures: worst suspects to draw, of each sort.
        label_maps: write the suspects of each case as a label map with its colours, for 3D Slicer and ITK-SNAP.
        window_hu: numbers that the pictures show black and white.
        workers: processes; 0 takes all cores.
        scheduler: address of a Dask scheduler (`tcp://host:port`) whose workers do it instead; they must see the same folders.
        connect_timeout_s: seconds to look for the scheduler; none takes Dask's own `tfpartial.connect-timeout`, else 5.
    """

    manifest: Path
    predictions: list[Path]
    out: Path
    annotations: Path | None = None
    fold: int = 0
    tcp: float = 0.1
    margin_mm: float = 3.0
    smallest_ml: float = 0.5
    sure: float = 0.9
    diversity: float = 0.5
    pictures: int = 24
    label_maps: bool = False
    window_hu: tuple[float, float] = (-160.0, 300.0)
    workers: int = 0
    scheduler: str | None = None
    connect_timeout_s: float | None = None

    def __post_init__(self) -> None:
        require(0 < self.tcp < 0.5, "tcp", "more than 0, below 0.5", self.tcp)
        for option in ("margin_mm", "smallest_ml"):
            require(0 <= getattr(self, option) < math.inf, option, "0 or more", getattr(self, option))
        require(0.5 <= self.sure <= 1, "sure", "0.5 to 1", self.sure)
        require(0 <= self.diversity <= 1, "diversity", "0 to 1", self.diversity)
        require(self.pictures >= 0, "pictures", "0 or more", self.pictures)


@dataclass(frozen=True)
class ReportConfig:
    """Write one HTML page on a run, a sweep, or any folder with stages in it.

    Args:
        folder: the folder; it is the FOLDER of `tfpartial report FOLDER`.
        out: page (HTML) to write; none takes `report.html` in the folder.
        cases: number of cases to draw: the best, the worst, and others between them; 0 draws none.
        window_hu: numbers that the pictures show black and white; none takes those of the training.
    """

    folder: Path
    out: Path | None = None
    cases: int = 3
    window_hu: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        require(self.cases >= 0, "cases", "0 or more", self.cases)
        if self.window_hu is not None:
            require(self.window_hu[0] < self.window_hu[1], "window_hu", "the lower number first", self.window_hu)


@dataclass(frozen=True)
class VerifyConfig:
    """Compare every file below a folder with its checksum, and name the damaged ones.

    Args:
        folder: of a stage, a run, a sweep, a store; it is the FOLDER of `tfpartial verify FOLDER`.
    """

    folder: Path


@dataclass(frozen=True)
class ExportConfig:
    """Write a SavedModel for TF Serving.

    Args:
        model: stage folder that `train` wrote.
        out: model folder; the version folder is made in it.
        version: number of the version folder.
        checkpoint: `last`, or `best` on the validation cases (with few labels, those are few: `best` is then chosen by chance).
        precision: arithmetic of the exported network.
    """

    model: Path
    out: Path
    version: int = 1
    checkpoint: Literal["last", "best"] = "last"
    precision: Precision = "float32"
