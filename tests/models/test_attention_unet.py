import keras
import numpy as np

from tfpartial import models


def test_has_the_unets_layers_and_one_gate_a_skip():
    """Per gate: a 2x2 and a 1x1 convolution to the skip's channels c (2c below), the bias of one, and psi."""
    unet, gated = (models.build(name, 7, (64, 64, 1)) for name in ("unet", "attention_unet"))
    gates = sum(4 * c * c + 2 * c * c + c + c + 1 for c in (64, 128, 256, 512))
    assert gated.count_params() == unet.count_params() + gates
    assert gates == 2_090_884
    assert {layer.name for layer in unet.layers} < {layer.name for layer in gated.layers}


def test_the_gate_is_the_published_formula():
    keras.utils.set_random_seed(0)
    network = models.build("attention_unet", 2, (32, 32, 1), width=2)
    image = np.random.default_rng(0).normal(size=(1, 32, 32, 1)).astype("float32")
    wanted = ["encoder_2_conv_2_relu", "decoder_2_conv_2_relu", "gate_2_up", "gate_2_gated"]
    skip, below, up, gated = keras.Model(network.input, [network.get_layer(name).output for name in wanted])(image)
    weights = {part: network.get_layer(f"gate_2_{part}").get_weights() for part in ("skip", "below", "psi")}
    blocks = np.array(skip).reshape(1, 8, 2, 8, 2, -1).transpose(0, 1, 3, 2, 4, 5)  # (1, 8, 8, 2, 2, C): what stride 2 reads
    of_skip = np.einsum("bhwijc,ijcd->bhwd", blocks, weights["skip"][0])
    of_below = np.array(below) @ weights["below"][0][0, 0] + weights["below"][1]
    z = 1 / (1 + np.exp(-(np.maximum(of_skip + of_below, 0) @ weights["psi"][0][0, 0] + weights["psi"][1])))
    assert z.shape == (1, 8, 8, 1)
    # Upsampled linearly, a voxel inside is 9, 3, 3 and 1 sixteenths of the four nearest ones.
    inside = (9 * z[0, 1:, 1:] + 3 * z[0, :-1, 1:] + 3 * z[0, 1:, :-1] + z[0, :-1, :-1]) / 16
    np.testing.assert_allclose(np.array(up)[0, 2::2, 2::2], inside, rtol=1e-4)
    np.testing.assert_allclose(gated, np.array(skip) * np.array(up), rtol=1e-5)
