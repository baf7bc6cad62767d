"""What is predicted outside an organ's box is deleted."""

import numpy as np
import pytest

from tfpartial.priors import OrganPrior, SlicePlaces, SpatialPrior
from tfpartial.priors.boxes import OrganBoxes

SIZE = (12, 16)


def prior(**options):
    """Of the spleen alone: a box of 4 x 6 x 6 mm."""
    own = OrganPrior("spleen", np.ones((1, 3, 3), np.float32), 4.0, 2.0, 5)
    return SpatialPrior(("liver", "spleen"), {"spleen": own}, **options)


def places(*centres, spacing=(1.0, 2.0, 2.0)):
    """The spleen at these centres, the liver at the first of them; voxels of 2 mm, whose voxel (6, 8) is 1 mm off the middle."""
    centre = np.repeat(np.float32(centres)[:, None], 2, axis=1)
    return SlicePlaces(centre, np.tile(np.float32(spacing), (len(centres), 1)))


def everywhere(slices, code=2):
    return np.full((slices, *SIZE), code, np.uint8), np.ones((slices, *SIZE, 2), np.float32)


def test_an_organ_stays_in_its_box_and_margin():
    """Half a box of 3 mm and a margin of 2.5: voxels whose middle is at most 5.5 mm away, two of 2 mm on each side."""
    labels, probability = everywhere(3)
    OrganBoxes(prior(), SIZE, 2.5).delete_outside(places((0, 1, 1), (4.4, 1, 1), (4.6, 1, 1)), labels, probability)
    expected = np.zeros(SIZE, np.uint8)
    expected[4:9, 6:11] = 2
    np.testing.assert_array_equal(labels[0], expected)
    np.testing.assert_array_equal(labels[1], expected)  # half the depth and the margin are 4.5 mm
    assert not labels[2].any()
    np.testing.assert_array_equal(probability[..., 1], labels == 2)


def test_no_other_organ_loses_anything():
    """The liver has a place and no prior: there is no box of it."""
    labels, probability = everywhere(1, code=1)
    OrganBoxes(prior(), SIZE, 0.0).delete_outside(places((0, 1, 1)), labels, probability)
    assert (labels == 1).all() and (probability[..., 0] == 1).all()


def test_an_organ_without_a_place_keeps_all_its_voxels():
    labels, _ = everywhere(2)
    OrganBoxes(prior(), SIZE, 0.0).delete_outside(places((0, 1, 1), (np.nan, 1, 1)), labels)
    assert (labels[0] == 0).any() and (labels[1] == 2).all()


@pytest.mark.parametrize("own", [None, 0.0, 100.0])
def test_the_margin_is_its_own_not_that_of_the_prior(own):
    labels, _ = everywhere(1)
    OrganBoxes(prior(margin=own), SIZE, 2.5).delete_outside(places((0, 1, 1)), labels)
    assert (labels == 2).sum() == 25
