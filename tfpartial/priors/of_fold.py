"""The spatial priors of a fold, from its annotated training cases alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfpartial.config import PriorConfig
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.errors import TfpartialError
from tfpartial.priors.build import Extent, build_prior, ordinary
from tfpartial.priors.from_store import label_centres_mm, stored_mask, volumes_ml
from tfpartial.priors.labelled_references import draw_references, mean_reference
from tfpartial.priors.organ_mask import OrganMask
from tfpartial.priors.spatial_prior import SETTINGS, OrganPrior, References, SpatialPrior


def prior_of_fold(config: PriorConfig, cases: TrainingCases) -> SpatialPrior:
    """Priors, references and what is known of the organs' places and volumes.

    Raises:
        TfpartialError: an organ that the data set has not, or one that no annotated training case shows.
    """
    names = cases.store.organs.names
    for option in (config.organ_bins, config.extent):
        unknown = sorted(set(option) - set(names))
        if unknown:
            raise TfpartialError(f"prior: '{unknown[0]}' is none of the organs {list(names)}")
    priors, references = {}, {}
    for organ in names:
        masks = [stored_mask(cases.store, case, organ) for case in cases.train if organ in cases.annotated[case]]
        masks = ordinary(masks, config.quantile)
        extent = Extent(*config.extent[organ]) if organ in config.extent else None
        bins = config.organ_bins.get(organ, config.bins)
        priors[organ] = build_prior(masks, organ, bins, config.unit, config.step, extent)
        references[organ] = _references(config, masks, priors[organ], names.index(organ))
    known = [case for case in cases.train if cases.annotated[case]]
    centres = np.stack([label_centres_mm(cases.store, case, cases.annotated[case]) for case in known])
    volumes = np.stack([volumes_ml(cases.store, case, cases.annotated[case]) for case in known])
    settings = {name: getattr(config, name) for name in SETTINGS}
    return SpatialPrior(names, priors, references, centres_mm=centres, volumes_ml=volumes, **settings)


def _references(config: PriorConfig, masks: Sequence[OrganMask], prior: OrganPrior, number: int) -> References:
    if config.reference == "mean":
        return mean_reference(prior, masks, config.grid_mm)
    return draw_references(masks, config.references, config.grid_mm, (config.seed, number))
