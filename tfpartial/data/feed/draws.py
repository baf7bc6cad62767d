"""Which slices an epoch shows, and in what order (numpy only)."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from tfpartial.data.feed.slice_index import SliceIndex


class Draws(NamedTuple):
    """How slices are drawn.

    Args:
        sampling: `slices` shows each slice with a label once in an epoch; `organs` draws as many in strata by the experts'
            labels, so that each organ is seen equally often.
        empty_share: share of all draws that go to slices of annotated cases without an annotated organ; none shows each of them
            once (`slices`), or as often as they are (`organs`).
        organ_share: `organs`: share of an organ's draws that show it; the others are annotated for it and show another organ.
        pseudo_share: `organs`: share of all draws that go to slices with a pseudo-label, where there are any.
    """

    sampling: Literal["slices", "organs"] = "slices"
    empty_share: float | None = None
    organ_share: float = 0.5
    pseudo_share: float = 0.5


def empty_draws(index: SliceIndex, draws: Draws) -> int:
    """Slices without a label in one epoch."""
    labelled = int(index.shows_label.sum())
    empty = len(index) - labelled
    if draws.empty_share is None or not empty:
        return empty
    return round(labelled * draws.empty_share / (1 - draws.empty_share))


def epoch_size(index: SliceIndex, draws: Draws) -> int:
    """Slices in one epoch: as many as show a label, and the empty ones."""
    return int(index.shows_label.sum()) + empty_draws(index, draws)


def epoch_order(index: SliceIndex, draws: Draws, seed: int, epoch: int) -> np.ndarray:
    """The slices of one epoch in random order, drawn anew for each epoch.

    Args:
        index: the slices.
        draws: how they are drawn.
        seed: seed of the run.
        epoch: number of the epoch; with the seed it determines the result.

    Returns:
        int64 `[epoch_size]`, places in `index`.
    """
    random = np.random.default_rng((seed, epoch))
    if draws.sampling == "organs":
        return random.permutation(_by_organ(index, draws, random))
    labelled, empty = np.flatnonzero(index.shows_label), np.flatnonzero(~index.shows_label)
    return random.permutation(np.concatenate([labelled, _some(empty, empty_draws(index, draws), random)]))


def _by_organ(index: SliceIndex, draws: Draws, random: np.random.Generator) -> np.ndarray:
    """As many slices as an epoch has, each stratum with its share."""
    size = epoch_size(index, draws)
    pseudo = np.flatnonzero(index.pseudo)
    organs = np.flatnonzero(index.shows.any(axis=0))
    of_pseudo = _rounded(draws.pseudo_share * size, random) if len(pseudo) and len(organs) else size * bool(len(pseudo))
    natural = index.empty.sum() / max(int((index.empty | index.expert).sum()), 1) * (size - of_pseudo) / max(size, 1)
    share = natural if draws.empty_share is None else draws.empty_share
    of_empty = min(_rounded(share * size, random), size - of_pseudo) if index.empty.any() else 0
    if not len(organs):  # no expert's label anywhere: what is left goes to the empty slices
        of_empty = size - of_pseudo
    parts = [_some(pseudo, of_pseudo, random), _even(index.annotated & index.empty[:, None], of_empty, random)]
    for organ, count in zip(organs, _divided(size - of_pseudo - of_empty, len(organs), random), strict=True):
        parts.append(_of_organ(index, int(organ), count, draws.organ_share, random))
    return np.concatenate(parts)


def _of_organ(index: SliceIndex, organ: int, count: int, share: float, random: np.random.Generator) -> np.ndarray:
    """Slices that are annotated for an organ and show it or another one."""
    with_it = np.flatnonzero(index.shows[:, organ])
    without = np.flatnonzero(index.annotated[:, organ] & ~index.shows[:, organ] & index.expert)
    of_with = _rounded(share * count, random) if len(without) else count
    return np.concatenate([_some(with_it, of_with, random), _some(without, count - of_with, random)])


def _even(columns: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Slices drawn so that each organ's column, bool `[N, K]`, is seen equally often."""
    used = np.flatnonzero(columns.any(axis=0))
    shares = _divided(count, len(used), random)
    parts = [_some(np.flatnonzero(columns[:, organ]), part, random) for organ, part in zip(used, shares, strict=True)]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _some(places: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """`count` of some places at random: none twice before each was drawn once."""
    rounds = -(-count // len(places)) if len(places) else 0
    return np.concatenate([np.zeros(0, np.int64), *(random.permutation(places) for _ in range(rounds))])[:count]


def _rounded(expected: float, random: np.random.Generator) -> int:
    """A whole number near the expected one, and equal to it in the mean."""
    return int(np.floor(expected + random.random()))


def _divided(count: int, parts: int, random: np.random.Generator) -> list[int]:
    """A number in equal parts; which parts get the remainder is drawn."""
    shares = np.full(parts, count // max(parts, 1))
    shares[random.permutation(parts)[: count - int(shares.sum())]] += 1
    return shares.tolist()
