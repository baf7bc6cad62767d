"""What every stage can be told: one frozen dataclass per stage.

The command builds its options from these classes, and a YAML file has one section per stage, named after its verb.
An unknown key is an error. Lengths are voxels unless the name says mm.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tfpartial.errors import TfpartialError


def _require(holds: bool, option: str, expected: str, value: object) -> None:
    if not holds:
        raise TfpartialError(f"{option}: expected {expected}, got {value}")


Method = Literal["certain", "naive", "naive_softmax"]
Precision = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]


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
class IngestConfig:
    """Verify a data set and write its manifest.

    Args:
        dataset: data set folder in nnU-Net v2 layout.
        out: manifest (JSON) to write.
        tolerance_mm: an image and a label whose grids differ by at most this are one grid.
        workers: processes; 0 takes all cores.
    """

    dataset: Path
    out: Path
    tolerance_mm: float = 0.1
    workers: int = 0


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
    """

    manifest: Path
    out: Path
    size: tuple[int, int] = (512, 512)
    spacing_mm: tuple[float, float] | None = None
    workers: int = 0


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
    """

    manifest: Path
    predictions: Path
    out: Path


@dataclass(frozen=True)
class CompareConfig:
    """Set the scores of several methods side by side, as a table and as pictures.

    Args:
        manifest: what `ingest` wrote.
        scores: folders that `score` wrote; each is named after its folder.
        out: folder of the table and the pictures.
        cases: cases to draw: those between the best and the worst of the last method.
    """

    manifest: Path
    scores: list[Path]
    out: Path
    cases: int = 3


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
