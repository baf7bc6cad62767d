"""The confidences behind each method beside the published one."""

from __future__ import annotations

from collections.abc import Sequence

from tfpartial.comparison.confidences import NO_NETWORK, PUBLISHED, UNKNOWN_TEXT, Confidence
from tfpartial.comparison.joined_scores import JoinedScores
from tfpartial.finished_stages import alpha_text
from tfpartial.text_table import Cell, Table

CONFIDENCE = "confidence"
"""Name of the table's files."""
CAPTION = (
    "What ranked the pseudo-labels behind each method, and how its confidence network was made: filters of the head's 3×3 "
    "convolutions, what its logits are added to, whether its features were tuned, what it learned, how its voxels weighed, whose "
    "predictions it learned from, and how its slices were drawn. Last line: the published network. Bold: not as published."
)


def confidence_table(joined: JoinedScores) -> Table | None:
    """A row per share of labels, method and confidence, and the published one; None where no method asked a network."""
    if not any(one.learned for run in joined.scores for one in joined.confidences_of(run)):
        return None
    shares = any(alpha is not None for alpha in joined.alphas)
    names = ["method", *(["labels"] if shares else [])]
    rows = [
        [Cell(method), *([Cell(alpha_text(alpha))] if shares else []), *_cells(one)]
        for alpha in joined.alphas
        for method in joined.methods_at(alpha)
        for one in dict.fromkeys(one for run in joined.runs(alpha, method) for one in joined.confidences_of(run))
    ]
    published = [Cell("published (thesis)"), *([Cell("")] if shares else []), *map(Cell, PUBLISHED)]
    texts = [CAPTION, *([UNKNOWN_CAPTION] if any(cell.text == UNKNOWN_TEXT for row in rows for cell in row) else [])]
    return Table([*names, *Confidence._fields], [*rows, published], " ".join(texts), apart=True, names=len(names))


UNKNOWN_CAPTION = "Unknown: the stage is gone, or an older release did not record it."


def _cells(confidence: Confidence) -> Sequence[Cell]:
    return [
        Cell(value, confidence.learned and value not in (published, UNKNOWN_TEXT, NO_NETWORK))
        for value, published in zip(confidence, PUBLISHED, strict=True)
    ]
