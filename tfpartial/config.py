"""What every stage can be told: one frozen dataclass per stage.

The command builds its options from these classes, and a YAML file has one section per stage, named after its verb.
An unknown key is an error. Lengths are voxels unless the name says mm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tfpartial.errors import TfpartialError


def _require(holds: bool, option: str, expected: str, value: object) -> None:
    if not holds:
        raise TfpartialError(f"{option}: expected {expected}, got {value}")


Method = Literal["certain", "naive", "naive_softmax"]
Metric = Literal["dsc", "hd_mm", "hd95_mm", "asd_mm", "nsd", "volume_error_ml", "volume_error_relative"]
Precision = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]
StageEntry = str | dict[str, dict[str, Any] | None]
"""A stage of an experiment: its verb, or `{verb: options}` with what differs from the verb's section."""


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
        uneven: `refuse` DICOM series that are tilted or unevenly spaced, or `resample` them in world space.
        rescale: slope and intercept that make HU of the stored numbers.
        series: SeriesInstanceUID of the images, where a folder holds several series.
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
    uneven: Literal["refuse", "resample"] = "refuse"
    rescale: tuple[float, float] = (1.0, 0.0)
    series: str | None = None

    def __post_init__(self) -> None:
        _require(self.rescale[0] != 0, "rescale", "a slope other than 0", self.rescale[0])


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
        workers: processes; 0 takes all cores.
        scheduler: address of a Dask scheduler (`tcp://host:port`) whose workers do it instead.
    """

    out: Path
    dataset: Path | None = None
    sources: list[SourceConfig] = field(default_factory=list)
    name: str | None = None
    organs: list[str] | None = None
    priority: list[str] | None = None
    tolerance_mm: float = 0.1
    intensities: Literal["warn", "refuse", "off"] = "warn"
    workers: int = 0
    scheduler: str | None = None

    def __post_init__(self) -> None:
        given = "both" if self.sources else "neither"
        _require((self.dataset is None) == bool(self.sources), "ingest", "either dataset or sources", given)


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
        workers: processes; 0 takes all cores.
        scheduler: address of a Dask scheduler (`tcp://host:port`) whose workers do it instead; they must see the same folders.
    """

    manifest: Path
    out: Path
    size: tuple[int, int] = (512, 512)
    spacing_mm: tuple[float, float] | None = None
    workers: int = 0
    scheduler: str | None = None


@dataclass(frozen=True)
class CoverageConfig:
    """Say which organs are annotated where, how large they are, and how much of the images each may learn from.

    Args:
        manifest: what `ingest` wrote.
        out: folder of the table, the JSON and the picture.
        annotations: what `simulate` wrote; none takes the data set's own annotated sets.
        fold: fold of `annotations`; none takes the first.
        workers: processes; 0 takes all cores.
        scheduler: address of a Dask scheduler (`tcp://host:port`) whose workers do it instead.
    """

    manifest: Path
    out: Path
    annotations: Path | None = None
    fold: int | None = None
    workers: int = 0
    scheduler: str | None = None


@dataclass(frozen=True)
class FingerprintConfig:
    """Spacing, size and intensity statistics of a data set, to plan a network by.

    Args:
        manifest: what `ingest` wrote.
        out: fingerprint (JSON) to write.
        workers: processes; 0 takes all cores.
        scheduler: address of a Dask scheduler (`tcp://host:port`) whose workers do it instead.
    """

    manifest: Path
    out: Path
    workers: int = 0
    scheduler: str | None = None


@dataclass(frozen=True)
class WriteConfig:
    """Write a joined data set as one folder in nnU-Net v2 layout, with its annotated sets.

    Args:
        manifest: what `ingest` wrote.
        out: data set folder to write.
        workers: processes; 0 takes all cores.
        scheduler: address of a Dask scheduler (`tcp://host:port`) whose workers do it instead.
    """

    manifest: Path
    out: Path
    workers: int = 0
    scheduler: str | None = None


@dataclass(frozen=True)
class InfoConfig:
    """Say what a volume, series, label file, manifest, store or case is, and what was done to it.

    Args:
        path: the file or folder.
        case: a case of the manifest or store.
    """

    path: Path
    case: str | None = None


@dataclass(frozen=True)
class NetworkConfig:
    """Which network.

    Args:
        name: a name of `tfpartial.models.build`.
        width: number of filters of the first block.
    """

    name: str = "unet"
    width: int = 64

    def __post_init__(self) -> None:
        _require(self.width >= 1, "network.width", "1 or more", self.width)


