"""What the metrics take: pairs of bool masks, and the spacing of their voxels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfpartial.errors import TfpartialError

AXES = 3


def require_masks(metric: str, reference: np.ndarray, prediction: np.ndarray) -> None:
    """Raises `TfpartialError`, which names the metric, unless both are bool and of one shape."""
    if reference.shape != prediction.shape:
        shapes = f"reference {reference.shape} and prediction {prediction.shape}"
        raise TfpartialError(f"{metric}: expected equal shapes, got {shapes}")
    if reference.dtype != bool or prediction.dtype != bool:
        types = f"reference {reference.dtype} and prediction {prediction.dtype}"
        raise TfpartialError(f"{metric}: expected bool arrays, got {types}")


def require_volumes(metric: str, reference: np.ndarray, prediction: np.ndarray, spacing_mm: Sequence[float]) -> None:
    """Raises `TfpartialError`, which names the metric, unless both are bool `[Z, Y, X]` and each axis has a spacing."""
    require_masks(metric, reference, prediction)
    if reference.ndim != AXES:
        raise TfpartialError(f"{metric}: expected volumes [Z, Y, X], got arrays of shape {reference.shape}")
    require_spacing(metric, spacing_mm)


def require_spacing(metric: str, spacing_mm: Sequence[float]) -> None:
    """Raises `TfpartialError`, which names the metric, unless there are three positive numbers."""
    spacing = np.asarray(spacing_mm, dtype=float)
    if spacing.shape != (AXES,) or not (np.isfinite(spacing) & (spacing > 0)).all():
        raise TfpartialError(f"{metric}: expected spacing_mm as three positive numbers (z, y, x), got {spacing.tolist()}")


def long_axes(shape: Sequence[int]) -> tuple[int, ...]:
    """The axes along which a volume extends. One slice is a picture: its surface is the contour in it, not both of its faces."""
    return tuple(axis for axis, size in enumerate(shape) if size > 1) or (len(shape) - 1,)
