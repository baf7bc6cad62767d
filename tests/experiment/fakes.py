"""Stages that write, in no time, what the next ones read. As a program, it stands for `tfpartial.experiment.child`.

What a stage does besides is told by `behaviour.json` in the working directory, such as {"train": "fail"}; see `act`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from types import ModuleType

from tfpartial import cli
from tfpartial.artifacts import read_json, write_json, write_text
from tfpartial.errors import TfpartialError
from tfpartial.experiment import child, work
from tfpartial.provenance import begin, finish
from tfpartial.train import pick as pick_stage

JOURNAL = Path("journal.txt")
BEHAVIOUR = Path("behaviour.json")
VERBS = ("phantom", "ingest", "split", "simulate", "prepare", "train", "confidence", "relabel", "pick", "predict", "score")
VERBS += ("compare", "report")


def journal() -> list[str]:
    return JOURNAL.read_text().split("\n")[:-1] if JOURNAL.exists() else []


def note(text: str) -> None:
    with JOURNAL.open("a") as file:
        file.write(text + "\n")


def behave(**verbs: str) -> None:
    BEHAVIOUR.write_text(json.dumps(verbs))


def phantom(config):
    write_json(config.out / "dataset.json", {"cases": config.cases})


def ingest(config):
    write_json(config.out, read_json(config.dataset / "dataset.json", "data set"))


def split(config):
    write_json(config.out, {"manifest": read_json(config.manifest, "manifest"), "folds": config.folds})


def simulate(config):
    write_json(config.out, {"splits": read_json(config.splits, "splits"), "alpha": config.alpha})


def prepare(config):
    write_json(config.out / "store.json", read_json(config.manifest, "manifest") | {"size": config.size})
    begin(config.out, "prepare", config)  # as the real one: at its end
    finish(config.out, {"cases": 1})


def train(config):
    """Resumes: one line per epoch."""
    kept = read_json(config.annotations, "annotated sets")["alpha"] if config.annotations else 1.0
    labels = read_json(config.labels / "labels.json", "label layers") if config.labels else {"share": 0}
    before = read_json(config.model / "segmenter.json", "model")["dsc"] if config.model else None
    state = config.out / "epochs.txt"
    for epoch in range(len(state.read_text()) if state.exists() else 0, config.epochs):
        with state.open("a") as file:
            file.write(".")
        note(f"epoch {epoch}")
        if epoch == 1:
            act("train")
    first = kept - config.fold / 10 - (config.method == "naive") / 20
    dsc = round((first if before is None else before) + labels["share"] / 100, 6)
    write_json(config.out / "segmenter.json", {"dsc": dsc})
    write_text(config.out / "metrics.csv", f"epoch,val_dsc\n1,{dsc}\n")
    write_text(config.out / "last.keras", f"{dsc}")
    finish(config.out, {"epochs": config.epochs})


def confidence(config):
    write_json(config.out / "segmenter.json", read_json(config.model / "segmenter.json", "model"))


def relabel(config):
    earlier = read_json(config.labels / "labels.json", "label layers")["step"] if config.labels else 0
    write_json(config.out / "labels.json", {"step": earlier + 1, "share": config.share})


def pick(config):
    return pick_stage.run(config)


def predict(config):
    begin(config.out, "predict", config)
    write_json(config.out / "label.json", read_json(config.model / "segmenter.json", "model"))
    assert read_json(config.splits, "splits")


def score(config):
    dsc = read_json(config.predictions / "label.json", "prediction")["dsc"]
    write_json(config.out / "summary.json", {"overall": {"dsc": {"mean_of_organs": dsc}}})
    return {"mean_dsc": dsc}


def compare(config):
    write_json(config.out / "comparison.json", [read_json(path / "done.json", "scores")["mean_dsc"] for path in config.scores])


def report(config):
    write_text(config.out, " ".join(sorted(path.parent.name for path in config.folder.rglob("summary.json"))))


def act(verb: str) -> None:
    """Does what `behaviour.json` says of the verb."""
    told = json.loads(BEHAVIOUR.read_text()).get(verb) if BEHAVIOUR.exists() else None
    if told == "fail" or (told and told.startswith("fail at ") and told.removeprefix("fail at ") in " ".join(sys.argv)):
        raise TfpartialError(f"{verb} was told to fail")
    if told == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if told == "kill run":
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)  # it must end with the run, not when it likes
        note(f"{verb} outlived its run")


def run_of(verb: str):
    def run(config):
        note(f"{verb} {os.getpid()}")
        if verb != "train":
            act(verb)
        return globals()[verb](config) or {}

    return run


def install() -> None:
    """From now on, the verbs are these stages."""
    for verb in VERBS:
        module = ModuleType(verb)
        module.run = run_of(verb)
        sys.modules[f"tfpartial.{cli.STAGES[verb].module}"] = module
    work.PROGRAM = [sys.executable, str(Path(__file__)), "child"]


if __name__ == "__main__":
    install()
    program, *words = sys.argv[1:]
    raise SystemExit(child.main(words) if program == "child" else cli.main([program, *words]))
