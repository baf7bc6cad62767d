"""Label colours over grey slices."""

import numpy as np

from tfpartial.labels import IGNORE
from tfpartial.pictures.blend import blend
from tfpartial.pictures.colours import organ_colours


def test_colours_are_distinct_and_do_not_depend_on_the_number_of_organs():
    colours = organ_colours(12)
    assert np.array_equal(colours[:7], organ_colours(7))
    distances = np.linalg.norm(colours[:, None] - colours[None], axis=-1)[~np.eye(12, dtype=bool)]
    assert distances.min() > 0.1


def test_greys_the_window_and_colours_organs_only():
    hu = np.array([[-500, 70, 900, 70, 70]], np.int16)
    picture = blend(hu, np.array([[0, 0, 0, 1, IGNORE]], np.uint8), (-160.0, 300.0))
    np.testing.assert_allclose(picture[0, :, 0][[0, 1, 2, 4]], [0, 0.5, 1, 0.5])
    np.testing.assert_allclose(picture[0, 3], 0.5 * 0.5 + 0.5 * organ_colours(1)[0], rtol=1e-6)
