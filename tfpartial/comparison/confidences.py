"""What ranked the pseudo-labels that a scored network learned from, and how the network behind that was made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tfpartial.comparison.lineage import label_steps, linked, trainings_of
from tfpartial.finished_stages import FoundStage

LEARNED = "learned"
UNKNOWN_TEXT = "unknown"
NO_NETWORK = "–"


class Confidence(NamedTuple):
    """What ranked the candidates of a relabeling step, in the words of the options of `confidence`.

    Each is `unknown` where the stage is gone or an older release did not record it, and a dash where no network was asked.

    Args:
        estimator: `mcp`, `learned`, `mc_dropout` or `tta`.
        head: filters of the network's 3×3 convolutions.
        start: what its logits are added to.
        mode: whether its features were tuned.
        loss: what it learned.
        balance: how its voxels weighed.
        targets: whose predictions it learned from.
        sampling: how its slices were drawn.
    """

    estimator: str
    head: str = UNKNOWN_TEXT
    start: str = UNKNOWN_TEXT
    mode: str = UNKNOWN_TEXT
    loss: str = UNKNOWN_TEXT
    balance: str = UNKNOWN_TEXT
    targets: str = UNKNOWN_TEXT
    sampling: str = UNKNOWN_TEXT

    @property
    def learned(self) -> bool:
        """Whether a confidence network was asked."""
        return self.estimator == LEARNED

    def __str__(self) -> str:
        """In a line: `learned: head 400, 120, 64, 64, start random, ...`; the estimator alone where no network was asked."""
        how = ", ".join(f"{name} {value}" for name, value in self._asdict().items() if name != "estimator")
        return f"{self.estimator}: {how}" if self.learned else self.estimator


OWN = "the segmenter's own"
PUBLISHED = Confidence(LEARNED, "400, 120, 64, 64", "random", "finetune", "tcp", "none", OWN, "slices")
"""The confidence network of the thesis: Table A.1, eq. 3.3."""


def confidences_of(predictions: Path) -> tuple[Confidence, ...]:
    """What ranked the pseudo-labels behind the network that made some label maps, each once; none when there are none.

    Args:
        predictions: the folder that was scored.
    """
    return tuple(dict.fromkeys(_confidences(predictions)))


def estimator_of(relabeling: FoundStage) -> str:
    """The estimator of a `relabel` stage: what it was told, else what it takes without a word."""
    return relabeling.options.get("estimator") or ("mcp" if relabeling.options.get("confidence") is None else LEARNED)


def _confidences(predictions: Path) -> Iterator[Confidence]:
    for step in label_steps(trainings_of(predictions)):
        if step is None:
            yield Confidence(UNKNOWN_TEXT)
        elif step.verb == "relabel":
            estimator = estimator_of(step)
            yield _of_network(linked(step, "confidence")) if estimator == LEARNED else _without_network(estimator)


def _without_network(estimator: str) -> Confidence:
    return Confidence(estimator, *[NO_NETWORK] * (len(Confidence._fields) - 1))


def _of_network(stage: FoundStage | None) -> Confidence:
    if stage is None:
        return Confidence(LEARNED)
    options = stage.options
    recorded = {name: str(options[name]) for name in ("start", "mode", "loss", "balance", "sampling") if options.get(name)}
    filters, segmenters = options.get("filters"), options.get("segmenters")
    if filters:
        recorded["head"] = ", ".join(map(str, filters))
    if segmenters is not None:
        recorded["targets"] = targets_of(segmenters)
    return Confidence(LEARNED, **recorded)


def targets_of(segmenters: Sequence[str]) -> str:
    """Whose predictions a confidence network learned from, by its further segmenters."""
    return f"of {len(segmenters)} segmenters out of fold" if segmenters else OWN
