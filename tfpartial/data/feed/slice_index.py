"""What each training slice shows, by the experts' labels and by pseudo-labels (numpy only)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SliceIndex:
    """The slices that can teach something: those of cases with an annotated organ, and those with a pseudo-label.

    Attributes:
        case: int32 `[N]`, number of the case.
        z: int32 `[N]`, slice of that case.
        annotated: bool `[N, K]`: somebody looked for the organ there.
        shows: bool `[N, K]`: the organ is annotated and labelled there.
        pseudo: bool `[N]`: an organ that nobody annotated is labelled there.
    """

    case: np.ndarray
    z: np.ndarray
    annotated: np.ndarray
    shows: np.ndarray
    pseudo: np.ndarray

    @classmethod
    def build(cls, voxels: Sequence[np.ndarray], annotated: np.ndarray, visible: np.ndarray) -> SliceIndex:
        """The index of some cases.

        Args:
            voxels: per case int `[Z, K]`, labelled voxels per slice and organ.
            annotated: bool `[cases, K]`.
            visible: bool `[cases, K]`: organs whose labels training sees; the annotated ones, and in a layer with
                pseudo-labels all.
        """
        counts = [len(of_case) for of_case in voxels]
        case = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        z = np.concatenate([np.arange(count, dtype=np.int32) for count in counts])
        labelled, known = np.concatenate(list(voxels)) > 0, annotated[case]
        pseudo = np.any(labelled & visible[case] & ~known, axis=1)
        teaches = known.any(axis=1) | pseudo
        return cls(case[teaches], z[teaches], known[teaches], (labelled & known)[teaches], pseudo[teaches])

    def __len__(self) -> int:
        return len(self.case)

    @property
    def expert(self) -> np.ndarray:
        """bool `[N]`: shows an annotated organ."""
        return np.asarray(self.shows.any(axis=1))

    @property
    def shows_label(self) -> np.ndarray:
        """bool `[N]`: shows any label."""
        return self.expert | self.pseudo

    @property
    def empty(self) -> np.ndarray:
        """bool `[N]`: shows no annotated organ, though there are some in its case: certain to be free of them."""
        return np.asarray(self.annotated.any(axis=1) & ~self.expert)

    def counts(self, places: np.ndarray, organs: Sequence[str]) -> dict[str, int]:
        """How many of some slices, given as places in the index, are of each stratum.

        Returns:
            For each organ `drawn_with_ORGAN`, `drawn_without_ORGAN` (annotated for it, with another organ of the experts) and
            `drawn_empty_ORGAN` (annotated for it, without any); and `drawn_pseudo`.
        """
        shows, annotated, expert = self.shows[places], self.annotated[places], self.expert[places, None]
        strata = {"with": shows, "without": annotated & ~shows & expert, "empty": annotated & ~expert}
        found = {
            f"drawn_{name}_{organ}": int(of_stratum[:, number].sum())
            for number, organ in enumerate(organs)
            for name, of_stratum in strata.items()
        }
        return found | {"drawn_pseudo": int(self.pseudo[places].sum())}


def count_columns(organs: Sequence[str]) -> list[str]:
    """The names of `SliceIndex.counts`."""
    return [*(f"drawn_{stratum}_{organ}" for organ in organs for stratum in ("with", "without", "empty")), "drawn_pseudo"]
