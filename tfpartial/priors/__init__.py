"""Where organs are: 3D spatial priors, their places in a case, and the search for these (STIPPLE, thesis, chapter 4)."""

from tfpartial.priors.build import build_prior
from tfpartial.priors.kl_search import kl_search
from tfpartial.priors.organ_mask import OrganMask
from tfpartial.priors.render import SlicePlaces, place_prior
from tfpartial.priors.spatial_prior import OrganPrior, SpatialPrior, read_prior, write_prior

__all__ = [
    "OrganMask",
    "OrganPrior",
    "SlicePlaces",
    "SpatialPrior",
    "build_prior",
    "kl_search",
    "place_prior",
    "read_prior",
    "write_prior",
]
