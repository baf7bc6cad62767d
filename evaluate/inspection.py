"""Show what a network sees of a slice, what it attends to, and what it costs."""

import logging
from typing import Any

from tfpartial import cli
from tfpartial.config import InspectConfig
from tfpartial.inspection.files import undefined, write_inspection
from tfpartial.inspection.findings import inspect_network
from tfpartial.inspection.pictures import Backdrop, draw_attention, draw_fields
from tfpartial.inspection.subject import Subject, shown_numbers, subject_of
from tfpartial.provenance import begin, finish

LOG = logging.getLogger(__name__)
MB = 1e6


def run(config: InspectConfig) -> dict[str, Any]:
    """Writes `inspection.json`, tables, arrays, `fields.png` and, for a network with attention, `attention.png`."""
    subject = subject_of(config)
    rows, columns = subject.inputs[0].shape[1:3]
    voxel = config.voxel or (rows // 2, columns // 2)
    found = inspect_network(subject, config.layers, voxel, config.batch)
    begin(config.out, "inspect", config)
    place = len(subject.inputs[0]) // 2
    backdrop = _backdrop(subject, place)
    seen = "random numbers" if subject.slices is None else subject.slices.case
    about = {
        "network": subject.network.name,
        "seen": seen,
        "slices": None if subject.slices is None else subject.slices.numbers,
        "voxel": voxel,
        "batch": config.batch,
    }
    write_inspection(config.out, found, about)
    draw_fields(found.fields, backdrop, config.out / "fields.png")
    if found.attention:
        draw_attention(found.attention, place, config.heads == "each", voxel, backdrop, config.out / "attention.png")
    for line in undefined(found.fields):
        LOG.warning("%s", line)
    total = found.total | {"activation_mb": found.total["activation_bytes"] / MB}
    del total["activation_bytes"]
    tables = {"receptive fields": [field.row() for field in found.fields], "attention": [one.row() for one in found.attention]}
    summary = {"folder": str(config.out), **about, **total, **{name: table for name, table in tables.items() if table}}
    finish(config.out, summary)
    return summary


def _backdrop(subject: Subject, place: int) -> Backdrop:
    rows, columns = subject.inputs[0].shape[1:3]
    if subject.slices is None or subject.card is None:
        return Backdrop("random numbers", (rows, columns))
    slices, card = subject.slices, subject.card
    numbers = shown_numbers(slices, card, place)
    return Backdrop(f"{slices.case}, slice {slices.numbers[place]}", (rows, columns), numbers, card.window_hu, slices.pixel_mm)


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("inspect"))
