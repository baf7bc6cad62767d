"""Parameters, products and memory, by hand."""

import keras
import pytest
from keras import layers

from tfpartial import models
from tfpartial.inspection.costs import costs_of, total_of
from tfpartial.inspection.graph import steps_of
from tfpartial.segmenter.precision import dtype_policy


def total(network, batch=1):
    return total_of(costs_of(steps_of(network)), batch)


def test_a_small_network_by_hand(small):
    products = 16 * 16 * 9 * 1 * 2 + 8 * 8 * 9 * 2 * 3 + 16 * 16 * (2 + 3) * 2
    numbers = 256 * 2 + 64 * 2 + 64 * 3 + 256 * 3 + 256 * 5 + 256 * 2
    assert total(small, batch=3) == {
        "parameters": (18 + 2) + (54 + 3) + (10 + 2),
        "multiply_adds": products,
        "flops": 2 * products,
        "activation_bytes": 3 * 4 * numbers,
    }


def test_the_products_of_the_unet_by_hand():
    """3x3 convolutions of each level, upward ones of 9 products a voxel below, and the output; w is the width."""
    w, side, k = 2, 32, 7
    n = [(side // 2**level) ** 2 for level in range(5)]
    down = n[0] * (1 * w + w * w) + sum(n[level] * 6 * (w * 2 ** (level - 1)) ** 2 for level in range(1, 5))
    up = sum(n[level] * 2 * (w * 2 ** (level - 1)) ** 2 for level in range(1, 5))
    # Two convolutions beside each skip: from 2c to c and from c to c, with c the channels of the level.
    again = sum(n[level] * 3 * (w * 2**level) ** 2 for level in range(4))
    network = models.build("unet", k, (side, side, 1), width=w)
    assert total(network)["multiply_adds"] == 9 * (down + up + again) + n[0] * w * k
    assert total(network)["parameters"] == network.count_params()


def test_the_products_and_the_memory_of_an_attention_by_hand(attending):
    """8 voxels, 1 head of 1 channel: three embeddings, scores, weighted means, the layer after them; and the output."""
    found = total(attending)
    assert found["multiply_adds"] == 3 * 8 + 8 * 8 + 8 * 8 + 8 + 8
    # queries, keys, values, weighted means and scores; the attention's output and the logits; reshaping takes nothing.
    assert found["activation_bytes"] == 4 * (4 * 8 + 64 + 8 + 8)


def test_half_precision_takes_half_the_memory_but_for_the_logits():
    with dtype_policy("mixed_bfloat16"):
        half = models.build("unet", 3, (16, 16, 1), width=2)
    full = models.build("unet", 3, (16, 16, 1), width=2)
    logits = 4 * 16 * 16 * 3
    assert total(half)["activation_bytes"] - logits == (total(full)["activation_bytes"] - logits) // 2


def test_layers_that_are_called_twice_have_their_parameters_once():
    inputs = keras.Input((4, 4, 2))
    shared = layers.Conv2D(2, 1, use_bias=False)
    network = keras.Model(inputs, shared(shared(inputs)))
    assert (total(network)["parameters"], total(network)["multiply_adds"]) == (4, 2 * 16 * 4)


def test_a_nested_network_costs_what_its_layers_cost(small):
    inputs = keras.Input((16, 16, 1))
    within = keras.Sequential([keras.Input((16, 16, 2)), layers.Conv2D(1, 1)])
    network = keras.Model(inputs, within(small(inputs)))
    own, alone = total(network), total(small)
    assert own["multiply_adds"] == alone["multiply_adds"] + 256 * 2
    assert own["parameters"] == network.count_params()


@pytest.mark.parametrize("has_weights", [True, False])
def test_products_are_undefined_where_a_layer_with_weights_is_unknown(has_weights):
    class Mystery(layers.Layer):
        def build(self, shape):
            if has_weights:
                self.kernel = self.add_weight(shape=(1,))

        def call(self, x):
            return x * 2

    inputs = keras.Input((4, 4, 1))
    network = keras.Model(inputs, layers.Conv2D(1, 1)(Mystery()(inputs)))
    assert total(network)["multiply_adds"] == (None if has_weights else 16)
