"""Options of `inspect`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tfpartial.config.common import Precision, require
from tfpartial.config.training import NetworkConfig


@dataclass(frozen=True)
class InspectConfig:
    """Show what a network sees of a slice, what it attends to, and what it costs.

    Args:
        out: folder of the tables, arrays and pictures.
        model: stage folder that `train` wrote; none inspects an untrained `network`.
        checkpoint: the checkpoint of `model`.
        network: the untrained network.
        size: rows and columns of its slices.
        channels: channels of its slices.
        logits: logits per voxel.
        precision: its arithmetic, for the memory; a trained one has its own. Gradients and maps are computed in float32.
        store: what `prepare` wrote: slices of `case` are seen. Or give `image`. Without both, random numbers are seen.
        case: case of `store`; none takes its first one.
        image: volume, picture or DICOM series to see, a file per channel.
        slices: slices to see, counted from 1 from the feet; none spreads `count` over the volume.
        count: slices, when they are not named; also of random numbers.
        layers: layers whose middle unit is followed back to the slice; none takes the encoder's end (`bottleneck`), where the
            network has one, and the `logits`.
        voxel: row and column of the voxel, from 0, whose attention is shown; none takes the middle of the slice.
        heads: draw the `mean` of the attention heads, or `each`.
        batch: slices per step, for the memory.
        seed: seed of untrained weights and of the random numbers.
    """

    out: Path
    model: Path | None = None
    checkpoint: Literal["last", "best"] = "last"
    network: NetworkConfig = field(default_factory=NetworkConfig)
    size: tuple[int, int] = (512, 512)
    channels: int = 1
    logits: int = 7
    precision: Precision = "float32"
    store: Path | None = None
    case: str | None = None
    image: list[Path] = field(default_factory=list)
    slices: list[int] = field(default_factory=list)
    count: int = 8
    layers: list[str] = field(default_factory=list)
    voxel: tuple[int, int] | None = None
    heads: Literal["mean", "each"] = "mean"
    batch: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        for option in ("channels", "logits", "count", "batch"):
            require(getattr(self, option) >= 1, option, "1 or more", getattr(self, option))
        require(min(self.size) >= 1, "size", "1 or more rows and columns", self.size)
        require(self.store is None or not self.image, "inspect", "either store or image", "both")
        require(self.case is None or self.store is not None, "case", "the store that holds it, store", "none")
        seen = self.store is not None or bool(self.image)
        require(self.model is not None or not seen, "inspect", "model, the trained segmenter that sees the slices", "none")
        require(seen or not self.slices, "slices", "a volume to take them from, store or image", "none")
