"""Residual networks (He et al. 2016) that give the features of each level, dilated where a network asks for it.

Blocks of our own rather than KerasHub's `ResNetBackbone`: that one takes neither a dilation nor an output stride, which DeepLab
lives by, has at least 64 filters, and brings 16 packages of 270 MB, clients of model hubs among them, along to each training.
Weights of Keras Applications, torchvision and KerasHub fit these blocks (`encoders/weights.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from keras import layers

from tfpartial.models import blocks
from tfpartial.models.blocks import Features

Levels: TypeAlias = dict[str, Features]
"""`P1` to `P5`: features at strides 2, 4, 8, 16 and 32 of the slice, or at the output stride where it is less."""
EPSILON = 1e-5
"""Of the batch normalisations, as the published weights were trained."""
STAGES = (2, 3, 4, 5)
"""Levels that consist of blocks; level 1 is the stem."""


class Normalised(NamedTuple):
    """A convolution and its batch normalisation: its level, its block and its number in it; 0 is a shortcut's."""

    level: int
    block: int
    number: int

    @property
    def name(self) -> str:
        """Of the convolution's layer; the normalisation's has `_bn` behind it."""
        return f"encoder_{self.level}_block_{self.block}_conv_{self.number}" if self.block else "encoder_1_conv"


STEM = Normalised(1, 0, 1)


class Step(NamedTuple):
    """How a block moves over the grid: the stride of its first convolution of stride, and the dilation of each 3x3 one."""

    stride: int
    rates: tuple[int, int]


class ResNet(NamedTuple):
    """One residual network.

    Args:
        blocks: residual blocks at the levels 2 to 5.
        bottleneck: blocks of 1x1, 3x3 and 1x1 convolutions to four times the filters; else of two 3x3 ones.
        late_stride: a bottleneck halves the grid by its 3x3 convolution ("v1.5", as torchvision has it) rather than by its first
            one (as published, and as Keras Applications has it). The weights are of the same shapes, and mean something else.
    """

    blocks: tuple[int, int, int, int]
    bottleneck: bool = True
    late_stride: bool = False

    def __call__(self, image: Features, width: int, output_stride: int = 32, multi_grid: Sequence[int] = (1,)) -> Levels:
        """The features of a slice, `[B, H, W, C]`.

        Args:
            image: the slice; its sides are multiples of the output stride.
            width: filters of the stem, 64 as published; level 2 has as many, each level below twice as many, and bottlenecks
                four times as many again.
            output_stride: levels of a larger stride keep this one, and their convolutions are dilated instead.
            multi_grid: what the dilations of the last level's blocks are multiplied by; the last number holds for further blocks.
        """
        x = layers.ZeroPadding2D(3, name="encoder_1_pad")(image)
        x = blocks.norm_relu(_convolution(x, width, 7, STEM.name, 2), STEM.name, epsilon=EPSILON)
        levels = {"P1": x}
        x = layers.ZeroPadding2D(1, name="encoder_2_pad")(x)  # after a relu a zero is as good as nothing
        x = layers.MaxPooling2D(3, 2, name="encoder_2_pool")(x)
        for level, count in zip(STAGES, self.blocks, strict=True):
            for number in range(1, count + 1):
                grid = multi_grid[min(number, len(multi_grid)) - 1] if level == STAGES[-1] else 1
                x = self._block(x, level, number, width * 2 ** (level - 2), _step(level, number, output_stride, grid))
            levels[f"P{level}"] = x
        return levels

    def convolutions(self) -> Iterator[Normalised]:
        """All convolutions; a shortcut has one where a block changes the number of filters."""
        yield STEM
        for level, count in zip(STAGES, self.blocks, strict=True):
            for block in range(1, count + 1):
                shortcut = block == 1 and (self.bottleneck or level > STAGES[0])
                for number in range(0 if shortcut else 1, 4 if self.bottleneck else 3):
                    yield Normalised(level, block, number)

    def _block(self, x: Features, level: int, block: int, filters: int, step: Step) -> Features:
        names = [Normalised(level, block, number).name for number in range(4)]
        first, second = step.rates
        if self.bottleneck:
            early, late = (1, step.stride) if self.late_stride else (step.stride, 1)
            out = blocks.norm_relu(_convolution(x, filters, 1, names[1], early), names[1], epsilon=EPSILON)
            out = _convolution(out, filters, 3, names[2], late, first if self.late_stride else second)
            out = blocks.norm_relu(out, names[2], epsilon=EPSILON)
            out = _convolution(out, 4 * filters, 1, names[3])
        else:
            out = blocks.norm_relu(_convolution(x, filters, 3, names[1], step.stride, first), names[1], epsilon=EPSILON)
            out = _convolution(out, filters, 3, names[2], 1, second)
        out = blocks.norm(out, names[3 if self.bottleneck else 2], epsilon=EPSILON)
        if x.shape[-1] != out.shape[-1]:
            x = blocks.norm(_convolution(x, out.shape[-1], 1, names[0], step.stride), names[0], epsilon=EPSILON)
        name = f"encoder_{level}_block_{block}"
        return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_add")([x, out]))


def _step(level: int, block: int, output_stride: int, grid: int) -> Step:
    """The first block of a level halves the grid, or leaves it; what reads the grid before keeps the dilation of that level.

    So a dilated network gives, at the places that a strided one keeps, the same features.
    """
    rate, before = max(2**level // output_stride, 1), max(2 ** (level - 1) // output_stride, 1)
    stride = 2 if block == 1 and level > STAGES[0] and 2**level <= output_stride else 1
    return Step(stride, ((before if block == 1 else rate) * grid, rate * grid))


def _convolution(x: Features, filters: int, size: int, name: str, stride: int = 1, rate: int = 1) -> Features:
    """Without a bias; of a stride, it is padded alike on both sides (Keras's `same` pads behind alone, half a voxel off)."""
    padding = "same" if stride == 1 else "valid"
    if stride > 1 and size == 3:
        x = layers.ZeroPadding2D(1, name=f"{name}_pad")(x)
    if stride > 1 and size == 1:
        # The voxels that the stride keeps, then no stride: the gradient of a strided 1x1 convolution writes outside of its memory
        # where TensorFlow 2.21 computes it by oneDNN ("corrupted size vs. prev_size").
        x, stride, padding = layers.MaxPooling2D(1, stride, name=f"{name}_pick")(x), 1, "same"
    options = {"padding": padding, "strides": stride, "dilation_rate": rate, "use_bias": False, "kernel_initializer": "he_normal"}
    return layers.Conv2D(filters, size, name=name, **options)(x)
