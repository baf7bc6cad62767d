import keras
import numpy as np
import pytest

from tfpartial.training.learning_rate import WarmDecay


def test_falls_exponentially_from_the_first_rate_to_the_final_one():
    rate = WarmDecay(1e-2, 1e-4, steps=100)
    assert [float(rate(step)) for step in (0, 50, 100)] == pytest.approx([1e-2, 1e-3, 1e-4], rel=1e-4)


def test_falls_as_a_power_of_what_is_left():
    rate = WarmDecay(1e-2, 1e-3, steps=100, shape="polynomial")
    expected = [1e-2, 1e-3 + 9e-3 * 0.5**0.9, 1e-3, 1e-3]
    assert [float(rate(step)) for step in (0, 50, 100, 120)] == pytest.approx(expected, rel=1e-4)


def test_a_polynomial_decay_ends_at_0():
    rate = WarmDecay(1e-2, 0.0, steps=100, shape="polynomial")
    assert [float(rate(step)) for step in (0, 50, 100)] == pytest.approx([1e-2, 1e-2 * 0.5**0.9, 0.0], rel=1e-4)


def test_rises_linearly_over_the_first_steps():
    plain, warm = WarmDecay(1e-2, 1e-4, 100), WarmDecay(1e-2, 1e-4, 100, warmup_steps=4)
    shares = [float(warm(step)) / float(plain(step)) for step in range(6)]
    np.testing.assert_allclose(shares, [0.25, 0.5, 0.75, 1, 1, 1], rtol=1e-5)


def test_survives_its_config():
    rate = WarmDecay(1e-2, 1e-4, 100, warmup_steps=4, shape="polynomial")
    again = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(rate))
    expected = {"first": 1e-2, "final": 1e-4, "steps": 100, "warmup_steps": 4, "shape": "polynomial"}
    assert again.get_config() == expected
