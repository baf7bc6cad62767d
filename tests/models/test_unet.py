import keras
import numpy as np
import pytest

from tfpartial import models
from tfpartial.errors import TfpartialError
from tfpartial.segmenter.precision import dtype_policy

# Table A.1, by level: rows and columns after the block, and its filters.
ENCODER = {1: (256, 64), 2: (128, 128), 3: (64, 256), 4: (32, 512)}
DECODER = {4: (64, 1024, 512), 3: (128, 512, 256), 2: (256, 256, 128), 1: (512, 128, 64)}


@pytest.fixture(scope="module")
def thesis_unet():
    return models.build("unet", 7, (512, 512, 1))


@pytest.fixture
def small_unet():
    keras.utils.set_random_seed(0)
    return models.build("unet", 3, (32, 48, 2), width=4)


def slices(batch=2):
    return np.random.default_rng(0).normal(size=(batch, 32, 48, 2)).astype("float32")


def test_has_the_parameters_of_table_a_1(thesis_unet):
    assert thesis_unet.count_params() == 31_042_503
    # By hand, sums of (channels in * channels out): 3x3, 2x2 and output kernels; biases; four values per normalised channel.
    kernels = sum(int(np.prod(weight.shape)) for weight in thesis_unet.weights if weight.name == "kernel")
    assert kernels == 9 * 3_137_600 + 4 * 696_320 + 448 == 31_042_503 - 3_015 - 4 * 3_840


def test_has_the_blocks_of_table_a_1(thesis_unet):
    for level, (side, filters) in ENCODER.items():
        assert thesis_unet.get_layer(f"encoder_{level}_pool").output.shape == (None, side, side, filters)
    for level, (side, filters, narrowed) in DECODER.items():
        assert thesis_unet.get_layer(f"decoder_{level}_conv_2").filters == filters
        up = thesis_unet.get_layer(f"decoder_{level}_up_conv")
        assert up.kernel.shape == (2, 2, narrowed, filters)
        assert up.output.shape == (None, side, side, narrowed)
        assert thesis_unet.get_layer(f"decoder_{level}_concat").output.shape == (None, side, side, 2 * narrowed)
    assert thesis_unet.get_layer(models.FEATURES).output.shape == (None, 512, 512, 64)
    assert thesis_unet.output_shape == (None, 512, 512, 7)


def test_normalises_the_second_convolution_and_the_upward_one_of_each_block(thesis_unet):
    normalised = {layer.name.removesuffix("_bn") for layer in thesis_unet.layers if layer.name.endswith("_bn")}
    blocks = [f"{side}_{level}_conv_2" for side in ("encoder", "decoder") for level in range(1, 5)]
    assert normalised == {*blocks, *(f"decoder_{level}_up_conv" for level in range(1, 5))}


def test_ends_in_the_layers_that_others_look_up(small_unet):
    assert small_unet.get_layer(models.LOGITS).output is small_unet.outputs[0]
    assert small_unet.get_layer(models.LOGITS).input is small_unet.get_layer(models.FEATURES).output


def test_carries_a_voxel_from_every_level_to_every_logit_below_it(small_unet):
    """A change in one corner reaches the opposite one: 2**4 downsampling and 20 convolutions see the whole 32x48 slice."""
    changed = slices(1)
    changed[0, 0, 0] += 10.0
    moved = np.abs(np.array(small_unet(changed)) - np.array(small_unet(slices(1)))).max(axis=-1)[0]
    assert moved[0, 0] > 0
    assert moved[-1, -1] > 0


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_gives_float32_logits_under_every_policy(policy):
    with dtype_policy(policy):
        network = models.build("unet", 2, (16, 16, 1), width=2)
    assert network.get_layer(models.FEATURES).compute_dtype == policy.removeprefix("mixed_")
    assert str(keras.backend.standardize_dtype(network(np.zeros((1, 16, 16, 1))).dtype)) == "float32"


def test_comes_back_from_its_file_without_unsafe_code(small_unet, tmp_path):
    for layer in small_unet.layers:  # moving statistics that are not the initial ones
        layer.set_weights([np.random.default_rng(1).uniform(0.1, 1.0, w.shape) for w in layer.get_weights()])
    small_unet.save(tmp_path / "unet.keras")
    again = keras.saving.load_model(tmp_path / "unet.keras", safe_mode=True)
    np.testing.assert_array_equal(small_unet(slices()), again(slices()))


@pytest.mark.parametrize("input_shape", [(24, 32, 1), (32, 40, 1), (0, 16, 1)])
def test_refuses_slices_that_four_poolings_do_not_divide(input_shape):
    rows, columns = input_shape[:2]
    with pytest.raises(TfpartialError, match=f"unet: expected slices whose sides are multiples of 16, got {rows}x{columns}"):
        models.build("unet", 2, input_shape)
