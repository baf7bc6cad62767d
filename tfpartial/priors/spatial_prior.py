"""The spatial priors of a fold, and the one file that they are kept in."""

from __future__ import annotations

import dataclasses
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tfpartial.artifacts import atomic_file
from tfpartial.checksums import require_intact, require_whole_zip
from tfpartial.config.priors import EPSILON, Least
from tfpartial.errors import TfpartialError

FORMAT = 2
SETTINGS = ("unit", "epsilon", "least", "margin", "grid_mm")
"""What a `SpatialPrior` takes from the configuration as it is."""
FILE_NAME = "prior.npz"
"""In the folder of `prior`, and in that of every segmenter that was trained with it."""


@dataclass(frozen=True)
class OrganPrior:
    """How often an organ is at a place about the centre of its bounding box.

    Args:
        organ: its name.
        probability: float32 `[B, H_p, W_p]` in 0..1, the bins from the feet to the head.
        depth: Δz, what the bins cover together, in the prior's unit.
        step: side of a cell in the plane, in the same unit.
        cases: number of cases that it was built from.
    """

    organ: str
    probability: np.ndarray
    depth: float
    step: float
    cases: int

    @property
    def least(self) -> float:
        """The nearest to 0 that n cases can tell: half a case among n + 1. A single case says 1/4 to 3/4, not 0 and 1."""
        return 0.5 / (self.cases + 1)


@dataclass(frozen=True)
class References:
    """Labelled volumes of an organ that a new case is aligned with, on a coarse grid in mm, centred on the bounding box.

    Args:
        masks: float32 `[R, z, y, x]`, share of each cell that the organ fills.
        cases: the R cases that they come from.
        overlap: soft Dice that labelled cases of the fold usually have with them, once they are aligned.
    """

    masks: np.ndarray
    cases: tuple[str, ...]
    overlap: float


@dataclass(frozen=True)
class SpatialPrior:
    """The priors of all organs, and what is needed to find their places in a new case.

    Args:
        organs: names of all organs, in the order of their codes.
        priors: organ -> its prior; an organ without one takes part in nothing.
        references: organ -> its references.
        unit: `mm` or `voxels`: the unit of the priors. Positions are in mm all the same.
        epsilon: least probability, most is one minus it; the network's as well.
        grid_mm: side of a cell of the references.
        centres_mm: float32 `[n, K, 3]`, centres z, y, x of the organs in the training cases (z from the first slice, y and x from
            the middle of the slice); NaN where not annotated or absent.
        volumes_ml: float32 `[n, K]`, their volumes.
        margin: distance from the box of an organ, in the unit, beyond which its probability is epsilon, however few its cases;
            none has no such distance.
        least: whether the number of `cases` limits an organ's probabilities further, or `epsilon` alone does.
    """

    organs: tuple[str, ...]
    priors: Mapping[str, OrganPrior]
    references: Mapping[str, References] = field(default_factory=dict)
    unit: Literal["mm", "voxels"] = "mm"
    epsilon: float = EPSILON
    grid_mm: float = 4.0
    centres_mm: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 3), np.float32))
    volumes_ml: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    margin: float | None = None
    least: Least = "cases"

    def __post_init__(self) -> None:
        if not 0 < self.epsilon < 0.5:
            raise TfpartialError(f"epsilon: expected above 0, below 0.5, got {self.epsilon:g}")
        if not self.centres_mm.size:  # nothing is known of the training cases
            object.__setattr__(self, "centres_mm", np.zeros((0, len(self.organs), 3), np.float32))
            object.__setattr__(self, "volumes_ml", np.zeros((0, len(self.organs)), np.float32))
        unknown = sorted(set(self.priors) - set(self.organs))
        if unknown:
            raise TfpartialError(f"prior: '{unknown[0]}' is none of the organs {list(self.organs)}")

    @cached_property
    def has(self) -> np.ndarray:
        """bool `[K]`: organs with a prior."""
        return np.array([organ in self.priors for organ in self.organs])

    def least_of(self, organ: str) -> float:
        """Least probability of an organ within the margin of its box; epsilon for one without a prior."""
        if organ not in self.priors or self.least == "epsilon":
            return self.epsilon
        return max(self.epsilon, self.priors[organ].least)

    def of_organs(self, organs: tuple[str, ...]) -> SpatialPrior:
        """The same priors for another organ table, as of another data set: organs are found by name.

        Raises:
            TfpartialError: none of them has a prior here.
        """
        if organs == self.organs:
            return self
        shared = {organ: prior for organ, prior in self.priors.items() if organ in organs}
        if not shared:
            raise TfpartialError(f"prior: has {list(self.priors)}, none of the organs {list(organs)}")
        places = [self.organs.index(organ) if organ in self.organs else -1 for organ in organs]
        unknown = np.array(places) < 0
        centres, volumes = self.centres_mm[:, places], self.volumes_ml[:, places]
        return dataclasses.replace(
            self,
            organs=organs,
            priors=shared,
            references={organ: kept for organ, kept in self.references.items() if organ in organs},
            centres_mm=np.where(unknown[None, :, None], np.nan, centres).astype(np.float32),
            volumes_ml=np.where(unknown[None, :], np.nan, volumes).astype(np.float32),
        )


