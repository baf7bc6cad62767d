"""From a label map and what was annotated to targets and weight maps, inside the compiled step.

Only bytes travel to the device (a 512x512 slice: 0.26 MB); the float maps (7.3 MB for 7 organs, twice) exist there alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from tfpartial.errors import TfpartialError
from tfpartial.labels import BACKGROUND, IGNORE

Tensor = Any


class Voxels(NamedTuple):
    """What is known about each voxel: bool maps that broadcast to `[..., K]`."""

    positive: Tensor
    """The label is organ k."""
    annotated: Tensor
    """Somebody looked for organ k in this slice."""
    labelled: Tensor
    """The label is some organ: an expert's, or a pseudo-label."""
    outside_box: Tensor | None
    """No organ can be here."""


def _any_or_outside_box(voxels: Voxels) -> Tensor:
    if voxels.outside_box is None:
        raise TfpartialError("weight rule 'any_or_outside_box' expects outside_box: bool, one value per voxel; got none")
    return ops.logical_or(voxels.labelled, voxels.outside_box)


RULES: dict[str, Callable[[Voxels], Tensor]] = {
    "certain": lambda voxels: ops.logical_or(voxels.annotated, voxels.labelled),  # SMILE eq. 1; thesis eq. 3.2
    "naive": lambda voxels: ops.ones_like(voxels.labelled),  # every missing label is taken for background
    "positives": lambda voxels: voxels.positive,  # PBCE, Martin et al. 2022
    "any": lambda voxels: voxels.labelled,  # MBCE, Martin et al. 2022
    "any_or_outside_box": _any_or_outside_box,  # MBCE with boxes, Martin et al. 2022
}
"""Where the label of organ k may be learned, by rule. A voxel to ignore (255) weighs nothing under any of them."""
NEEDS: dict[str, tuple[str, ...]] = {"any_or_outside_box": ("outside_box",)}
"""What a rule reads of a batch beyond `label` and `annotated`."""


def targets_and_weights(
    label: Tensor,
    annotated: Tensor,
    num_organs: int,
    rule: str = "certain",
    outside_box: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Targets y and weight maps w of every organ.

    `certain` is the ambiguity map of the thesis (eq. 3.2), and covers pseudo-labels as well:

        y_k = (label == k)
        w_k = (annotated_k or label > 0) and label != 255

    Example (K = 2, only organ 1 annotated):

        label                 0  1  2  255
        y_1                   0  1  0  0
        w_1                   1  1  1  0
        y_2                   0  0  1  0
        w_2                   0  1  1  0

    Args:
        label: uint8 `[...]`, codes 0 (no annotated organ), 1..K, 255 (ignore).
        annotated: bool `[..., K]`. Its leading dimensions are the first ones of `label`: a `[B, H, W]` label takes one
            K-vector for all (`[K]`), per slice (`[B, K]`) or per voxel (`[B, H, W, K]`).
        num_organs: K.
        rule: a key of `RULES`.
        outside_box: bool, shape of `label`: true outside a box that contains every organ. For `any_or_outside_box` only.

    Returns:
        `(y, w)`, float32 `[..., K]`, both 0 or 1.

    Raises:
        TfpartialError: an unknown rule, a label map that is not integer, shapes that do not fit, a missing `outside_box`.
    """
    if rule not in RULES:
        raise TfpartialError(f"weight rule '{rule}' does not exist; expected one of {', '.join(RULES)}")
    label = _integers(ops.convert_to_tensor(label))
    annotated = _beside(label, ops.cast(annotated, "bool"), num_organs)
    outside_box = None if outside_box is None else _voxelwise(label, ops.cast(outside_box, "bool"))
    label = ops.expand_dims(label, -1)  # [..., 1]
    organ_ids = ops.convert_to_tensor(np.arange(1, num_organs + 1), dtype=label.dtype)  # a byte, like the label: no wide maps
    positive = ops.equal(label, organ_ids)  # [..., K]
    known = ops.not_equal(label, IGNORE)
    labelled = ops.logical_and(ops.not_equal(label, BACKGROUND), known)
    weight = ops.logical_and(RULES[rule](Voxels(positive, annotated, labelled, outside_box)), known)
    return ops.cast(positive, "float32"), ops.broadcast_to(ops.cast(weight, "float32"), ops.shape(positive))


def _integers(label: Tensor) -> Tensor:
    dtype = keras.backend.standardize_dtype(label.dtype)
    if "int" not in dtype:
        raise TfpartialError(f"label map: expected an integer type, got {dtype}")
    return label


def _voxelwise(label: Tensor, outside_box: Tensor) -> Tensor:
    """`outside_box` as `[..., 1]`."""
    if not _agree(outside_box.shape, label.shape) or len(outside_box.shape) != len(label.shape):
        raise TfpartialError(
            f"outside_box: expected the shape of the label map {tuple(label.shape)}, got {tuple(outside_box.shape)}"
        )
    return ops.expand_dims(outside_box, -1)


def _beside(label: Tensor, annotated: Tensor, num_organs: int) -> Tensor:
    """`annotated` with the dimensions that it lacks beside `label`: `[B, K]` -> `[B, 1, 1, K]` for a `[B, H, W]` label."""
    lead = annotated.shape[:-1]
    if not _agree(lead, label.shape) or annotated.shape[-1] != num_organs:
        raise TfpartialError(
            f"annotated sets: expected [..., {num_organs}] with the leading dimensions of the label map {tuple(label.shape)}, "
            f"got {tuple(annotated.shape)}"
        )
    lacking = len(label.shape) - len(lead) if len(lead) else 0
    return ops.expand_dims(annotated, [-2 - axis for axis in range(lacking)]) if lacking else annotated


def _agree(lead: Sequence[int | None], of_label: Sequence[int | None]) -> bool:
    """Whether sizes are the first sizes of a label map, as far as they are known (None) while tracing."""
    known = zip(lead, of_label, strict=False)
    return len(lead) <= len(of_label) and all(mine == its or mine is None or its is None for mine, its in known)