@dataclass(frozen=True)
class LossConfig:
    """The loss: a weighted sum of terms under one weight map.

    Args:
        bce: factor of the binary cross entropy (of the categorical one for `naive_softmax`).
        dice: factor of the Dice term.
        reduction: `valid_mean` divides each organ's cross entropy by its certain voxels, `batch_mean` by all voxels.
        dice_organs: organs that the Dice term averages over: `weighted` those with any certain voxel in the batch,
            `present` those with any positive voxel in it, `all` every organ; `method` takes the method's own: `present` for
            `certain`, `all` for the naive ones (one that skips organs that are absent from a batch is not naive any more).
    """

    bce: float = 1.0
    dice: float = 0.0
    reduction: Literal["batch_mean", "valid_mean"] = "valid_mean"
    dice_organs: Literal["method", "weighted", "present", "all"] = "method"


@dataclass(frozen=True)
class AugmentConfig:
    """Ranges of the random affine augmentation; each slice draws its own.

    Args:
        translation: largest shift, as a share of the slice's side.
        rotation_deg: largest rotation in degrees.
        scale: largest relative change of size.
        flip: flip left and right, by chance. Off: left and right organs differ.
    """

    translation: float = 0.05
    rotation_deg: float = 10.0
    scale: float = 0.1
    flip: bool = False

    def __post_init__(self) -> None:
        _require(self.translation >= 0, "augment.translation", "0 or more", self.translation)
        _require(self.rotation_deg >= 0, "augment.rotation_deg", "0 or more", self.rotation_deg)
        _require(0 <= self.scale < 1, "augment.scale", "0 or more, below 1", self.scale)


