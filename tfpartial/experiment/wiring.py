"""What each stage leaves for the later ones. A stage takes what earlier stages give to the options that it has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Output:
    """What a stage leaves in its folder.

    Args:
        path: the stage's `out` within its folder; empty for the folder itself.
        gives: the option by which later stages take it; none when no stage does.
        resumes: whether the stage goes on in a folder where it was killed. Else it starts again in an empty one.
        gathers: axes of a sweep along which it takes what all cells give, not only its own.
        lineage: the option by which it takes the models of a fine-tuning, from the one that was trained anew to the latest.
        whole: the option by which it takes the folder of the run or sweep, with all that was done before; none when it does not.
    """

    path: str = ""
    gives: str | None = None
    resumes: bool = False
    gathers: frozenset[str] = frozenset()
    lineage: str | None = None
    whole: str | None = None


OUTPUTS = {
    "phantom": Output("dataset", gives="dataset"),
    "ingest": Output("manifest.json", gives="manifest"),
    "split": Output("splits.json", gives="splits"),
    "simulate": Output("annotations.json", gives="annotations"),
    "prepare": Output(gives="store", resumes=True),
    "coverage": Output(),
    "fingerprint": Output("fingerprint.json"),
    "write": Output("dataset", resumes=True),
    "train": Output(gives="model", resumes=True),
    "confidence": Output(gives="confidence", resumes=True),
    "prior": Output(gives="prior"),
    "align": Output(gives="positions"),
    "relabel": Output(gives="labels", resumes=True),
    "accept": Output(gives="labels"),
    "rank": Output(),
    "pick": Output(gives="model", lineage="models"),
    "predict": Output(gives="predictions"),
    "score": Output(gives="scores"),
    "overlay": Output(),
    "audit": Output(),
    "compare": Output(gathers=frozenset({"method", "alpha", "fold"})),
    "report": Output("report.html", gathers=frozenset({"method", "alpha", "fold"}), whole="folder"),
    "export": Output(),
}
"""The verbs that can be stages of a run."""
