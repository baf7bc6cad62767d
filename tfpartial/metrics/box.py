"""Bounding boxes: an organ fills a small part of its volume."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import find_objects

Box = tuple[slice, ...]


def mask_box(mask: np.ndarray) -> Box | None:
    """The smallest box around the true voxels of a mask; None when there are none."""
    return find_objects(mask.view(np.uint8), max_label=1)[0]


def label_boxes(label: np.ndarray, count: int) -> Sequence[Box | None]:
    """The smallest box around each of the codes 1..count of a uint8 label map; None for those that do not occur."""
    return find_objects(label, max_label=count)


def union(first: Box | None, second: Box | None) -> Box | None:
    """The smallest box around both."""
    if first is None or second is None:
        return first or second
    return tuple(slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(first, second, strict=True))
