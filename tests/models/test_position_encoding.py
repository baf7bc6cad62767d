import keras
import numpy as np
import pytest

from tfpartial.models.layers.position_encoding import PositionEncoding2D, encoding_2d, sinusoids


def test_wave_lengths_are_the_transformers():
    """Channels 0 and 1 turn once in 2 pi voxels, those of the second pair of four a hundred times slower: 10000^(2/4)."""
    encoding = sinusoids(7, 4)
    places = np.arange(7)
    expected = [np.sin(places), np.cos(places), np.sin(places / 100), np.cos(places / 100)]
    np.testing.assert_allclose(encoding, np.stack(expected, axis=-1), atol=1e-6)


def test_the_first_half_tells_the_row_and_the_second_the_column():
    encoding = encoding_2d(3, 5, 8)
    assert encoding.shape == (3, 5, 8)
    np.testing.assert_array_equal(encoding[1, :, :4], np.tile(sinusoids(3, 4)[1], (5, 1)))
    np.testing.assert_array_equal(encoding[:, 4, 4:], np.tile(sinusoids(5, 4)[4], (3, 1)))
    assert len({place.tobytes() for place in encoding.reshape(15, 8)}) == 15


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_odd_numbers_of_channels(channels):
    assert encoding_2d(2, 2, channels).shape == (2, 2, channels)


def test_the_layer_adds_the_encoding_in_its_own_precision():
    x = np.ones((2, 3, 4, 6), "float32")
    np.testing.assert_allclose(PositionEncoding2D()(x), 1 + np.stack([encoding_2d(3, 4, 6)] * 2), rtol=1e-6)
    half = PositionEncoding2D(dtype="bfloat16")(x)
    assert keras.backend.standardize_dtype(half.dtype) == "bfloat16"


def test_features_of_an_unknown_size_are_refused():
    with pytest.raises(ValueError, match="features \\[B, H, W, C\\] of a known size"):
        PositionEncoding2D()(keras.Input((None, 4, 6)))
