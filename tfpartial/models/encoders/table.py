"""The table of encoders."""

from __future__ import annotations

from typing import Literal

from tfpartial.models.encoders.resnet import Levels, ResNet

EncoderName = Literal["resnet18", "resnet34", "resnet50", "resnet101", "resnet50_v1_5", "resnet101_v1_5"]
ENCODERS: dict[str, ResNet] = {
    "resnet18": ResNet((2, 2, 2, 2), bottleneck=False),
    "resnet34": ResNet((3, 4, 6, 3), bottleneck=False),
    "resnet50": ResNet((3, 4, 6, 3)),
    "resnet101": ResNet((3, 4, 23, 3)),
    "resnet50_v1_5": ResNet((3, 4, 6, 3), late_stride=True),
    "resnet101_v1_5": ResNet((3, 4, 23, 3), late_stride=True),
}
"""Called with the slice, `width`, and for dilation `output_stride` and `multi_grid`, each gives its levels."""

__all__ = ["ENCODERS", "EncoderName", "Levels"]
