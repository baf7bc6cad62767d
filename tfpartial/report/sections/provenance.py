"""How it was done: command, configuration, versions, machine, inputs, time."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from markupsafe import Markup

from tfpartial.finished_stages import FoundStage
from tfpartial.report.html import fill
from tfpartial.report.run_folder import EXPERIMENT, RunFolder
from tfpartial.report.section import Section
from tfpartial.report.times import stage_minutes


def _render(run: RunFolder) -> Markup:
    found = [(stage, stage.provenance) for stage in run.stages]
    command = ["tfpartial", run.runner, str(run.root / EXPERIMENT), "--out", str(run.root)] if run.runner else []
    return fill(
        "provenance.html",
        command=shlex.join(command),
        experiment=_yaml(run.experiment),
        facts=_facts([provenance for _, provenance in found]),
        stages=[_stage_row(stage, provenance) for stage, provenance in found],
        inputs=_inputs(found),
    )


def _yaml(content: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True)


def _facts(provenances: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """Name and values of what the stages have in common; several values where they differ."""
    machines = (provenance.get("machine", {}) for provenance in provenances)
    versions = [provenance.get("versions", {}) for provenance in provenances]
    packages = dict.fromkeys(name for known in versions for name in known)
    facts = [
        ("commit", _distinct(provenance.get("commit") for provenance in provenances)),
        ("seed", _distinct(provenance.get("seed") for provenance in provenances)),
        ("machine", _distinct(_machine_text(machine) for machine in machines if machine)),
        ("begun", _span(provenance.get("written") for provenance in provenances)),
        *((name, _distinct(known.get(name) for known in versions)) for name in packages),
    ]
    return [(name, values) for name, values in facts if values]


def _distinct(values: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(str(value) for value in values if value is not None))


def _span(times: Iterable[str | None]) -> list[str]:
    """The first and the last time."""
    known = sorted(time for time in times if time)
    return known[:1] if len(known) < 2 else [f"{known[0]} to {known[-1]}"]


def _machine_text(machine: dict[str, Any]) -> str:
    return f"{machine.get('processor')}, {machine.get('cores')} cores, {machine.get('system')}"


def _stage_row(stage: FoundStage, provenance: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": stage.name,
        "verb": stage.verb,
        "finished": stage.finished,
        "minutes": stage_minutes(stage),
        "command": shlex.join(provenance.get("command", [])),
        "config": _yaml({stage.verb: stage.options}),
    }


def _inputs(found: list[tuple[FoundStage, dict[str, Any]]]) -> list[dict[str, Any]]:
    """The input files: path, checksum, and the stages that read them."""
    readers: dict[tuple[str, str], list[str]] = {}
    for stage, provenance in found:
        for path, checksum in provenance.get("inputs", {}).items():
            readers.setdefault((path, checksum), []).append(stage.name)
    return [{"path": path, "sha256": checksum, "readers": names} for (path, checksum), names in sorted(readers.items())]


SECTION = Section("provenance", "How it was done", lambda run: True, _render)
