"""Files as people have them, made tiny: the names and layouts are those of the programs that wrote the real ones."""

import json
import sys

import h5py
import keras
import numpy as np
import pytest

from tfpartial import models
from tfpartial.errors import TfpartialError
from tfpartial.models.encoders import ENCODERS, take_encoder_weights

WIDTH = 4
BLOCKS = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3), "resnet50_v1_5": (3, 4, 6, 3)}
PARTS = ("weight", "bias", "running_mean", "running_var")


def torch_state(encoder="resnet18", width=WIDTH):
    """torchvision's `state_dict()`: name -> array, kernels `[out, in, rows, columns]`."""
    rng, state = np.random.default_rng(0), {}
    expansion = 4 if "50" in encoder else 1

    def put(convolution, normalisation, out, channels, size):
        state[f"{convolution}.weight"] = rng.normal(size=(out, channels, size, size)).astype("float32")
        state.update({f"{normalisation}.{part}": rng.uniform(0.5, 1.5, out).astype("float32") for part in PARTS})
        state[f"{normalisation}.num_batches_tracked"] = np.array(7)

    put("conv1", "bn1", width, 3, 7)
    before = width
    for stage, blocks in enumerate(BLOCKS[encoder], start=1):
        filters = width * 2 ** (stage - 1)
        for block in range(blocks):
            name, after = f"layer{stage}.{block}", filters * expansion
            sizes = [(filters, before, 1), (filters, filters, 3), (after, filters, 1)]
            for number, (out, channels, size) in enumerate(
                sizes if expansion > 1 else [(filters, before, 3), (filters, filters, 3)]
            ):
                put(f"{name}.conv{number + 1}", f"{name}.bn{number + 1}", out, channels, size)
            if before != after:
                put(f"{name}.downsample.0", f"{name}.downsample.1", after, before, 1)
            before = after
    return state | {"fc.weight": np.zeros((1000, before), "float32"), "fc.bias": np.zeros(1000, "float32")}


def write(path, state):
    if path.suffix == ".npz":
        np.savez(path, **state)
        return path
    header, content = {"__metadata__": {"format": "pt"}}, b""
    for name, array in state.items():
        dtype = {"float32": "F32", "float16": "F16", "int64": "I64"}[array.dtype.name]
        span = [len(content), len(content) + array.nbytes]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": span}
        content += array.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content)
    return path


def network(encoder="resnet18", channels=3, width=WIDTH):
    inputs = keras.Input((32, 32, channels))
    return keras.Model(inputs, list(ENCODERS[encoder](inputs, width).values()))


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
@pytest.mark.parametrize("encoder", BLOCKS)
def test_takes_every_weight_of_torchvision(tmp_path, suffix, encoder):
    state, model = torch_state(encoder), network(encoder)
    take_encoder_weights(model, encoder, write(tmp_path / f"weights{suffix}", state))
    names = {"encoder_1_conv": ("conv1", "bn1"), "encoder_4_block_2_conv_1": ("layer3.1.conv1", "layer3.1.bn1")}
    names |= {"encoder_3_block_1_conv_0": ("layer2.0.downsample.0", "layer2.0.downsample.1")}
    for layer, (convolution, normalisation) in names.items():
        np.testing.assert_array_equal(model.get_layer(layer).kernel, state[f"{convolution}.weight"].transpose(2, 3, 1, 0))
        for weight, part in zip(model.get_layer(f"{layer}_bn").weights, PARTS, strict=True):
            np.testing.assert_array_equal(weight, state[f"{normalisation}.{part}"])
    needed = [value for name, value in state.items() if not name.startswith("fc.") and value.ndim]
    assert sum(value.size for value in needed) == model.count_params()
    assert sum(value.sum(dtype="float64") for value in needed) == pytest.approx(
        sum(weight.sum(dtype="float64") for weight in model.get_weights()), rel=1e-4
    )


def test_half_precision_is_read(tmp_path):
    state = {name: value.astype("float16") if value.ndim else value for name, value in torch_state().items()}
    model = network()
    take_encoder_weights(model, "resnet18", write(tmp_path / "weights.safetensors", state))
    np.testing.assert_array_equal(model.get_layer("encoder_1_conv_bn").gamma, state["bn1.weight"].astype("float32"))


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_a_grey_slice_gives_the_features_of_a_grey_picture_whatever_its_channels(tmp_path, channels):
    file = write(tmp_path / "weights.npz", torch_state())
    image = np.random.default_rng(0).normal(size=(1, 32, 32, 1)).astype("float32")
    colour, grey = network(), network(channels=channels)
    for model in (colour, grey):
        take_encoder_weights(model, "resnet18", file)
    expected = colour(np.repeat(image, 3, -1))
    for wanted, got in zip(expected, grey(np.repeat(image, channels, -1)), strict=True):
        scale = np.abs(wanted).max()
        np.testing.assert_allclose(got / scale, wanted / scale, atol=1e-4)


def without(state, *names):
    return {name: value for name, value in state.items() if name not in names}


