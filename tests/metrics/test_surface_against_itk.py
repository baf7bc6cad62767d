"""Surface metrics against SimpleITK's filters on masks that nobody can do by hand."""

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.metrics import average_surface_distance, dice, hausdorff, normalized_surface_dice, volume_error

SPACING_MM = (4.0, 0.75, 0.5)
SINGLE = 1e-6
"""ITK's distance maps are float32."""


def blobs(seed):
    """A smooth random mask `[Z, Y, X]` that does not touch the edges: there, ITK's contour filter sees no outside."""
    noise = sitk.GetImageFromArray(np.random.default_rng(seed).normal(size=(14, 30, 40)))
    mask = sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(noise, 2.0)) > 0.005
    mask[[0, -1]] = mask[:, [0, -1]] = mask[:, :, [0, -1]] = False
    return mask


PAIRS = [pytest.param(blobs(seed), blobs(seed + 1), id=f"seed {seed}") for seed in (0, 2, 4)]


def itk_image(mask):
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(SPACING_MM[::-1])
    return image


def itk_contour(mask):
    return sitk.LabelContour(itk_image(mask), fullyConnected=False)


def itk_distances(points, others):
    """From the points of one contour image to the other, by ITK's distance map."""
    signed = sitk.GetArrayFromImage(sitk.SignedMaurerDistanceMap(others, squaredDistance=False, useImageSpacing=True))
    return signed[sitk.GetArrayFromImage(points) > 0].astype(float).clip(min=0)  # negative inside of a thick contour


@pytest.mark.parametrize(("reference", "prediction"), PAIRS)
def test_hausdorff_is_that_of_the_contours(reference, prediction):
    filter_ = sitk.HausdorffDistanceImageFilter()
    filter_.Execute(itk_contour(reference), itk_contour(prediction))
    assert hausdorff(reference, prediction, SPACING_MM) == pytest.approx(filter_.GetHausdorffDistance(), rel=SINGLE)


def test_hausdorff_is_that_of_the_masks_where_the_farthest_point_is_on_a_surface():
    reference, prediction = np.zeros((2, 14, 30, 40), bool)
    reference[3:9, 5:20, 5:30] = prediction[4:12, 3:18, 8:33] = True
    filter_ = sitk.HausdorffDistanceImageFilter()
    filter_.Execute(itk_image(reference), itk_image(prediction))
    assert hausdorff(reference, prediction, SPACING_MM) == pytest.approx(filter_.GetHausdorffDistance(), rel=SINGLE)


@pytest.mark.parametrize(("reference", "prediction"), PAIRS)
def test_the_other_metrics_are_those_of_the_distance_maps(reference, prediction):
    first, second = itk_contour(reference), itk_contour(prediction)
    both = itk_distances(first, second), itk_distances(second, first)
    together = np.concatenate(both)
    assert average_surface_distance(reference, prediction, SPACING_MM) == pytest.approx(together.mean(), rel=SINGLE)
    percentiles = [np.percentile(one, 95) for one in both]
    assert hausdorff(reference, prediction, SPACING_MM, 95) == pytest.approx(max(percentiles), rel=SINGLE)
    share = (together <= 1.3).mean()
    assert normalized_surface_dice(reference, prediction, SPACING_MM, 1.3) == share


@pytest.mark.parametrize(("reference", "prediction"), PAIRS)
def test_overlap_and_volume_are_those_of_the_filter(reference, prediction):
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(itk_image(prediction), itk_image(reference))
    assert dice(reference, prediction) == pytest.approx(overlap.GetDiceCoefficient(1), rel=1e-12)
    shape = sitk.LabelShapeStatisticsImageFilter()
    volumes_mm3 = []
    for mask in (reference, prediction):
        shape.Execute(itk_image(mask))
        volumes_mm3.append(shape.GetPhysicalSize(1))
    error = volume_error(reference, prediction, SPACING_MM)
    assert error.ml == pytest.approx((volumes_mm3[1] - volumes_mm3[0]) / 1000)
    assert error.relative == pytest.approx(volumes_mm3[1] / volumes_mm3[0] - 1)
