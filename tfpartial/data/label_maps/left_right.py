"""One organ that stands for both sides, divided into its left and its right part by position."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

COMPARABLE = 0.25
"""Two pieces may be the two sides when the smaller has at least this share of the larger one's voxels."""
ACROSS = 0.2
"""A piece lies across the midline when at least this share of its voxels is on either side."""


def divide_left_right(mask: np.ndarray, midline_x: float | None = None) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Divides a mask at the patient's midline.

    Each connected piece (26 neighbours) goes to the side of its centroid, small specks as well. A piece with a fifth of its
    voxels or more on either side, such as a horseshoe kidney, is cut at the midline.

    Where the midline is not known, it is the middle between the two largest pieces, if they can be the two sides: the smaller
    has at least a quarter of the larger one's voxels, and their centroids are further apart along x than their mean width.
    Otherwise it is the middle of the volume: the best guess for a single kidney, and wrong where the patient lies far from the
    middle of the image. Two pieces of one and the same side that lie beside each other would be taken for the two sides. The
    detail says which rule it was.

    Args:
        mask: bool `[Z, Y, X]` in LPS: x grows towards the patient's left.
        midline_x: x of the midline, as a voxel index with a fraction.

    Returns:
        left, right: bool of the same shape, disjoint, together `mask`. A voxel right on the midline goes to the left.
        detail: `midline_x`, the `rule` it comes from, the number of `pieces` and how many were `cut`; JSON.
    """
    left = np.zeros_like(mask)
    box = _bounding_box(mask)
    if box is None:
        return left, left.copy(), {"midline_x": midline_x, "rule": "empty", "pieces": 0, "cut": 0}
    pieces, count = ndimage.label(mask[box], structure=np.ones((3, 3, 3), bool))
    profile = _x_profiles(pieces, count)  # (piece, x)
    x = np.arange(profile.shape[1]) + box[2].start
    midline, rule = (midline_x, "given") if midline_x is not None else _find_midline(profile, x, mask.shape[2])
    sizes = profile.sum(axis=1)
    on_left = profile[:, x >= midline].sum(axis=1) / sizes
    cut = (on_left >= ACROSS) & (on_left <= 1 - ACROSS)
    whole_left = ~cut & (profile @ x / sizes >= midline)
    goes_left = np.concatenate([[False], whole_left])[pieces]
    goes_left |= np.concatenate([[False], cut])[pieces] & (x >= midline)
    left[box] = goes_left
    detail = {"midline_x": round(float(midline), 2), "rule": rule, "pieces": count, "cut": int(cut.sum())}
    return left, mask & ~left, detail


def _find_midline(profile: np.ndarray, x: np.ndarray, width: int) -> tuple[float, str]:
    """The midline without an image, and its rule; `profile` `[piece, x]` has the voxels of each piece in each column."""
    largest = np.argsort(profile.sum(axis=1), kind="stable")[:-3:-1]
    if len(largest) == 2:
        sizes = profile[largest].sum(axis=1)
        centroids = profile[largest] @ x / sizes
        mean_width = (profile[largest] > 0).sum(axis=1).mean()
        if sizes[1] >= COMPARABLE * sizes[0] and abs(centroids[0] - centroids[1]) > mean_width:
            return float(centroids.mean()), "middle between the two largest pieces"
    return (width - 1) / 2, "middle of the volume"


def _x_profiles(pieces: np.ndarray, count: int) -> np.ndarray:
    """Voxels of each piece (numbers 1..count) in each column x: `[count, X]`."""
    width = pieces.shape[2]
    total = np.zeros((count + 1) * width, np.int64)
    for plane in pieces:
        total += np.bincount((plane * width + np.arange(width)).ravel(), minlength=total.size)
    return total.reshape(count + 1, width)[1:]


def _bounding_box(mask: np.ndarray) -> tuple[slice, slice, slice] | None:
    spans = [np.flatnonzero(mask.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    if not spans[0].size:
        return None
    z, y, x = (slice(int(span[0]), int(span[-1]) + 1) for span in spans)
    return z, y, x
