"""`plan.yaml`: a plan as a configuration, with what it is made of in its head."""

from __future__ import annotations

from typing import Any

import yaml

from tfpartial.data.survey.fingerprint import Fingerprint
from tfpartial.planning.slice_plan import PLANNED, SlicePlan
from tfpartial.safe_text import for_terminal

ELONGATED, ELONGATED_DEG = 1.5, 15.0
"""Slices whose sides differ by more than this factor are rotated by so many degrees at most (nnU-Net)."""
SUPERVISED_STAGES = 4
"""Fewer stages have no level of the decoder that deep supervision could use."""


def sections(plan: SlicePlan, data: Fingerprint, max_width: int) -> dict[str, dict[str, Any]]:
    """Verb -> its options."""
    recipe = PLANNED[plan.network].recipe
    network = {"name": plan.network, "options": {"width": plan.filters[0], **_stage_options(plan, max_width)}}
    prepare: dict[str, Any] = {"size": list(plan.size)}
    if plan.spacing_mm is not None:
        prepare["spacing_mm"] = list(plan.spacing_mm)
    train: dict[str, Any] = {**({"recipe": recipe} if recipe else {}), "network": network, "batch": plan.batch}
    window = _window(data)
    if window is not None:
        train["window_hu"] = window
    if recipe and max(plan.size) / min(plan.size) > ELONGATED:
        train["augment"] = {"rotation_deg": ELONGATED_DEG}
    if recipe and len(plan.filters) < SUPERVISED_STAGES:
        train["deep_supervision"] = False
    return {"prepare": prepare, "train": train}


def _stage_options(plan: SlicePlan, max_width: int) -> dict[str, Any]:
    """What tells the network its stages, where they can be chosen."""
    if PLANNED[plan.network].strides:
        return {}
    both = all(stride == [2, 2] for stride in plan.strides)
    return {"max_width": max_width, **({"stages": len(plan.filters)} if both else {"strides": plan.strides})}


def notes(plan: SlicePlan, data: Fingerprint) -> list[str]:
    """What somebody should know who uses the plan."""
    said = [f"slices are as large as the largest case, {plan.largest}; nothing is cropped"]
    if plan.coarser > 1:
        said.append(
            f"slices are {plan.coarser:.2f} times coarser than the median spacing: two of them would not fit into the memory"
        )
    if plan.few_voxels:
        said.append("the batch is smaller than the memory allows: a step sees 5 % of all voxels at most")
    spacing = data.spacings_mm_zyx
    if (spacing[:, 0] < spacing[:, 1:].min(axis=1) * (1 - 1e-3)).mean() > 1 / 2:
        said.append("slices are taken along z, which is not the coarsest axis of most cases")
    if _window(data) is None:
        said.append(
            "no window is planned: " + ("there are several channels" if len(data.channels) > 1 else "no organ has a voxel")
        )
    if len(plan.filters) < SUPERVISED_STAGES:
        said.append("the slices are too small for deep supervision")
    return said


def stage_rows(plan: SlicePlan) -> list[dict[str, Any]]:
    """A row per stage: `stage`, `stride`, `size`, `filters`."""
    rows, sides = [], plan.size
    for number, (stride, filters) in enumerate(zip([[1, 1], *plan.strides], plan.filters, strict=True), start=1):
        sides = (sides[0] // stride[0], sides[1] // stride[1])
        rows.append({"stage": number, "stride": _times(stride), "size": _times(sides), "filters": filters})
    return rows


def text(plan: SlicePlan, data: Fingerprint, planned: dict[str, dict[str, Any]], memory_gb: float, parameters: int) -> str:
    """The file."""
    said = [
        f"Planned by `tfpartial plan` for {data.name}: {len(data.ids)} cases, {data.organs} organs, {memory_gb:g} GB.",
        f"{parameters:,} parameters; a step takes about {plan.memory_gb:.2g} GB (nnU-Net's estimate, for a GPU and 16 bits).",
        *notes(plan, data),
    ]
    table = [f"{row['stage']:5}  {row['stride']:6}  {row['size']:9}  {row['filters']:7}" for row in stage_rows(plan)]
    # A name from a stranger stays in its line.
    head = [*(" ".join(for_terminal(line).split()) for line in said), "", "stage  stride  size       filters", *table]
    return "\n".join(
        [*(f"# {line}".rstrip() for line in head), yaml.safe_dump(planned, sort_keys=False, default_flow_style=None)]
    )


def _window(data: Fingerprint) -> list[float] | None:
    """0.5 and 99.5 % of the labelled voxels' numbers, of the one channel."""
    values = data.intensity[data.channels[0]] if len(data.channels) == 1 else None
    if values is None or not values["p0.5"] < values["p99.5"]:
        return None
    return [float(values["p0.5"]), float(values["p99.5"])]


def _times(pair: list[int] | tuple[int, ...]) -> str:
    return "x".join(map(str, pair))
