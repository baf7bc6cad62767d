"""A slice with contours: its proportions, its greys, and where the lines are."""

import numpy as np
import pytest

from tfpartial.labels import IGNORE
from tfpartial.pictures.slice_picture import FILL, FRAME, RGB, Slice, draw_slice, outlines, picture_size

WINDOW = (-160.0, 300.0)
TISSUE = np.full((10, 20), 70, np.int16)


def label_of(*boxes, code=1):
    label = np.zeros(TISSUE.shape, np.uint8)
    for box in boxes:
        label[box] = code
    return label


def draw(label=None, hu=TISSUE, pixel_mm=(1.0, 1.0), side=400, **more):
    return np.asarray(draw_slice(Slice(hu, pixel_mm, label_of() if label is None else label, **more), WINDOW, side), int)


@pytest.mark.parametrize(("pixel_mm", "expected"), [((1.0, 1.0), (400, 200)), ((4.0, 1.0), (200, 400)), ((2.0, 1.0), (400, 400))])
def test_the_picture_has_the_proportions_of_the_tissue(pixel_mm, expected):
    assert picture_size((10, 20), pixel_mm, 400) == expected
    assert draw(pixel_mm=pixel_mm).shape[1::-1] == expected


def test_the_window_ends_in_black_and_white():
    assert np.unique(draw(hu=np.full((4, 4), -160, np.int16))).tolist() == [0]
    assert np.unique(draw(hu=np.full((4, 4), 900, np.int16))).tolist() == [255]
    assert np.unique(draw()).tolist() == [128]  # the middle of the window


def test_an_organ_is_filled_faintly_and_outlined_in_its_colour():
    picture = draw(label_of((slice(2, 8), slice(5, 15)), code=3))
    expected = (1 - FILL) * 128 + FILL * RGB[2]
    np.testing.assert_allclose(picture[100, 200], expected, atol=1.5)
    assert picture[20, 20].tolist() == [128, 128, 128]
    np.testing.assert_allclose(picture[100, 100], RGB[2], atol=2)  # its left edge: column 5 of 20 pixels


def test_outlines_pass_half_a_voxel_outside_of_the_outermost_centres():
    (line,) = outlines(label_of((slice(2, 4), slice(5, 6))) == 1, np.array([10.0, 10.0]))
    assert line.min(axis=0).tolist() == [20.0, 50.0]
    assert line.max(axis=0).tolist() == [40.0, 60.0]


def test_an_organ_that_fills_the_slice_is_outlined_at_its_edge():
    picture = draw(label_of((slice(None), slice(None))))
    assert (np.abs(picture - RGB[0]).max(axis=-1) < 3).sum() > 400


def test_the_reference_is_white_and_dashed():
    picture = draw(reference=label_of((slice(2, 8), slice(5, 15)), code=7))
    along = picture[40, 110:290]  # its upper edge
    bright = along.min(axis=-1) > 180
    assert 0.3 < bright.mean() < 0.9
    assert np.ptp(picture, axis=-1).max() == 0  # no colour anywhere


def test_voxels_to_ignore_are_not_drawn():
    everything = label_of((slice(None), slice(None)), code=IGNORE)
    assert np.unique(draw(everything, reference=everything)).tolist() == [128]


def test_a_frame_goes_around_its_rows_and_columns():
    picture = draw(frame=((2, 7), (5, 14)))
    framed = np.argwhere(np.abs(picture - FRAME).max(axis=-1) < 40)
    assert framed.min(axis=0).tolist() == pytest.approx([40, 100], abs=1)
    assert framed.max(axis=0).tolist() == pytest.approx([160, 300], abs=1)