def write_prior(prior: SpatialPrior, folder: Path) -> None:
    """Writes `prior.npz` atomically; every array in it has a checksum (that of zip)."""
    arrays: dict[str, np.ndarray] = {"centres_mm": prior.centres_mm, "volumes_ml": prior.volumes_ml}
    organs: dict[str, Any] = {}
    for organ, own in prior.priors.items():
        number = prior.organs.index(organ)
        arrays[f"probability_{number}"] = own.probability
        organs[organ] = {"depth": own.depth, "step": own.step, "cases": own.cases}
        if organ in prior.references:
            kept = prior.references[organ]
            arrays[f"reference_{number}"] = kept.masks
            organs[organ] |= {"references": kept.cases, "overlap": kept.overlap}
    meta = {
        "format": FORMAT,
        "organs": prior.organs,
        **{name: getattr(prior, name) for name in SETTINGS},
        "priors": organs,
    }
    with atomic_file(folder / FILE_NAME) as temporary:
        np.savez_compressed(temporary, meta=np.array(json.dumps(meta)), **arrays)  # type: ignore[arg-type]


def read_prior(folder: Path) -> SpatialPrior:
    """Reads `prior.npz` of a folder.

    Raises:
        TfpartialError: it is not there, damaged, or of another release.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise TfpartialError(f"{path}: no such file; expected the spatial priors that `prior` writes")
    if not require_intact(path):
        require_whole_zip(path, "the spatial priors that `prior` writes")
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return _from_arrays(json.loads(str(arrays["meta"])), arrays, path)
    except (OSError, ValueError, TypeError, LookupError, EOFError, RecursionError, zipfile.BadZipFile, zlib.error) as error:
        raise TfpartialError(
            f"{path}: expected the spatial priors that `prior` writes; it was cut short or changed ({error})"
        ) from error


def _from_arrays(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray], path: Path) -> SpatialPrior:
    if meta["format"] != FORMAT:
        raise TfpartialError(f"{path}: expected spatial priors in format {FORMAT}, got {meta['format']}")
    organs = tuple(meta["organs"])
    priors, references = {}, {}
    for organ, own in meta["priors"].items():
        number = organs.index(organ)
        priors[organ] = OrganPrior(organ, arrays[f"probability_{number}"], own["depth"], own["step"], own["cases"])
        if "references" in own:
            references[organ] = References(arrays[f"reference_{number}"], tuple(own["references"]), own["overlap"])
    older: dict[str, Any] = {"least": "cases"}  # files of older releases do not say it
    settings = {name: {**older, **meta}[name] for name in SETTINGS}
    centres, volumes = arrays["centres_mm"], arrays["volumes_ml"]
    return SpatialPrior(organs, priors, references, centres_mm=centres, volumes_ml=volumes, **settings)
