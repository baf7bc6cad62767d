"""First weights of a residual encoder from a local file: those that ImageNet gave it, most often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from tfpartial.errors import TfpartialError
from tfpartial.models.encoders.resnet import STEM, Normalised
from tfpartial.models.encoders.table import ENCODERS
from tfpartial.models.encoders.weight_files import READERS, read_preset

Arrays = Mapping[str, np.ndarray]
PARTS = ("gamma", "beta", "moving_mean", "moving_variance")
"""Of a batch normalisation, in the order of Keras's weights."""
RGB = 3
IMAGENET_SD = 58.0
"""Standard deviation of ImageNet's colours from 0 to 255, over all channels."""


class Source(NamedTuple):
    """What a program that writes weights calls them.

    Args:
        program: its name, for messages.
        sign: one of its names that no other program has.
        kernel: the name of a convolution's kernel.
        part: the name of a part of `PARTS`.
        left_out: beginnings and ends of the names of what an encoder does not need: the classifier, counters.
        late_stride: see `ResNet`.
        from_torch: kernels are `[out, in, rows, columns]`, not `[rows, columns, in, out]` as in Keras.
        scale: what the first kernel is multiplied by, to read slices of unit variance.
        blue_first: the first kernel reads blue, green, red.
    """

    program: str
    sign: str
    kernel: Callable[[Normalised], str]
    part: Callable[[Normalised, int], str]
    left_out: tuple[tuple[str, ...], tuple[str, ...]]
    late_stride: bool
    from_torch: bool = False
    scale: float = 1.0
    blue_first: bool = False


def _applications(conv: Normalised, kind: str) -> str:
    return f"conv{conv.level}_block{conv.block}_{conv.number}_{kind}" if conv.block else f"conv1_{kind}"


def _hub(conv: Normalised, kind: str) -> str:
    return f"stack{conv.level - 2}_block{conv.block - 1}_{conv.number}_{kind}" if conv.block else f"conv1_{kind}"


def _torch(conv: Normalised, kind: str) -> str:
    if not conv.block:
        return f"{kind}1"
    block = f"layer{conv.level - 1}.{conv.block - 1}"
    return f"{block}.{kind}{conv.number}" if conv.number else f"{block}.downsample.{('conv', 'bn').index(kind)}"


APPLICATIONS = Source(
    "Keras Applications",
    "conv2_block1_1_conv/kernel",
    lambda conv: f"{_applications(conv, 'conv')}/kernel",
    lambda conv, part: f"{_applications(conv, 'bn')}/{PARTS[part]}",
    (("predictions/", "probs/"), ()),
    late_stride=False,
    scale=IMAGENET_SD,
    blue_first=True,
)
HUB = Source(
    "KerasHub",
    "stack0_block0_1_conv/kernel",
    lambda conv: f"{_hub(conv, 'conv')}/kernel",
    lambda conv, part: f"{_hub(conv, 'bn')}/{PARTS[part]}",
    ((), ()),
    late_stride=True,
)
TORCH = Source(
    "torchvision",
    "conv1.weight",
    lambda conv: f"{_torch(conv, 'conv')}.weight",
    lambda conv, part: f"{_torch(conv, 'bn')}.{('weight', 'bias', 'running_mean', 'running_var')[part]}",
    (("fc.",), ("num_batches_tracked",)),
    late_stride=True,
    from_torch=True,
)
SOURCES = (APPLICATIONS, HUB, TORCH)


def take_encoder_weights(network: keras.Model, encoder: str, path: Path) -> None:
    """Gives the encoder of `network` the weights of a file, in place; all of them, or none.

    Files are Keras Applications' `..._notop.h5`, and `.safetensors` or `.npz` with torchvision's names (timm has them as well);
    a folder is a preset of KerasHub's. None of these can hold code; torch's own `.pth` is a pickle, and is not read.

    Keras Applications' kernels carry biases, which go into the means of the normalisations behind them, and its first kernel
    reads blue, green, red of 0 to 255: it is turned round, and multiplied by 58, ImageNet's standard deviation, so that it reads
    slices of unit variance in the order red, green, blue, as torchvision's does.
    Where the slice has not 3 channels, each gets the sum of the kernels of red, green and blue over the number of channels: a
    grey slice, repeated over the channels, gives the features that a grey picture gave.

    Args:
        network: with the layers of the encoder.
        encoder: its name in `ENCODERS`.
        path: the file or folder.

    Raises:
        TfpartialError: no such file, one that cannot be read, or weights of another network.
    """
    arrays = _read(path)
    source = next((each for each in SOURCES if each.sign in arrays), None)
    if source is None:
        named = " or ".join(f"{each.sign} ({each.program})" for each in SOURCES)
        raise TfpartialError(f"weights: {path}: expected a residual network's weights with {named}, got {_some(arrays)}")
    _require_kind(path, encoder, source)
    wanted = list(ENCODERS[encoder].convolutions())
    _require_names(path, encoder, source, arrays, wanted)
    values = {}
    for conv in wanted:
        kernel, normalisation = network.get_layer(conv.name), network.get_layer(f"{conv.name}_bn")
        values[kernel] = [_kernel(source, arrays, conv, kernel.kernel.shape[2])]
        values[normalisation] = _normalisation(source, arrays, conv)
    for layer, given in values.items():
        _require_fit(path, layer, given)
    for layer, given in values.items():
        layer.set_weights(given)


