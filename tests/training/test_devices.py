"""Seeds and determinism, before a network is made."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfpartial.training.devices import set_up


def settings(**changes):
    return SimpleNamespace(**{"deterministic": False, "seed": 5, "precision": "float32", "jit": "off", **changes})


@pytest.mark.parametrize("deterministic", [True, False])
def test_operations_are_deterministic_where_this_is_asked_for(deterministic, monkeypatch):
    asked = []
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: asked.append(True))
    set_up(settings(deterministic=deterministic))
    assert asked == [True] * deterministic


def test_what_is_drawn_is_that_of_the_seed():
    drawn = []
    for seed in (5, 5, 6):
        set_up(settings(seed=seed))
        drawn.append((np.random.random(), float(keras.random.uniform(()))))
    assert drawn[0] == drawn[1]
    assert all(one != other for one, other in zip(drawn[0], drawn[2], strict=True))
