"""The whole state of a training in one file, so that a killed run goes on bit for bit."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from tfpartial.artifacts import atomic_file
from tfpartial.checksums import require_whole_zip
from tfpartial.errors import TfpartialError
from tfpartial.training.network_trainer import NetworkTrainer


class Progress(NamedTuple):
    """How far a training is.

    Args:
        epochs: epochs finished.
        best_dsc: best mean validation DSC so far; NaN before the first validation.
        seconds: training time so far, over all runs.
    """

    epochs: int = 0
    best_dsc: float = float("nan")
    seconds: float = 0.0


def save_state(path: Path, trainer: NetworkTrainer, progress: Progress) -> None:
    """Writes weights, optimiser state, what else the trainer declares and progress, atomically; nothing is pickled."""
    arrays = {f"variable_{number}": variable.numpy() for number, variable in enumerate(_variables(trainer))}
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, progress=np.array(progress, dtype="float64"), **arrays)


def load_state(path: Path, trainer: NetworkTrainer) -> Progress:
    """Reads what `save_state` wrote into a trainer of the same kind with the same network and optimiser.

    Raises:
        TfpartialError: the file is damaged, or of another network or optimiser.
    """
    require_whole_zip(path, "the state of a training")
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        epochs, best_dsc, seconds = arrays.pop("progress").tolist()
        stored = [arrays[f"variable_{number}"].shape for number in range(len(arrays))]
    except (OSError, ValueError, TypeError, LookupError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise TfpartialError(f"{path}: expected the state of a training, got a damaged file ({error})") from error
    variables = _variables(trainer)
    shapes = [tuple(variable.shape) for variable in variables]
    if shapes != stored:
        raise TfpartialError(
            f"{path}: expected {len(shapes)} variables of this network and trainer, got {len(stored)} of other shapes"
        )
    for number, variable in enumerate(variables):
        variable.assign(arrays[f"variable_{number}"])
    return Progress(int(epochs), best_dsc, seconds)


def _variables(trainer: NetworkTrainer) -> list[keras.Variable]:
    trainer.optimizer.build(trainer.learned_variables)
    averages = trainer.average.variables if trainer.average else []
    beside = [*averages, *trainer.head_variables, *trainer.state_variables]
    return [*trainer.network.variables, *trainer.optimizer.variables, *beside]
