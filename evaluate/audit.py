"""List label errors and organs that nobody labelled, as a model sees them, and rank the cases to annotate next."""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

from tfpartial import cli
from tfpartial.audit.case import Rules, audit_case
from tfpartial.audit.next_cases import rank_cases
from tfpartial.audit.probabilities import AuditedCase, audited_cases
from tfpartial.audit.sizes import organ_sizes
from tfpartial.audit.suspect_sheet import draw_suspects
from tfpartial.audit.suspects import Suspect, ranked
from tfpartial.audit.tables import with_ranks, write_next_cases, write_suspects
from tfpartial.config import AuditConfig
from tfpartial.data.fold.simulate import read_annotations
from tfpartial.data.manifest import read_manifest
from tfpartial.labels import OrganTable
from tfpartial.names import CaseId
from tfpartial.parallel import map_cases, scheduler_of
from tfpartial.progress import track
from tfpartial.provenance import begin, finish

SHOWN = 10
"""Suspects and cases of the summary."""


def run(config: AuditConfig) -> dict[str, Any]:
    """Writes `suspects.csv`, `suspects.json`, `next.csv`, `next.json`, pictures and, asked for, label maps of the suspects."""
    manifest = read_manifest(config.manifest)
    simulated = None if config.annotations is None else read_annotations(config.annotations, config.fold, manifest.organs)
    cases = audited_cases(manifest, config.predictions, simulated)
    begin(config.out, "audit", config)
    rules = Rules(config.tcp, config.margin_mm, config.smallest_ml, config.sure)
    folder = config.out / "suspects" if config.label_maps else None
    look = partial(audit_case, rules=rules, sizes=organ_sizes(manifest, simulated), label_maps=folder)
    audits = list(track(map_cases(look, cases, config.workers, scheduler=scheduler_of(config)), "audit", len(cases)))
    suspects = ranked(suspect for audit in audits for suspect in audit.suspects)
    annotated = simulated or {case.id: case.annotated for case in manifest.cases.values()}
    chosen = rank_cases(sorted(audits, key=lambda audit: audit.id), manifest, annotated, config.diversity)
    write_suspects(config.out, suspects, vars(rules))
    write_next_cases(config.out, chosen, config.diversity)
    _draw(config, suspects, {case.id: case for case in cases}, manifest.organs)
    summary = {
        "audit": str(config.out),
        "cases": len(cases),
        "suspects": dict(Counter(suspect.kind for suspect in suspects)),
        "worst": [_shown(rank, suspect) for rank, suspect in with_ranks(suspects) if suspect.of_labels][:SHOWN],
        "next": [{"case": one.case, "score": one.score, "reason": one.reason} for one in chosen[:SHOWN]],
    }
    finish(config.out, summary, below=["suspects/*"])
    return summary


def _draw(config: AuditConfig, suspects: list[Suspect], cases: Mapping[CaseId, AuditedCase], organs: OrganTable) -> None:
    for name, of_labels in (("suspects.png", True), ("not_annotated.png", False)):
        worst = [(rank, one) for rank, one in with_ranks(suspects) if one.of_labels is of_labels][: config.pictures]
        if worst:
            drawn = draw_suspects(worst, cases, organs, config.window_hu, config.out / name)
            list(track(drawn, "draw", len({one.case for _, one in worst})))


def _shown(rank: int, one: Suspect) -> dict[str, Any]:
    slices = f"{one.first_slice}-{one.last_slice}"
    volume = {"ml": one.volume_ml, "probability": one.mean_probability, "score": one.score}
    return {"rank": rank, "case": one.case, "organ": one.organ, "kind": one.kind, "other": one.other, "slices": slices, **volume}


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("audit"))
