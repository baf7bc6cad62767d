"""The places of organs in volume files: anisotropic, oblique, shorter than the prior."""

import math

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.config import SearchConfig
from tfpartial.data.files import ImageFile
from tfpartial.inference.cases import InputCase
from tfpartial.inference.segment import find_in_case
from tfpartial.priors import OrganMask, SpatialPrior, build_prior
from tfpartial.priors.labelled_references import draw_references
from tfpartial.segmenter.find_organs import OrganFinder

SPACING = (3.0, 2.0, 2.0)
SEARCH = SearchConfig(window_mm=12)


def bone(slices=14, first=4):
    """bool `[slices, 32, 48]`: a block that is wider at its lower end."""
    mask = np.zeros((slices, 32, 48), bool)
    mask[first : first + 6, 8:20, 20:34] = True
    mask[first + 3 : first + 6, 8:13] = False
    return mask


@pytest.fixture(scope="module")
def prior():
    masks = [OrganMask.of_array("a", bone(), SPACING)]
    references = {"bone": draw_references(masks, 1, 4.0, (0,))}
    return SpatialPrior(("bone", "fat"), {"bone": build_prior(masks, "bone")}, references)


@pytest.fixture
def finder(threshold_segmenter):
    return OrganFinder.load(threshold_segmenter, "last", batch=4)


def find(finder, prior, path, mask, direction=None, spacing=SPACING):
    image = sitk.GetImageFromArray(np.where(mask, 500, -1000).astype(np.int16))
    image.SetSpacing(spacing[::-1])
    if direction is not None:
        image.SetDirection(direction)
    sitk.WriteImage(image, str(path))
    return find_in_case(finder, InputCase("a", (ImageFile(path),)), prior, SEARCH, slab=5)


def test_is_the_middle_of_the_organs_box_from_the_first_slice_and_the_middle_of_the_slice(finder, prior, tmp_path):
    found = find(finder, prior, tmp_path / "a.nii.gz", bone())
    true = ((4 + 2.5) * 3.0, (13.5 - 15.5) * 2.0, (26.5 - 23.5) * 2.0)
    assert found["bone"].state == "aligned" and "fat" not in found
    np.testing.assert_allclose(found["bone"].centre_mm, true, atol=1.5)


def test_an_oblique_volume_is_measured_along_its_own_axes(finder, prior, tmp_path):
    cosine, sine = math.cos(0.2), math.sin(0.2)
    tilted = (1.0, 0.0, 0.0, 0.0, cosine, -sine, 0.0, sine, cosine)
    straight = find(finder, prior, tmp_path / "a.nii.gz", bone())
    oblique = find(finder, prior, tmp_path / "b.nii.gz", bone(), tilted)
    np.testing.assert_allclose(oblique["bone"].centre_mm, straight["bone"].centre_mm, atol=1e-3)


def test_a_volume_may_be_shorter_than_the_organ(finder, prior, tmp_path):
    cut = bone()[6:9]  # three of its six slices
    found = find(finder, prior, tmp_path / "a.nii.gz", cut)["bone"]
    assert found.coarse_mm is not None
    np.testing.assert_allclose(found.coarse_mm[1:], (-4.0, 6.0), atol=2.5)


def test_one_sampled_three_times_as_finely_along_z_has_the_same_place(finder, prior, tmp_path):
    coarse = find(finder, prior, tmp_path / "a.nii.gz", bone())
    fine = find(finder, prior, tmp_path / "b.nii.gz", bone().repeat(3, axis=0), spacing=(1.0, 2.0, 2.0))
    shift = (3 - 1) / 2 * 1.0  # the first slice of the fine one lies 1 mm below that of the coarse one
    expected = np.array(coarse["bone"].centre_mm) + np.array([shift, 0, 0])
    np.testing.assert_allclose(fine["bone"].centre_mm, expected, atol=1.0)
