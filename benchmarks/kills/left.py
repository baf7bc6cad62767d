"""What a verb left: the checksum of every file, without what says of the time."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tensorflow as tf

from tfpartial.artifacts import LOCK
from tfpartial.unfinished import UNFINISHED

OF_TIME = {"provenance.json", "done.json", "checksums.json", "log.txt", "tensorboard"}
"""Names of files and folders that say when something was done, or rest on a file that does."""
OF_GRAPH = {"saved_model.pb", "fingerprint.pb", "variables.data-00000-of-00001"}
"""Files of a SavedModel whose order TensorFlow chooses anew each time."""
OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH"
OF_TENSORFLOW = ("__autograph_generated_file", "__pycache__")
"""How files begin that TensorFlow removes when its process ends by itself, and nobody can where it is killed."""
ADDRESS = re.compile(rb'"shared_object_id": \d+')
"""Where an object was in memory, which Keras writes into a network's file."""
TIMED = ("seconds", "minutes", "images_per_second")
"""Columns of a time."""


def left_by(folder: Path) -> dict[str, str]:
    """Checksum of each file below a folder, by its path: of its bytes; of a network its weights, of a table all but times."""
    files = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.as_posix(): _checksum(folder / path) for path in files if not (OF_TIME | OF_GRAPH) & set(path.parts)}


def leftovers(place: Path, output: str, scratch: Path) -> list[str]:
    """What no finished verb leaves: temporary files, unfinished folders and locks, beside its output, in it, and in `scratch`."""
    beside = [path for path in place.iterdir() if path.name != output]
    inside = [path for path in place.rglob("*") if path.name.startswith(UNFINISHED) or path.name == LOCK]
    temporary = [path for path in scratch.iterdir() if not path.name.startswith(OF_TENSORFLOW)]
    return [path.as_posix() for path in (*beside, *inside, *temporary)]


def _checksum(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".keras":
        content = _weights(path)
    elif path.name == "variables.index":
        content = _variables(path)
    elif path.name in ("case.json", "sweep.json"):  # when the files of a case were written; minutes
        content = json.dumps(_timeless(json.loads(content))).encode()
    elif path.name in ("metrics.csv", "sweep.csv"):
        rows = list(csv.DictReader(io.StringIO(content.decode())))
        content = json.dumps([{name: value for name, value in row.items() if name not in TIMED} for row in rows]).encode()
    elif path.name == "state.npz":
        with np.load(path) as arrays:
            state = {name: arrays[name] for name in arrays.files}
        state["progress"] = state["progress"][:2]  # the third is seconds
        content = b"".join(name.encode() + state[name].tobytes() for name in sorted(state))
    return hashlib.sha256(content).hexdigest()


def _timeless(value: Any) -> Any:
    """A JSON value without times of files, and without the checksum over them."""
    if isinstance(value, dict):
        return {name: _timeless(item) for name, item in value.items() if name not in ("modified_ns", "checksum", *TIMED)}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


def _variables(index: Path) -> bytes:
    """The values in the variables of a SavedModel; their order differs from one export to the next."""
    reader = tf.train.load_checkpoint(str(index.with_suffix("")))
    names = [name for name in reader.get_variable_to_shape_map() if name != OBJECTS]
    return b"".join(sorted(np.asarray(reader.get_tensor(name)).tobytes() for name in names))


def _weights(path: Path) -> bytes:
    found: list[bytes] = []

    def take(name: str, node: h5py.Group | h5py.Dataset) -> None:
        if isinstance(node, h5py.Dataset):
            found.append(name.encode() + node[()].tobytes())

    with zipfile.ZipFile(path) as archive:
        found.append(ADDRESS.sub(b"", archive.read("config.json")))
        with h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r") as file:
            file.visititems(take)
    return b"".join(found)
