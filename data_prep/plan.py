"""Plan slices, network and batch for a data set and a memory, by nnU-Net's rules."""

from __future__ import annotations

from typing import Any

from tfpartial import cli, models
from tfpartial.artifacts import write_text
from tfpartial.config import PlanConfig
from tfpartial.data.survey.fingerprint import Fingerprint, read_fingerprint
from tfpartial.planning.plan_file import notes, sections, stage_rows, text
from tfpartial.planning.slice_plan import SlicePlan, plan_slices


def run(config: PlanConfig) -> dict[str, Any]:
    """Writes the plan: a configuration with sections for `prepare` and `train`."""
    data = read_fingerprint(config.fingerprint)
    plan = plan_slices(data, config.memory_gb, config.spacing == "median", config.network, config.width, config.max_width)
    planned = sections(plan, data, config.max_width)
    parameters = _parameters(plan, planned["train"]["network"], data)
    said = notes(plan, data)
    write_text(config.out, text(plan, data, planned, config.memory_gb, parameters))
    return {
        "plan": str(config.out),
        "cases": len(data.ids),
        "slices": "x".join(map(str, plan.size)),
        "spacing_mm": "native" if plan.spacing_mm is None else list(plan.spacing_mm),
        "batch": plan.batch,
        "parameters": parameters,
        "memory_gb": float(f"{plan.memory_gb:.2g}"),
        "stages": stage_rows(plan),
        "notes": said,
    }


def _parameters(plan: SlicePlan, network: dict[str, Any], data: Fingerprint) -> int:
    """Of the network with one sigmoid per organ; that it can be built is known then, too."""
    shape = (*plan.size, len(data.channels))
    return int(models.build(network["name"], data.organs, shape, **network["options"]).count_params())


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("plan"))
