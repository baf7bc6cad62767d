"""What must be known beside the weights to use a confidence network: `confidence.json`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from tfpartial.artifacts import parsing, read_json, sha256, write_json
from tfpartial.confidence.network import FILTERS, LearnedConfidence, Start
from tfpartial.errors import TfpartialError
from tfpartial.segmenter.card import SegmenterCard, import_brought_layers
from tfpartial.segmenter.network import read_network

NETWORK, CARD = "confidence.keras", "confidence.json"
WHAT = "card of a confidence network"


@dataclass(frozen=True)
class ConfidenceCard:
    """For which segmenter a confidence network was trained, and how.

    Args:
        mode: `finetune` or `transfer`.
        filters: filters of the head's 3x3 convolutions.
        balance: balance of the loss.
        start: what the network's logits are added to.
        segmenter_sha256: checksum of the segmenter's checkpoint file.
        loss: what it learned; cards of older releases, which do not say it, are of `tcp`.
        out_of_fold_sha256: checksums of the checkpoints that its targets are from; none where they are the segmenter's own.
    """

    mode: str
    filters: tuple[int, ...]
    balance: str
    start: Start
    segmenter_sha256: str
    loss: str = "tcp"
    out_of_fold_sha256: tuple[str, ...] = ()

    @property
    def recipe(self) -> str:
        """Head and training in a line, whoever the segmenter is."""
        widths = ", ".join(map(str, self.filters))
        targets = (
            f"of {len(self.out_of_fold_sha256)} segmenters out of fold" if self.out_of_fold_sha256 else "the segmenter's own"
        )
        how = f"mode {self.mode}, loss {self.loss}, balance {self.balance}, start {self.start}, targets {targets}"
        return f"3×3 filters {widths}, {how}"


PUBLISHED = ConfidenceCard("finetune", FILTERS, "none", "random", "")
"""The confidence network of the thesis: Table A.1, eq. 3.3."""


def write_card(card: ConfidenceCard, folder: Path) -> None:
    """Writes `confidence.json` into a stage folder."""
    write_json(folder / CARD, dataclasses.asdict(card))


def read_card(folder: Path) -> ConfidenceCard:
    """Reads `confidence.json` of a stage folder. Raises `TfpartialError` when it is not there or lacks an entry."""
    content = read_json(folder / CARD, WHAT)
    with parsing(folder / CARD, WHAT):
        filters = tuple(content["filters"])
        return ConfidenceCard(
            content["mode"],
            filters,
            content["balance"],
            content["start"],
            content["segmenter_sha256"],
            content.get("loss", "tcp"),
            tuple(content.get("out_of_fold_sha256", ())),
        )


def load_confidence(folder: Path, model: Path, checkpoint: str) -> LearnedConfidence:
    """The confidence network of a segmenter.

    Args:
        folder: stage folder of `confidence`.
        model: stage folder of `train`.
        checkpoint: the segmenter's checkpoint, `best` or `last`; its file is there.

    Raises:
        TfpartialError: a file is missing or damaged, or the network was trained for another segmenter or checkpoint.
    """
    card = read_card(folder)
    require_trained_for(card, folder, model / f"{checkpoint}.keras")
    path = folder / NETWORK
    if not path.is_file():
        raise TfpartialError(f"{folder}: expected a finished stage folder of `confidence` with {NETWORK}, which is not there")
    import_brought_layers(model)
    return LearnedConfidence(read_network(path), card.start)


def require_trained_for(card: ConfidenceCard, folder: Path, segmenter: Path) -> None:
    """Raises `TfpartialError` unless the card in `folder` names this segmenter, a `.keras` file, as it is now."""
    found = sha256(segmenter)
    if card.segmenter_sha256 != found:
        raise TfpartialError(
            f"{folder}: this confidence network belongs to another segmenter than {segmenter} "
            f"(sha256 {card.segmenter_sha256[:12]}, got {found[:12]}); train one with `tfpartial confidence`"
        )


def require_no_prior(card: SegmenterCard, model: Path) -> None:
    """Raises `TfpartialError` for a segmenter with a spatial prior: its own probability is its confidence."""
    if card.prior is not None:
        raise TfpartialError(
            f"{model}: was trained with a spatial prior; take the estimator mcp, which needs no confidence network"
        )


def require_sigmoids(card: SegmenterCard, model: Path) -> None:
    """Raises `TfpartialError` for a segmenter whose organs share a softmax: its confidences are not per organ."""
    if card.activation == "softmax":
        raise TfpartialError(
            f"{model}: confidence is defined per organ and needs a segmenter that ends in one sigmoid per organ "
            f"(activation sigmoid), got activation softmax (method {card.method})"
        )
