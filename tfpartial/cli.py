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
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.console import Console

from tfpartial.arguments import parse
from tfpartial.errors import TfpartialError
from tfpartial.lock import locked
from tfpartial.printing import SafeFormatter, print_summary
from tfpartial.quiet import import_quietly
from tfpartial.safe_text import for_terminal
from tfpartial.stages import SECTIONS, STAGES, Stage

EXTRAS = {"highdicom": "dicom", "pydicom": "dicom", "distributed": "distributed", "matplotlib": "plots"}
"""Packages that are not always installed, and the extra that brings each."""
USAGE_ERROR = 2
FAULT = 3
INTERRUPTED = 130


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


def run_verb(verb: str, words: list[str], then: Callable[[dict[str, Any]], None] | None = None, holds_lock: bool = False) -> int:
    """Runs one verb.

    Args:
        verb: a verb.
        words: the words after it.
        then: is given the summary, before it is printed.
        holds_lock: whether this process has the lock of the stage's folder already.

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
        with nullcontext() if holds_lock else alone(verb, options.config):
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
        found = _of_system(error)
        text = found or f"{type(error).__name__}: {' '.join(str(error).split())}"
        return _fail(errors, f"tfpartial {verb}: {text} (--debug shows the traceback)", debug, 1 if found else FAULT)
    return 0


def alone(verb: str, config: Any) -> AbstractContextManager[Any]:
    """The lock of the folder that a verb writes in: `out`, or the folder of the file `out`.

    None for a verb that does other stages, which have their own folders, or that only reads. A report may be made of a folder
    where others work.
    """
    output = STAGES[verb].output
    if output is None or output.whole is not None:
        return nullcontext()
    return locked(config.out.parent if Path(output.path).suffix else config.out)


def _stage(verb: str, debug: bool) -> ModuleType:
    name = f"tfpartial.{STAGES[verb].module}"
    try:
        return importlib.import_module(name) if debug else import_quietly(name)
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        raise TfpartialError(f"needs {error.name}: pip install 'tfpartial[{EXTRAS[error.name]}]'") from error


def _of_system(error: Exception) -> str | None:
    """What the operating system says and of which file, such as a full disk; None for another error."""
    if not isinstance(error, OSError) or error.errno is None:
        return None
    where = "" if error.filename is None else f"{error.filename}: "
    return where + " ".join((error.strerror or str(error)).split())


def _fail(console: Console, message: str, debug: bool, status: int) -> int:
    """Prints the one line; to be called where the exception is handled."""
    if debug:
        console.print_exception()
    console.print(for_terminal(message), style="red", markup=False, highlight=False)
    return status


def _set_up(quiet: bool) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # TensorFlow leaves oneDNN out on processors without AVX512, and trains 1.6 times slower there.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    handler = logging.StreamHandler()
    handler.setFormatter(SafeFormatter("%(levelname).1s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("tfpartial").setLevel(logging.WARNING if quiet else logging.INFO)


def _overview() -> str:
    widest = max(map(len, STAGES))

    def line(verb: str, stage: Stage) -> str:
        return f"  {verb:{widest}} {(stage.config.__doc__ or '').splitlines()[0]}"

    verbs = "\n".join(line(verb, stage) for verb, stage in STAGES.items())
    return (
        "usage: tfpartial VERB [--config FILE] [--OPTION VALUE ...] [--json] [--quiet] [--debug]\n\n"
        "Trains multi-organ CT segmentation networks from partially labeled volumes.\n\n"
        f"verbs, in the order of the data:\n{verbs}\n\n"
        "'tfpartial VERB -h' shows the options of a verb. A configuration file has one section per verb."
    )
