"""Files of weights as arrays by name. No format here can hold code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

Arrays = dict[str, np.ndarray]
DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8"}
"""Of safetensors, those that weights of convolutions come in."""


def read_h5(path: Path) -> Arrays:
    """Keras's files up to version 2: `layer/weight`, however deep the layer's groups are."""
    arrays: Arrays = {}

    def take(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):
            layer, *_, weight = name.split("/")
            arrays[f"{layer}/{weight.partition(':')[0]}"] = item[()]

    with h5py.File(path) as file:
        file.visititems(take)
    return arrays


def read_npz(path: Path) -> Arrays:
    """`numpy.savez` of named arrays."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def read_safetensors(path: Path) -> Arrays:
    """A length, a JSON header with dtype, shape and place of each array, and their bytes.

    Read here: the format's own package would be one more for these few lines.

    Raises:
        ValueError: not such a file, not a whole one, or a dtype that weights do not come in.
    """
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    if len(content) < 8 or start > len(content):
        raise ValueError("no whole safetensors file")
    header = json.loads(content[8:start])
    header.pop("__metadata__", None)
    arrays: Arrays = {}
    for name, entry in header.items():
        if entry["dtype"] not in DTYPES:
            raise ValueError(f"{name} of dtype {entry['dtype']}; expected one of {', '.join(DTYPES)}")
        first, last = entry["data_offsets"]
        arrays[name] = np.frombuffer(content[start + first : start + last], DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return arrays


def read_preset(path: Path) -> Arrays:
    """A folder with a preset of KerasHub's residual networks: `layer/weight`.

    Raises:
        ImportError: KerasHub is not installed.
    """
    import keras_hub  # an import of seconds, for those who have such a folder

    backbone = keras_hub.models.ResNetBackbone.from_preset(str(path))
    named = [(layer, zip(layer.weights, layer.get_weights(), strict=True)) for layer in backbone.layers]
    return {f"{layer.name}/{weight.name}": value for layer, pairs in named for weight, value in pairs}


READERS: dict[str, Callable[[Path], Arrays]] = {".h5": read_h5, ".npz": read_npz, ".safetensors": read_safetensors}
"""By the end of the file's name."""