@pytest.mark.parametrize(
    ("encoder", "state", "message"),
    [
        ("resnet34", torch_state(), "expected weights of resnet34; it lacks layer1.2.bn1.bias, .* and 77 more"),
        ("resnet18", torch_state("resnet34"), "expected weights of resnet18; it also has layer1.2.bn1.bias, .* and 77 more"),
        ("resnet18", without(torch_state(), "bn1.bias"), "expected weights of resnet18; it lacks bn1.bias$"),
        (
            "resnet18",
            torch_state(width=8),
            r"expected shape \(7, 7, 3, 4\) for kernel of encoder_1_conv, got \(7, 7, 3, 8\); published weights have width 64",
        ),
        ("resnet50", torch_state("resnet50_v1_5"), "weights of torchvision fit the encoder resnet50_v1_5, got resnet50"),
        ("resnet18", {"a": np.zeros(3)}, r"expected a residual network's weights with conv2_block1_1_conv/kernel .*, got a$"),
        (
            "resnet18",
            torch_state() | {"layer4.1.bn2.bias": np.full(32, np.nan, "float32")},
            "expected finite weights, got NaN or infinity for encoder_5_block_2_conv_2_bn",
        ),
    ],
)
def test_weights_of_another_network_are_refused_and_none_is_taken(tmp_path, encoder, state, message):
    model = network(encoder)
    before = model.get_weights()
    with pytest.raises(TfpartialError, match=message):
        take_encoder_weights(model, encoder, write(tmp_path / "weights.npz", state))
    assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))


def pickled(path):
    np.savez(path, **{"conv1.weight": np.array([{}], object)})


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("none.h5", lambda path: None, "none.h5: no such file; expected an encoder's weights"),
        (
            "resnet.pth",
            lambda path: path.write_bytes(b"x"),
            "expected a file that ends in .h5, .npz, .safetensors; a pickle is not",
        ),
        ("text.h5", lambda path: path.write_text("x"), "text.h5: expected an encoder's weights, got: "),
        ("text.npz", lambda path: path.write_text("x"), "text.npz: expected an encoder's weights, got: "),
        ("pickle.npz", pickled, "pickle.npz: expected an encoder's weights, got: Object arrays cannot be loaded"),
        ("short.safetensors", lambda path: path.write_bytes(b"\xff" * 9), "no whole safetensors file"),
        ("list.safetensors", lambda path: path.write_bytes(b"\2" + bytes(7) + b"[]"), "expected an encoder's weights, got: "),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, make, message):
    make(tmp_path / name)
    with pytest.raises(TfpartialError, match=message):
        take_encoder_weights(network(), "resnet18", tmp_path / name)


def test_a_network_begins_with_them_also_beside_a_prior(tmp_path):
    state = torch_state()
    options = {"width": WIDTH, "encoder": "resnet18", "weights": str(write(tmp_path / "weights.npz", state))}
    expected = state["layer2.0.conv1.weight"].transpose(2, 3, 1, 0)
    for name in ("deeplab_v3", "deeplab_v3_plus", "unet_resnet18"):
        network = models.build(name, 2, (32, 32, 1), **options)
        np.testing.assert_array_equal(network.get_layer("encoder_3_block_1_conv_1").kernel, expected)
    for where in ("activation", "input", "bottleneck"):
        network = models.build_with_prior("unet_resnet18", 2, (32, 32, 1), 2, where, **options)
        np.testing.assert_array_equal(network.get_layer("encoder_3_block_1_conv_1").kernel, expected)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["resnet18", "resnet50_v1_5"])
def test_is_keras_hubs_resnet_of_a_preset(tmp_path, encoder):
    import keras_hub as hub  # some seconds

    keras.utils.set_random_seed(0)
    theirs = hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[7],
        stackwise_num_filters=[64, 128, 256, 512],
        stackwise_num_blocks=BLOCKS[encoder],
        stackwise_num_strides=[1, 2, 2, 2],
        block_type="basic_block" if encoder == "resnet18" else "bottleneck_block",
        image_shape=(64, 64, 3),
    )
    rng = np.random.default_rng(0)
    for layer in theirs.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.0, weight.shape) for weight in layer.get_weights()])
    theirs.save_to_preset(str(tmp_path / "preset"))
    inputs = keras.Input((64, 64, 3))
    ours = keras.Model(inputs, ENCODERS[encoder](inputs, 64)["P5"])
    take_encoder_weights(ours, encoder, tmp_path / "preset")
    image = rng.normal(size=(1, 64, 64, 3)).astype("float32")
    expected = np.array(theirs(image, training=False))
    np.testing.assert_allclose(np.array(ours(image, training=False)) / expected.std(), expected / expected.std(), atol=1e-3)


def test_a_folder_without_keras_hub_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    with pytest.raises(TfpartialError, match="expected an encoder's weights, got: import of keras_hub halted"):
        take_encoder_weights(network(), "resnet18", tmp_path)


@pytest.mark.slow
def test_is_keras_applications_resnet_on_slices_of_unit_variance(tmp_path):
    """Their file, written as they wrote it; their model reads blue, green, red of 0 to 255 around 0."""
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    keras.utils.set_random_seed(0)
    theirs = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(64, 64, 3))
    rng = np.random.default_rng(0)
    for layer in theirs.layers:
        if layer.weights and not isinstance(layer, keras.layers.Conv2D):
            layer.set_weights([rng.uniform(0.5, 1.0, weight.shape) for weight in layer.get_weights()])
        elif layer.weights:
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel, rng.normal(size=bias.shape)])
    file = tmp_path / "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"
    with h5py.File(file, "w") as opened:
        save_weights_to_hdf5_group(opened, theirs)
    inputs = keras.Input((64, 64, 3))
    ours = keras.Model(inputs, ENCODERS["resnet50"](inputs, 64)["P5"])
    take_encoder_weights(ours, "resnet50", file)
    image = rng.normal(size=(1, 64, 64, 3)).astype("float32")
    expected = np.array(theirs(58.0 * image[..., ::-1], training=False))
    np.testing.assert_allclose(np.array(ours(image, training=False)) / expected.std(), expected / expected.std(), atol=1e-3)
    with pytest.raises(TfpartialError, match="weights of Keras Applications fit the encoder resnet50, got resnet50_v1_5"):
        take_encoder_weights(ours, "resnet50_v1_5", file)
