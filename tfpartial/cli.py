"""The `tfpartial` command: one verb per stage.

A stage is a module of `data_prep`, `train` or `evaluate` with one function, `run(config) -> summary`. This file turns words into
the stage's configuration and the summary into a table or JSON. Exit status: 0 done, 1 bad input, 2 unusable command line,
3 a fault of the program, 130 interrupted.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from rich.console import Console

from tfpartial import config as configs
from tfpartial.arguments import parse
from tfpartial.errors import TfpartialError
from tfpartial.printing import print_summary
from tfpartial.quiet import import_quietly

EXTRAS = {"highdicom": "dicom", "pydicom": "dicom", "distributed": "distributed", "matplotlib": "plots"}
"""Packages that are not always installed, and the extra that brings each."""
USAGE_ERROR = 2
FAULT = 3
INTERRUPTED = 130


class Stage(NamedTuple):
    """Where the verb's `run` is, what it can be told, and the option whose name may be left out before the first word."""

    module: str
    config: type
    first: str | None = None


STAGES = {
    "phantom": Stage("data_prep.phantom", configs.PhantomConfig),
    "ingest": Stage("data_prep.ingest", configs.IngestConfig),
    "split": Stage("data_prep.split", configs.SplitConfig),
    "simulate": Stage("data_prep.simulate", configs.SimulateConfig),
    "prepare": Stage("data_prep.prepare", configs.PrepareConfig),
    "coverage": Stage("data_prep.coverage", configs.CoverageConfig),
    "fingerprint": Stage("data_prep.fingerprint", configs.FingerprintConfig),
    "write": Stage("data_prep.write", configs.WriteConfig),
    "info": Stage("data_prep.info", configs.InfoConfig, first="path"),
    "train": Stage("train.segmenter", configs.TrainConfig),
    "confidence": Stage("train.confidence", configs.ConfidenceConfig),
    "prior": Stage("train.prior", configs.PriorConfig),
    "align": Stage("train.align", configs.AlignConfig),
    "relabel": Stage("train.relabel", configs.RelabelConfig),
    "accept": Stage("train.accept", configs.AcceptConfig),
    "rank": Stage("evaluate.rank", configs.RankConfig),
    "pick": Stage("train.pick", configs.PickConfig),
    "run": Stage("train.run", configs.RunConfig, first="config"),
    "sweep": Stage("train.sweep", configs.SweepConfig, first="config"),
    "predict": Stage("evaluate.predict", configs.PredictConfig),
    "score": Stage("evaluate.score", configs.ScoreConfig),
    "compare": Stage("evaluate.compare", configs.CompareConfig),
    "overlay": Stage("evaluate.overlay", configs.OverlayConfig),
    "audit": Stage("evaluate.audit", configs.AuditConfig),
    "report": Stage("evaluate.report", configs.ReportConfig, first="folder"),
    "export": Stage("evaluate.export", configs.ExportConfig),
}
"""The verbs, in the order of the data."""
SECTIONS = (*STAGES, configs.CURRICULUM)
"""What a configuration file may have sections for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb.

    Args:
        arguments: the words of the command line; the process's own by default.

    Returns:
        The exit status.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        print(_overview())
        return 0
    if words[0] == "--version":
        print(importlib.import_module("tfpartial").__version__)
        return 0
    if words[0] not in STAGES:
        print(f"tfpartial: unknown verb '{words[0]}'; expected one of {', '.join(STAGES)}", file=sys.stderr)
        return USAGE_ERROR
    return run_verb(words[0], words[1:])


def stage_main(verb: str) -> int:
    """The command line of a stage file that is started by itself (`python train/segmenter.py …`)."""
    return main([verb, *sys.argv[1:]])


def run_verb(verb: str, words: list[str], then: Callable[[dict[str, Any]], None] | None = None) -> int:
    """Runs one verb.

    Args:
        verb: a verb.
        words: the words after it.
        then: is given the summary, before it is printed.

    Returns:
        The exit status.
    """
    errors = Console(stderr=True, soft_wrap=True)
    debug = "--debug" in words
    as_json = "--json" in words
    first = STAGES[verb].first
    if first and words and not words[0].startswith("-"):
        words = [f"--{first}", *words]
    try:
        options = parse(verb, STAGES[verb].config, words, verbs=SECTIONS)
        _set_up(quiet=options.quiet or as_json)
        # Imported only now: most verbs and every -h go without TensorFlow.
        summary = _stage(verb, debug).run(options.config)
        if then is not None:
            then(summary)
        print_summary(summary, as_json=as_json)
    except SystemExit as stop:
        return int(stop.code or 0)
    except KeyboardInterrupt:
        return _fail(errors, f"tfpartial {verb}: interrupted", debug, INTERRUPTED)
    except TfpartialError as error:
        if error.summary is not None:
            print_summary(error.summary, as_json=as_json)
        return _fail(errors, f"tfpartial {verb}: {' '.join(str(error).split())}", debug, 1)
    except Exception as error:
        text = f"tfpartial {verb}: {type(error).__name__}: {' '.join(str(error).split())} (--debug shows the traceback)"
        return _fail(errors, text, debug, FAULT)
    return 0


def _stage(verb: str, debug: bool) -> ModuleType:
    name = f"tfpartial.{STAGES[verb].module}"
    try:
        return importlib.import_module(name) if debug else import_quietly(name)
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        raise TfpartialError(f"needs {error.name}: pip install 'tfpartial[{EXTRAS[error.name]}]'") from error


def _fail(console: Console, message: str, debug: bool, status: int) -> int:
    """Prints the one line; to be called where the exception is handled."""
    if debug:
        console.print_exception()
    console.print(message, style="red", markup=False, highlight=False)
    return status


def _set_up(quiet: bool) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # TensorFlow leaves oneDNN out on processors without AVX512, and trains 1.6 times slower there.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    logging.basicConfig(level=logging.WARNING, format="%(levelname).1s %(message)s")
    logging.getLogger("tfpartial").setLevel(logging.WARNING if quiet else logging.INFO)


def _overview() -> str:
    def line(verb: str, stage: Stage) -> str:
        return f"  {verb:10} {(stage.config.__doc__ or '').splitlines()[0]}"

    verbs = "\n".join(line(verb, stage) for verb, stage in STAGES.items())
    return (
        "usage: tfpartial VERB [--config FILE] [--OPTION VALUE ...] [--json] [--quiet] [--debug]\n\n"
        "Trains multi-organ CT segmentation networks from partially labeled volumes.\n\n"
        f"verbs, in the order of the data:\n{verbs}\n\n"
        "'tfpartial VERB -h' shows the options of a verb. A configuration file has one section per verb."
    )
