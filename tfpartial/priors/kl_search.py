"""Where a segmented organ fits a reference best: the Kullback-Leibler divergence of every translation of a window at once.

STIPPLE places its prior on a case without labels so (O. Petit's thesis, section 4.2.2). With the translated probabilities
s_t(v) = s(v - t), the divergence of Bernoulli voxels is a sum over the N voxels of the volume,

    KL_t = 1/N Σ_v  r ln(r / s_t) + (1 - r) ln((1 - r) / (1 - s_t))

Two parts of it are added. Beyond the bounding box of r only the -ln(1 - s_t) are left: a sum over regions made of boxes, which
takes one matrix of 0 and 1 per axis. Inside, ln(1 - s_t) is summed in the same way, and r · logit(s_t) is one cross-correlation
of the box with its surroundings, by FFT on the device. Of these, only the correlation can lose digits to cancellation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops
from scipy.fft import next_fast_len
from scipy.special import entr, logit, rel_entr

from tfpartial.errors import TfpartialError
from tfpartial.metrics.box import Box, mask_box

AXES = 3
EPSILON = 1e-6
LEAST_EPSILON = 1e-10
"""Nearer to 1, float64 has too few digits left for ln(1 - s)."""
TIE = 1e-9
"""Divergences that differ relatively by less are equal but for the order in which they were summed."""
ACCURACY = 1e-5
"""Where rounding in the FFT may exceed this share of a divergence, it is summed voxel by voxel."""
MOST_DIRECT = 64
"""So many at most: each takes as long as the box has voxels."""
SAFETY = 8.0
"""The correlation's rounding errors stay below this many machine epsilons of |r| |logits|; they were seen to reach 2."""
SLAB = 16
"""Slices whose logarithms are in memory at once."""

Window = int | Sequence[int]
Offset = tuple[int, int, int]


