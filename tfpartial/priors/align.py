"""The places of all organs in a case: coarse centres, the search by KL divergence, and what is not to be trusted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from tfpartial.config import SearchConfig
from tfpartial.data.fold.positions import OrganPosition
from tfpartial.errors import TfpartialError
from tfpartial.priors.arrangement import displacement
from tfpartial.priors.grid import CoarseGrid
from tfpartial.priors.search import Found, search
from tfpartial.priors.spatial_prior import References, SpatialPrior


def align_case(
    probability: np.ndarray,
    grid: CoarseGrid,
    prior: SpatialPrior,
    settings: SearchConfig,
    labelled_mm: np.ndarray | None = None,
    absent: Collection[str] = (),
) -> dict[str, OrganPosition]:
    """Finds the organs of a case.

    An organ whose place is not trusted gets none: under no prior the activation is the plain one, under a wrong one it is wrong.

    Args:
        probability: float32 `[K, z, y, x]`, of a first segmenter, on the coarse grid.
        grid: the grid.
        prior: the priors, with their references.
        settings: how.
        labelled_mm: `[K, 3]`, centres of the organs whose label is known there, which are not looked for; NaN for the others.
        absent: organs that an expert looked for and did not find, which are not looked for either.

    Raises:
        TfpartialError: NaN among the probabilities, or cells of another size than the references'.
    """
    if not np.isfinite(probability).all():
        raise TfpartialError("align: expected probabilities from 0 to 1, got NaN or infinity")
    if grid.cell_mm != prior.grid_mm:
        raise TfpartialError(f"align: expected cells of {prior.grid_mm:g} mm, as the references', got {grid.cell_mm:g} mm")
    labelled = np.full((len(prior.organs), 3), np.nan) if labelled_mm is None else labelled_mm
    chosen = [
        organ
        for organ, centre in zip(prior.organs, labelled, strict=True)
        if organ in prior.references and np.isnan(centre).any() and organ not in absent
    ]
    found = {organ: _search(probability[prior.organs.index(organ)], prior.references[organ], grid, settings) for organ in chosen}
    positions = {
        organ: _judge(found[organ], probability[prior.organs.index(organ)], grid, prior, settings, organ) for organ in chosen
    }
    known = {organ: OrganPosition("absent") for organ in absent} | _labelled(labelled, prior)
    return known | _without_displaced(positions, labelled, prior, settings)


def _search(probability: np.ndarray, references: References, grid: CoarseGrid, settings: SearchConfig) -> Found | None:
    window = max(1, round(settings.window_mm / grid.cell_mm))
    return search(probability, references, window, settings.votes, settings.pull_mm / grid.cell_mm, settings.pieces)


def _labelled(labelled: np.ndarray, prior: SpatialPrior) -> dict[str, OrganPosition]:
    known = [(organ, centre.tolist()) for organ, centre in zip(prior.organs, labelled, strict=True) if np.isfinite(centre).all()]
    return {organ: OrganPosition("labelled", (z, y, x)) for organ, (z, y, x) in known}


def _judge(
    found: Found | None, probability: np.ndarray, grid: CoarseGrid, prior: SpatialPrior, settings: SearchConfig, organ: str
) -> OrganPosition:
    if found is None:
        return OrganPosition("absent")
    coarse, searched = (_position(grid, place) for place in (found.coarse, found.place))
    position = OrganPosition(
        "aligned",
        searched if settings.adjust else coarse,
        coarse,
        searched,
        found.divergence,
        found.sharpness,
        found.overlap,
        found.spread * grid.cell_mm,
    )
    volume_ml = float(probability[probability >= 0.5].sum()) * grid.cell_mm**3 / 1000
    if volume_ml < settings.smallest * _smallest_ml(prior, organ):
        return replace(position, state="absent", centre_mm=None)
    if settings.adjust and (found.overlap < settings.poorest or found.at_border):
        return replace(position, state="poor", centre_mm=None)
    return position


def _without_displaced(
    positions: dict[str, OrganPosition], labelled: np.ndarray, prior: SpatialPrior, settings: SearchConfig
) -> dict[str, OrganPosition]:
    centres = np.array(labelled, float)
    for organ, position in positions.items():
        if position.centre_mm is not None:
            centres[prior.organs.index(organ)] = position.centre_mm
    numbers = displacement(centres, prior.centres_mm)
    judged = {}
    for organ, position in positions.items():
        number = float(numbers[prior.organs.index(organ)])
        if np.isfinite(number):
            position = replace(position, displacement=number)
            if number > settings.displaced:
                position = replace(position, state="displaced", centre_mm=None)
        judged[organ] = position
    return judged


def _smallest_ml(prior: SpatialPrior, organ: str) -> float:
    volumes = prior.volumes_ml[:, prior.organs.index(organ)]
    known = volumes[np.isfinite(volumes)]
    return float(known.min()) if known.size else 0.0


def _position(grid: CoarseGrid, place: np.ndarray) -> tuple[float, float, float]:
    z, y, x = (float(value) for value in grid.position_mm(place))
    return z, y, x