@dataclass(frozen=True)
class TrainConfig:
    """Train a segmenter.

    Args:
        store: what `prepare` wrote.
        splits: what `split` wrote.
        out: stage folder to write.
        fold: fold of `splits` to train on.
        annotations: what `simulate` wrote; none takes the data set's own annotated sets.
        method: `certain` learns only certain labels (INERRANT0, SMILE); `naive` takes every missing label for background;
            `naive_softmax` does so with a softmax over organs and background.
        network: the network.
        loss: the loss.
        augment: the augmentation.
        window_hu: HU window; values outside are clipped.
        batch: slices per step.
        epochs: number of epochs.
        steps_per_epoch: steps of one epoch; none goes once through the epoch's slices.
        empty_share: share of the slices without any label that an epoch shows, drawn anew for each epoch.
        learning_rate: learning rate at the start.
        final_learning_rate: learning rate at the end, reached exponentially.
        ema: momentum of the moving average of the weights that becomes the last network; 0 keeps the last step's weights. A
            training must be many times longer than 1 / (1 - ema) steps: the batch statistics are those of the last weights.
        validate_every: epochs between validations.
        precision: `auto` takes bfloat16 where the hardware multiplies it, else float32.
        jit: compile the step with XLA; `auto` does so on GPUs.
        deterministic: the same seed on the same machine gives the same weights, bit for bit.
        seed: seed of the initial weights, the order of the slices and the augmentation.
    """

    store: Path
    splits: Path
    out: Path
    fold: int = 0
    annotations: Path | None = None
    method: Method = "certain"
    network: NetworkConfig = field(default_factory=NetworkConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    window_hu: tuple[float, float] = (-160.0, 300.0)
    batch: int = 8
    epochs: int = 50
    steps_per_epoch: int | None = None
    empty_share: float = 1.0
    learning_rate: float = 1e-4
    final_learning_rate: float = 1e-5
    ema: float = 0.0
    validate_every: int = 5
    precision: Precision = "auto"
    jit: Literal["auto", "on", "off"] = "auto"
    deterministic: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for option in ("batch", "epochs", "validate_every"):
            _require(getattr(self, option) >= 1, option, "1 or more", getattr(self, option))
        _require(self.steps_per_epoch is None or self.steps_per_epoch >= 1, "steps_per_epoch", "1 or more", self.steps_per_epoch)
        for option in ("learning_rate", "final_learning_rate"):
            _require(getattr(self, option) > 0, option, "more than 0", getattr(self, option))
        _require(0 <= self.empty_share <= 1, "empty_share", "0 to 1", self.empty_share)
        _require(0 <= self.ema < 1, "ema", "0 or more, below 1", self.ema)
        low, high = self.window_hu
        _require(low < high, "window_hu", "the lower HU first", f"{low:g} and {high:g}")


@dataclass(frozen=True)
class PredictConfig:
    """Segment volumes; the label maps come back on the native grid.

    Args:
        model: stage folder that `train` wrote.
        out: folder of the label maps.
        images: volumes, or folders of volumes. Or give `manifest`.
        manifest: what `ingest` wrote: segment its cases.
        splits: what `split` wrote: only the test cases of `fold`.
        fold: fold of `splits`.
        checkpoint: `last`, or `best` on the validation cases (with few labels, those are few: `best` is then chosen by chance).
        probabilities: write each organ's probability as well.
        batch: slices per step.
        slab: slices held in memory at a time.
    """

    model: Path
    out: Path
    images: list[Path] = field(default_factory=list)
    manifest: Path | None = None
    splits: Path | None = None
    fold: int = 0
    checkpoint: Literal["last", "best"] = "last"
    probabilities: bool = False
    batch: int = 8
    slab: int = 100


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

    def __post_init__(self) -> None:
        _require(0 <= self.tolerance_mm < math.inf, "tolerance_mm", "0 or more", self.tolerance_mm)
        for organ, tolerance_mm in self.organ_tolerance_mm.items():
            _require(0 <= tolerance_mm < math.inf, f"organ_tolerance_mm of {organ}", "0 or more", tolerance_mm)


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
        _require(len(given) == 1, "compare", "one of scores, groups and sweep", " and ".join(given) or "none")
        _require(0 < len(self.metrics) == len(set(self.metrics)), "metrics", "different ones", ", ".join(self.metrics) or "none")
        _require(self.cases >= 1, "cases", "1 or more", self.cases)


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
            _require(getattr(self, option) >= 1, option, "1 or more", getattr(self, option))
        _require(self.side >= 64, "side", "64 pixels or more", self.side)
        _require(self.megabytes > 0, "megabytes", "more than 0", self.megabytes)
        _require(bool(self.planes), "planes", "at least one", "none")
        _require(self.window_hu[0] < self.window_hu[1], "window_hu", "the lower number first", self.window_hu)


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

    def __post_init__(self) -> None:
        _require(0 < self.tcp < 0.5, "tcp", "more than 0, below 0.5", self.tcp)
        for option in ("margin_mm", "smallest_ml"):
            _require(0 <= getattr(self, option) < math.inf, option, "0 or more", getattr(self, option))
        _require(0.5 <= self.sure <= 1, "sure", "0.5 to 1", self.sure)
        _require(0 <= self.diversity <= 1, "diversity", "0 to 1", self.diversity)
        _require(self.pictures >= 0, "pictures", "0 or more", self.pictures)


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
        _require(self.cases >= 0, "cases", "0 or more", self.cases)
        if self.window_hu is not None:
            _require(self.window_hu[0] < self.window_hu[1], "window_hu", "the lower number first", self.window_hu)


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


@dataclass(frozen=True)
class RunConfig:
    """Do the stages of an experiment in their order, and go on where it stopped.

    Args:
        experiment: YAML file with a section per stage; it is the FILE of `tfpartial run FILE`.
        out: folder of the run; none takes `runs/` and the name of the file.
        stages: the stages in their order: verbs, or `verb: {option: value}` where one differs from its section. None takes the
            sections in the order of the file.
        fold: fold of every stage that has one.
        set: options of stages that replace those of the file, such as `train.epochs=2`.
        until: last stage to do, as a verb or a folder's name.
        redo: stage to do again, with all that rests on it, as a verb or a folder's name.
        dry_run: only tell what would be done.
    """

    experiment: Path
    out: Path | None = None
    stages: list[StageEntry] | None = None
    fold: int = 0
    set: list[str] = field(default_factory=list)
    until: str | None = None
    redo: str | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class SweepConfig:
    """Do an experiment for every method, share of labels and fold; what cells have in common is done once.

    Args:
        experiment: YAML file with a section per stage; it is the FILE of `tfpartial sweep FILE`.
        methods: name -> how its stages differ from their sections, as `verb: {option: value}`; or the list of stages, as in
            `stages`, that the method does from its first stage on.
        out: folder of the sweep; none takes `runs/` and the name of the file.
        alphas: shares of the labels to keep; none leaves the share to the section `simulate`.
        folds: folds to do.
        stages: the stages in their order: verbs, or `verb: {option: value}` where one differs from its section. None takes the
            sections in the order of the file.
        set: options of stages that replace those of the file, such as `train.epochs=2`.
        until: last stage to do, as a verb or a folder's name.
        redo: stage to do again, with all that rests on it, as a verb or a folder's name.
        dry_run: only tell what would be done.
        scheduler: address of a Dask scheduler (`tcp://host:port`) whose workers do the cells; they must see the same folders.
    """

    experiment: Path
    methods: dict[str, dict[str, dict[str, Any] | None] | list[StageEntry]]
    out: Path | None = None
    alphas: list[float] = field(default_factory=list)
    folds: list[int] = field(default_factory=lambda: [0])
    stages: list[StageEntry] | None = None
    set: list[str] = field(default_factory=list)
    until: str | None = None
    redo: str | None = None
    dry_run: bool = False
    scheduler: str | None = None