def kl_search(reference: np.ndarray, probability: np.ndarray, window: Window, epsilon: float = EPSILON) -> tuple[Offset, float]:
    """The translation that moves the probabilities onto the reference (thesis, section 4.2.2).

    Args:
        reference, probability, window, epsilon: as `kl_map` takes them.

    Returns:
        The offset (dz, dy, dx) in voxels with the lowest divergence, by which `probability` is to be moved, and that divergence,
        per voxel in nats. Of equal ones it is the smallest movement, then the first. Both are right in float32 backends too.

    Raises:
        TfpartialError: as `kl_map`.
    """
    divergences = kl_map(reference, probability, window, epsilon)
    place = best_place(divergences)
    dz, dy, dx = (index - size // 2 for index, size in zip(place, divergences.shape, strict=True))
    return (dz, dy, dx), float(divergences[place])


def kl_map(reference: np.ndarray, probability: np.ndarray, window: Window, epsilon: float = EPSILON) -> np.ndarray:
    """The mean Bernoulli KL divergence per voxel, in nats, of every translation of the probabilities (thesis, section 4.2.2).

    Where the backend has float64 (TensorFlow), each is the voxel-by-voxel sum to 1e-5, as long as no more than `MOST_DIRECT` are
    so close to 0 that the FFT cannot tell. In float32 (JAX, unless x64 is enabled) the FFT errs by some 1e-7 |r| |logit s|, which
    is more than a good match has: the lowest `MOST_DIRECT` / 2 at least, among them the minimum, are summed voxel by voxel in
    float64; the others tell the landscape, not its digits.

    Args:
        reference: `[Z, Y, X]` in 0..1, the labels of a case or a mean of several. Time grows with the box around what is above 0.
        probability: `[Z, Y, X]` in 0..1. What comes in from outside the volume has probability 0.
        window: the farthest offset in voxels, 0 or more: one for all axes or one per axis (z, y, x). It may exceed the volume.
        epsilon: probabilities are clipped to [epsilon, 1 - epsilon], the reference is not (0 ln 0 = 0).

    Returns:
        float64 `[2wz + 1, 2wy + 1, 2wx + 1]`; entry [i, j, k] is that of the offset (i - wz, j - wy, k - wx).

    Raises:
        TfpartialError: arrays that are no volumes of one shape with values in 0..1, a reference without a voxel above 0, a
            negative or broken window, or an epsilon that is not in [1e-10, 0.5).
    """
    _require_volumes(reference, probability)
    reach = _reach(window)
    if not LEAST_EPSILON <= epsilon < 0.5:
        raise TfpartialError(f"kl search: expected epsilon from {LEAST_EPSILON:g} on and below 0.5, got {epsilon:g}")
    box = mask_box(reference > 0)
    if box is None:
        raise TfpartialError("kl search: the reference has no voxel above 0, so that there is nothing to align")
    organ = reference[box].astype(np.float64)
    surroundings = _surroundings(probability, box, reach, epsilon)
    empty = np.log1p(-epsilon)
    inside, outside = _log_sums(probability, box, reach, epsilon)
    beyond = -outside - empty * (reference.size - organ.size)
    # Inside, the sum for a probability of epsilon everywhere; then what the true one changes of it.
    mass = organ.sum()
    nowhere = -entr(organ).sum() - entr(1 - organ).sum() - np.log(epsilon) * mass - empty * (organ.size - mass)
    matched, rounding = _correlate(organ, logit(surroundings) - logit(epsilon))
    totals = np.maximum(nowhere - matched - inside, 0) + beyond
    direct = {place: _inside_directly(organ, surroundings, place) + beyond[place] for place in _doubtful(totals, rounding)}
    return _corrected(totals, direct) / reference.size


def best_place(divergences: np.ndarray) -> Offset:
    """The index of the lowest entry of a `kl_map`; of equal ones the one with the smallest movement, then the first."""
    tied = np.argwhere(divergences <= divergences.min() * (1 + TIE))
    z, y, x = tied[np.argmin(_movements(tied, divergences.shape))].tolist()
    return z, y, x


def subvoxel(divergences: np.ndarray, place: Sequence[int]) -> tuple[float, float, float]:
    """How far the minimum lies beside its voxel: the vertex of the parabola through it and its two neighbours, per axis.

    Args:
        divergences: `[I, J, K]`, a `kl_map`.
        place: index of its lowest entry, as `best_place` gives it.

    Returns:
        What to add to the offset (dz, dy, dx), in voxels, -0.5 to 0.5 each; 0 at the border of the window and where it is flat.

    Raises:
        TfpartialError: the place is not in the map.
    """
    sizes = divergences.shape
    if len(place) != len(sizes) or not all(0 <= index < size for index, size in zip(place, sizes, strict=True)):
        raise TfpartialError(f"subvoxel: expected place as an index into a map of shape {sizes}, got {tuple(place)}")
    z, y, x = place
    return _vertex(divergences[:, y, x], z), _vertex(divergences[z, :, x], y), _vertex(divergences[z, y], x)


def _vertex(line: np.ndarray, index: int) -> float:
    if not 0 < index < len(line) - 1:
        return 0.0
    before, here, after = line[index - 1 : index + 2].tolist()
    curvature = before - 2 * here + after
    return min(max((before - after) / (2 * curvature), -0.5), 0.5) if curvature > 0 else 0.0


def _require_volumes(reference: np.ndarray, probability: np.ndarray) -> None:
    if reference.shape != probability.shape:
        shapes = f"reference {reference.shape} and probability {probability.shape}"
        raise TfpartialError(f"kl search: expected equal shapes, got {shapes}")
    if reference.ndim != AXES or not reference.size:
        raise TfpartialError(f"kl search: expected volumes [Z, Y, X], got arrays of shape {reference.shape}")
    for name, values in (("reference", reference), ("probability", probability)):
        low, high = float(values.min()), float(values.max())
        if np.isnan(low):
            raise TfpartialError(f"kl search: expected {name} in 0..1, got NaN")
        if low < 0 or high > 1:
            raise TfpartialError(f"kl search: expected {name} in 0..1, got values from {low:g} to {high:g}")


def _reach(window: Window) -> tuple[int, ...]:
    """The farthest offset along each axis."""
    given = np.asarray(window)
    if given.shape not in ((), (AXES,)) or given.dtype.kind not in "iu" or (given < 0).any():
        expected = "expected window as 0 or more whole voxels, one for all axes or three (z, y, x)"
        raise TfpartialError(f"kl search: {expected}, got {window}")
    return tuple(np.broadcast_to(given, AXES).tolist())


def _surroundings(probability: np.ndarray, box: Box, reach: Sequence[int], epsilon: float) -> np.ndarray:
    """The clipped probabilities of the box and as far around it as the window reaches, `[z + 2wz, y + 2wy, x + 2wx]`."""
    spans = [(side.start - far, side.stop + far) for side, far in zip(box, reach, strict=True)]
    cut = probability[tuple(slice(max(0, start), stop) for start, stop in spans)].astype(np.float64)
    margins = [(max(0, -start), max(0, stop - size)) for (start, stop), size in zip(spans, probability.shape, strict=True)]
    return np.pad(cut.clip(epsilon, 1 - epsilon), margins, constant_values=epsilon)


def _log_sums(probability: np.ndarray, box: Box, reach: Sequence[int], epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """For each offset, the sums of ln(1 - s) - ln(1 - epsilon) over what it moves into the box, and elsewhere into the volume.

    All terms have one sign and none is taken away again, so that little sums keep their digits beside large ones. It goes slab
    by slab, in float64 on the host: the logarithms of all need as much memory as several volumes.
    """
    sides = zip(probability.shape, box, reach, strict=True)
    to_z, to_y, to_x = (_arrivals(size, side, far) for size, side, far in sides)
    height, width = probability.shape[1:]
    z_in, z_out = np.split(to_z, 2)
    sums = np.zeros((2, *(2 * far + 1 for far in reach)))  # inside, outside
    for start in range(0, len(probability), SLAB):
        slab = probability[start : start + SLAB]
        if slab.max() > epsilon:  # else there is nothing to add
            logs = np.log(1 - slab.astype(np.float64).clip(epsilon, 1 - epsilon)) - np.log(1 - epsilon)
            rows = (logs.reshape(-1, width) @ to_x.T).reshape(-1, height, len(to_x))
            planes = np.tensordot(to_y, rows, (1, 1))  # [2 (2wy + 1), slab, 2 (2wx + 1)]
            (in_in, in_out), (out_in, out_out) = (np.split(half, 2, axis=2) for half in np.split(planes, 2))
            beside = in_out + out_in + out_out
            here = slice(start, start + SLAB)
            sums[0] += np.tensordot(z_in[:, here], in_in, (1, 1))
            sums[1] += np.tensordot(z_in[:, here], beside, (1, 1)) + np.tensordot(z_out[:, here], in_in + beside, (1, 1))
    return sums[0], sums[1]


def _arrivals(size: int, side: slice, far: int) -> np.ndarray:
    """1 where an offset moves an index into the side of the box; below, where elsewhere into the volume. `[2 (2w + 1), size]`."""
    moved = np.arange(-far, far + 1)[:, None] + np.arange(size)
    inside = (moved >= side.start) & (moved < side.stop)
    elsewhere = (moved >= 0) & (moved < size) & ~inside
    return np.concatenate([inside, elsewhere]).astype(np.float64)


def _correlate(organ: np.ndarray, logits: np.ndarray) -> tuple[np.ndarray, float]:
    """Σ_v organ(v) logits(v - t) for each offset t, in the order of the map, and how far rounding may have moved it.

    The surroundings exceed the box by just the window on each side, so that no wanted offset wraps around.
    """
    wanted_z, wanted_y, wanted_x = (wide - narrow + 1 for wide, narrow in zip(logits.shape, organ.shape, strict=True))
    lengths = [next_fast_len(size, real=True) for size in logits.shape]  # cuFFT likes factors of 2, 3 and 5 as well
    (a, b), (c, d) = _spectrum(organ, lengths), _spectrum(logits, lengths)
    real, imaginary = ops.ifft2((a * c + b * d, a * d - b * c))  # (X / 2 + 1, Z, Y)
    kept = [ops.transpose(part[:, :wanted_z, :wanted_y], (1, 2, 0)) for part in (real, imaginary)]
    matched = ops.convert_to_numpy(ops.irfft(tuple(kept), fft_length=lengths[2]))[..., :wanted_x]
    rounding = SAFETY * float(np.finfo(matched.dtype).eps * np.linalg.norm(organ) * np.linalg.norm(logits))
    # Its first entry starts where the surroundings do: there the probabilities have come the farthest forwards.
    return matched[::-1, ::-1, ::-1].astype(np.float64), rounding


def _spectrum(values: np.ndarray, lengths: Sequence[int]) -> tuple:
    """The three-dimensional transform as (real, imaginary), `(X / 2 + 1, Z, Y)`: Keras transforms the last axes only."""
    half = [ops.transpose(part, (2, 0, 1)) for part in ops.rfft(_on_device(values), fft_length=lengths[2])]
    margins = [(0, 0), *((0, length - size) for length, size in zip(lengths[:2], values.shape[:2], strict=True))]
    return ops.fft2(tuple(ops.pad(part, margins) for part in half))


def _on_device(values: np.ndarray) -> Any:
    """In float64, unless the backend makes it float32."""
    return ops.convert_to_tensor(values)


def _doubtful(totals: np.ndarray, rounding: float) -> list[Offset]:
    """Where rounding may matter: for the value, or for which is the lowest. If they are too many, the lowest and the nearest."""
    rivals = totals <= totals.min() * (1 + 2 * TIE) + 2 * rounding
    doubtful = totals < rounding / ACCURACY
    if np.count_nonzero(rivals) > 1:
        doubtful |= rivals
    places = np.argwhere(doubtful)
    if len(places) > MOST_DIRECT:
        lowest, nearest = (np.argsort(key, kind="stable") for key in (totals[doubtful], _movements(places, totals.shape)))
        places = places[np.union1d(lowest[: MOST_DIRECT // 2], nearest[: MOST_DIRECT // 2])]
    return [(z, y, x) for z, y, x in places.tolist()]


def _corrected(totals: np.ndarray, direct: Mapping[Offset, float]) -> np.ndarray:
    """The totals with those that were summed directly. Rounding may have left others lower than the lowest of them: none is."""
    if direct:
        totals = np.maximum(totals, min(direct.values()) * (1 + 2 * TIE))
        for place, total in direct.items():
            totals[place] = total
    return totals


def _inside_directly(organ: np.ndarray, surroundings: np.ndarray, place: Offset) -> float:
    """The sum over the box voxel by voxel, for one offset."""
    wanted = (wide - narrow for wide, narrow in zip(surroundings.shape, organ.shape, strict=True))
    starts = [last - index for last, index in zip(wanted, place, strict=True)]
    moved = surroundings[tuple(slice(start, start + size) for start, size in zip(starts, organ.shape, strict=True))]
    return float((rel_entr(organ, moved) + rel_entr(1 - organ, 1 - moved)).sum())


def _movements(places: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """The squared lengths in voxels of the offsets at some places of a map."""
    return ((places - np.asarray(shape) // 2) ** 2).sum(axis=1)