def _read(path: Path) -> dict[str, np.ndarray]:
    if not path.exists():
        raise TfpartialError(f"weights: {path}: no such file; expected an encoder's weights")
    reader = read_preset if path.is_dir() else READERS.get(path.suffix)
    if reader is None:
        raise TfpartialError(f"weights: {path}: expected a file that ends in {', '.join(READERS)}; a pickle is not read")
    try:
        return reader(path)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ImportError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TfpartialError(f"weights: {path}: expected an encoder's weights, got: {reason}") from error


def _require_kind(path: Path, encoder: str, source: Source) -> None:
    """A bottleneck halves the grid at one of two places, and no shape tells which."""
    made = ENCODERS[encoder]
    if made.bottleneck and made.late_stride != source.late_stride:
        fit = [name for name, each in ENCODERS.items() if each == made._replace(late_stride=source.late_stride)]
        raise TfpartialError(f"weights: {path}: weights of {source.program} fit the encoder {fit[0]}, got {encoder}")


def _require_names(path: Path, encoder: str, source: Source, arrays: Arrays, wanted: list[Normalised]) -> None:
    named = {source.part(conv, part) for conv in wanted for part in range(len(PARTS))} | {source.kernel(conv) for conv in wanted}
    biases = {_bias(source, conv) for conv in wanted}
    starts, ends = source.left_out
    further = {name for name in set(arrays) - named - biases if not name.startswith(starts) and not name.endswith(ends or "\0")}
    for what, names in (("it lacks", named - set(arrays)), ("it also has", further)):
        if names:
            raise TfpartialError(f"weights: {path}: expected weights of {encoder}; {what} {_some(names)}")


def _some(names: Mapping[str, object] | set[str]) -> str:
    few = sorted(names)[:3]
    more = len(names) - len(few)
    return ", ".join(few) + (f" and {more} more" if more else "") if few else "nothing"


def _bias(source: Source, conv: Normalised) -> str:
    """The name of a convolution's bias, which Keras Applications has before a normalisation, too; torchvision has none."""
    return source.kernel(conv).replace("/kernel", "/bias")


def _kernel(source: Source, arrays: Arrays, conv: Normalised, channels: int) -> np.ndarray:
    """`[rows, columns, in, out]`."""
    kernel = arrays[source.kernel(conv)].astype(np.float32)
    if kernel.ndim != 4:
        return kernel
    kernel = kernel.transpose(2, 3, 1, 0) if source.from_torch else kernel
    if conv != STEM:
        return kernel
    kernel = source.scale * (kernel[:, :, ::-1] if source.blue_first else kernel)
    if kernel.shape[2] == RGB != channels:
        kernel = np.repeat(kernel.sum(axis=2, keepdims=True) / channels, channels, axis=2)
    return kernel


def _normalisation(source: Source, arrays: Arrays, conv: Normalised) -> list[np.ndarray]:
    parts = [arrays[source.part(conv, part)].astype(np.float32) for part in range(len(PARTS))]
    bias = None if source.from_torch else arrays.get(_bias(source, conv))
    if bias is not None and bias.shape == parts[2].shape:
        parts[2] = parts[2] - bias
    return parts


def _require_fit(path: Path, layer: keras.layers.Layer, given: list[np.ndarray]) -> None:
    for weight, value in zip(layer.weights, given, strict=True):
        if tuple(weight.shape) != value.shape:
            expected = f"expected shape {tuple(weight.shape)} for {weight.name} of {layer.name}, got {value.shape}"
            raise TfpartialError(f"weights: {path}: {expected}; published weights have width 64")
        if not np.isfinite(value).all():
            raise TfpartialError(f"weights: {path}: expected finite weights, got NaN or infinity for {layer.name}")
