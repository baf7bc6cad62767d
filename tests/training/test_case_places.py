"""Where priors are placed: training cases know their labels, validation cases are what prediction would see."""

from dataclasses import dataclass

import numpy as np
import pytest

from tfpartial.config import SearchConfig
from tfpartial.data.fold.positions import OrganPosition
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.errors import TfpartialError
from tfpartial.inference.align_cases import align_cases
from tfpartial.labels import OrganTable
from tfpartial.priors import OrganMask, SpatialPrior, build_prior
from tfpartial.priors.labelled_references import draw_references
from tfpartial.segmenter.find_organs import OrganFinder
from tfpartial.training.case_places import ValidationPlaces, search_errors_mm, training_centres_mm, with_places

ORGANS = OrganTable(("liver", "spleen"))
SPACING = (4.0, 4.0, 4.0)
SHAPE = (12, 16, 20)
LIVER_MM, SPLEEN_MM = (16.0, -6.0, 2.0), (20.0, 6.0, -14.0)
"""Centres of the blocks below: z from the first slice, y and x from the middle of the slice."""


def liver():
    label = np.zeros(SHAPE, np.uint8)
    label[3:6, 4:9, 8:13] = 1
    return label


def both():
    label = liver()
    label[4:7, 8:11, 5:8] = 2
    return label


@dataclass
class StoredCase:
    annotated: tuple[str, ...]
    slices: int = SHAPE[0]
    spacing_mm_zyx: tuple[float, float, float] = SPACING


class ArrayStore:
    """What of a store the places ask for, in memory."""

    organs, size, spacing_mm = ORGANS, SHAPE[1:], None

    def __init__(self, labels):
        self.labels = labels
        self.cases = {case: StoredCase(("liver", "spleen")) for case in labels}

    def label(self, case):
        return self.labels[case]

    def voxels(self, case):
        return np.stack([(self.labels[case] == code).sum(axis=(1, 2)) for code in (1, 2)], axis=-1)

    def slices(self, case, start, stop):
        return self.labels[case][start:stop, ..., None].astype(np.int16)


def cases(labels, train=(), val=(), annotated=("liver", "spleen"), positions=None):
    return TrainingCases(ArrayStore(labels), train, val, dict.fromkeys(labels, annotated), None, positions or {})


def at(z, y, x, state="aligned"):
    return OrganPosition(state, (z, y, x))


def test_an_annotated_but_absent_organ_keeps_no_place_from_the_search():
    found = {"a": {"liver": at(1.0, 1.0, 1.0), "spleen": at(9.0, 9.0, 9.0)}}
    both_annotated = training_centres_mm(cases({"a": liver()}, train=("a",), positions=found))
    np.testing.assert_allclose(both_annotated[0, 0], LIVER_MM)
    assert np.isnan(both_annotated[0, 1]).all()
    liver_alone = training_centres_mm(cases({"a": liver()}, train=("a",), annotated=("liver",), positions=found))
    np.testing.assert_allclose(liver_alone[0, 1], (9.0, 9.0, 9.0))  # nobody looked for the spleen: the search did


class Finder(OrganFinder):
    """A network that sees organs where `seen` has them, whatever the labels say."""

    def __init__(self, seen):
        self.seen, self.asked = seen, []

    def coarse(self, slabs, grid):
        assert sum(len(hu) for _, hu in slabs) == grid.shape_zyx[0]
        self.asked.append(grid.shape_zyx)
        return np.stack([self.seen == code for code in (1, 2)]).astype(np.float32)


@pytest.fixture(scope="module")
def prior():
    masks = {organ: [OrganMask.of_array("r", both() == code, SPACING)] for organ, code in ORGANS.ids.items()}
    references = {organ: draw_references(own, 1, 4.0, (0,)) for organ, own in masks.items()}
    return SpatialPrior(ORGANS.names, {organ: build_prior(own, organ) for organ, own in masks.items()}, references)


def test_validation_places_are_found_by_the_network_never_taken_from_labels(prior):
    seen = np.roll(both(), (2, 3), axis=(0, 2))
    fold = cases({"v": both()}, val=("v",))
    finder = Finder(seen)
    places = ValidationPlaces(fold, finder, prior, SearchConfig())
    found = places.centres_mm()
    np.testing.assert_allclose(found[0, 0], np.add(LIVER_MM, (8.0, 0.0, 12.0)), atol=1.0)
    finder.seen = np.zeros(SHAPE)  # the network has changed, and sees nothing now
    assert np.isnan(places.centres_mm()).all()
    assert len(finder.asked) == 2


def test_validation_cases_that_align_has_seen_have_its_places(prior):
    fold = cases({"v": both()}, val=("v",), positions={"v": {"liver": at(1.0, 2.0, 3.0)}})
    finder = Finder(both())
    found = ValidationPlaces(fold, finder, prior, SearchConfig()).centres_mm()
    np.testing.assert_allclose(found[0, 0], (1.0, 2.0, 3.0))
    assert np.isnan(found[0, 1]).all() and finder.asked == []


def test_align_neither_looks_for_nor_places_an_annotated_but_absent_organ(prior):
    fold = cases({"a": liver(), "v": liver()}, train=("a",), val=("v",))
    positions = dict(align_cases(Finder(both()), fold, (), prior, SearchConfig()))
    assert (positions["a"]["spleen"].state, positions["a"]["spleen"].centre_mm) == ("absent", None)
    assert positions["a"]["liver"].state == "labelled"
    assert positions["v"]["spleen"].state == "aligned"  # as in prediction: its labels are not asked


def test_a_batch_sees_the_organs_from_its_slices():
    batch = {"case": np.array([0, 1]), "z": np.array([2, 3]), "spacing_mm": np.tile(np.float32(SPACING), (2, 1))}
    centres = np.array([[LIVER_MM, SPLEEN_MM], [SPLEEN_MM, LIVER_MM]], np.float32)
    offsets = with_places(batch, centres)["prior_offset"]
    np.testing.assert_allclose(offsets[:, 0], [(8.0, -6.0, 2.0), (8.0, 6.0, -14.0)])
    assert "prior_offset" not in with_places(batch, None)


def test_the_error_of_the_search_is_that_on_annotated_organs_of_validation_cases():
    found = {
        "v": {"liver": at(16.0 + 6.0, -6.0, 2.0)},
        "w": {"liver": at(16.0, -6.0, 2.0 + 12.0), "spleen": at(0.0, 0.0, 0.0)},
        "t": {"liver": at(500.0, 0.0, 0.0)},
    }
    labels = {"v": liver(), "w": liver(), "t": liver()}
    errors = search_errors_mm(cases(labels, train=("t",), val=("v", "w"), annotated=("liver",), positions=found))
    np.testing.assert_allclose(errors, np.sqrt((6**2 + 12**2) / 6), rtol=1e-6)  # two cases, three axes; the spleen has the mean's


def test_places_from_labels_tell_no_error_of_the_search():
    found = {"v": {"liver": at(*LIVER_MM, state="labelled")}}
    with pytest.raises(TfpartialError, match=r"^prior_use.jitter_mm: expected positions that `align` found .* got none; give a"):
        search_errors_mm(cases({"v": liver()}, val=("v",), positions=found))
