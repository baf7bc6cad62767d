"""Networks that take the prior: their shapes, their files, and what they share with the plain network."""

import re

import keras
import numpy as np
import pytest

from tfpartial import models
from tfpartial.errors import TfpartialError
from tfpartial.models.with_prior import PriorForm, scaled_log_odds
from tfpartial.segmenter.precision import dtype_policy

SHAPE = (16, 32, 2)
PLACES = ["activation", "input", "bottleneck"]
UNTOUCHED = ["activation", "bottleneck"]
"""Where a prior of 1/2 changes nothing."""


def images(shape=SHAPE):
    return np.random.default_rng(0).normal(size=(2, *shape)).astype("float32")


def priors(grid=SHAPE[:-1], organs=3):
    return np.random.default_rng(1).uniform(0.0, 1.0, (2, *grid, organs)).astype("float32")


def shuffled(network):
    """Random values for every weight, the moving statistics and what starts at zero among them."""
    random = np.random.default_rng(2)

    def values(shape):
        return random.uniform(0.5, 1.0, shape) if len(shape) == 1 else random.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))

    for layer in network.layers:
        layer.set_weights([values(weight.shape) for weight in layer.weights])
    return network


def plain(num_logits=3):
    return shuffled(models.build("unet", num_logits, SHAPE, width=2))


def with_prior(where, num_logits=3, **options):
    return models.build_with_prior("unet", num_logits, SHAPE, 3, where, width=2, **options)


def little_3d(num_logits, input_shape):
    """Two levels of 3D features."""
    x = inputs = keras.Input(input_shape, name="slice")
    low = keras.layers.Conv3D(3, (1, 2, 4), strides=(1, 2, 4), name=models.BOTTLENECK)(x)
    x = keras.layers.Concatenate(name="concat")([x, keras.layers.UpSampling3D((1, 2, 4), name="up")(low)])
    x = keras.layers.Conv3D(4, 1, name=models.FEATURES)(x)
    return keras.Model(inputs, keras.layers.Conv3D(num_logits, 1, dtype="float32", name=models.LOGITS)(x), name="little_3d")


def without_bottleneck(num_logits, input_shape):
    inputs = keras.Input(input_shape)
    return keras.Model(inputs, keras.layers.Conv2D(num_logits, 1, name=models.LOGITS)(inputs), name="shallow")


@pytest.fixture
def other_networks(monkeypatch):
    monkeypatch.setitem(models.NETWORKS, "little_3d", little_3d)
    monkeypatch.setitem(models.NETWORKS, "shallow", without_bottleneck)


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_takes_slice_and_prior_and_gives_float32_logits(where, policy):
    with dtype_policy(policy):
        model = shuffled(with_prior(where))
    assert [(each.name, each.shape, each.dtype) for each in model.inputs] == [
        ("slice", (None, *SHAPE), "float32"),
        ("prior", (None, 16, 32, 3), "float32"),
    ]
    assert (model.output.shape, model.output.dtype) == ((None, 16, 32, 3), "float32")
    logits = model({"slice": images(), "prior": priors()})
    assert np.isfinite(logits).all()
    assert np.abs(logits - model([images(), 1 - priors()])).max() > 0  # it reads the prior
    assert keras.Model(model.inputs, model.get_layer(models.FEATURES).output)([images(), priors()]).shape == (2, 16, 32, 2)


@pytest.mark.parametrize("where", UNTOUCHED)
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_prior_of_one_half_leaves_the_plain_logits_bit_by_bit(where, policy):
    with dtype_policy(policy):
        model, network = shuffled(with_prior(where)), plain()
    models.take_plain_weights(model, network)
    np.testing.assert_array_equal(model([images(), np.full((2, 16, 32, 3), 0.5, "float32")]), network(images()))


@pytest.mark.parametrize("where", ["input", "bottleneck"])
def test_a_new_network_with_plain_weights_gives_the_plain_logits_under_every_prior(where):
    model, network = with_prior(where), plain()
    models.take_plain_weights(model, network)
    np.testing.assert_allclose(model([images(), priors()]), network(images()), rtol=1e-4, atol=1e-4)


def test_a_first_convolution_may_read_padded_slices(monkeypatch):
    def padded(num_logits, input_shape):
        inputs = keras.Input(input_shape, name="slice")
        x = keras.layers.Conv2D(4, 3, name=models.FEATURES)(keras.layers.ZeroPadding2D(1, name="padding")(inputs))
        return keras.Model(inputs, keras.layers.Conv2D(num_logits, 1, name=models.LOGITS)(x), name="padded")

    monkeypatch.setitem(models.NETWORKS, "padded", padded)
    model, network = models.build_with_prior("padded", 3, SHAPE, 3, "input"), shuffled(models.build("padded", 3, SHAPE))
    models.take_plain_weights(model, network)
    np.testing.assert_allclose(model([images(), priors()]), network(images()), rtol=1e-4, atol=1e-4)


def test_the_weights_at_the_activation_are_the_plain_ones_in_their_order():
    model, network = with_prior("activation", epsilon=1e-6), plain()
    assert [weight.path for weight in model.weights] == [weight.path for weight in network.weights]
    model.set_weights(network.get_weights())
    p = np.clip(priors().astype("float64"), 1e-6, 1 - 1e-6)
    np.testing.assert_allclose(model([images(), priors()]), network(images()) + np.log(p / (1 - p)), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("epsilon", [1e-6, 1e-2])
def test_the_softmax_gets_the_prior_with_its_background(epsilon):
    model, network = with_prior("activation", 4, activation="softmax", epsilon=epsilon), plain(4)
    models.take_plain_weights(model, network)
    np.testing.assert_array_equal(model([images(), np.full((2, 16, 32, 3), 0.5, "float32")]), network(images()))
    added = np.array(model([images(), priors()])) - network(images())
    p = np.clip(priors().astype("float64"), epsilon, 1 - epsilon)
    np.testing.assert_allclose(added[..., 1:] - added[..., :1], np.log(p / (1 - p)), atol=1e-3)


def test_the_input_gets_scaled_log_odds_after_the_slice():
    model = with_prior("input", epsilon=0.01)
    joined = keras.Model(model.inputs, model.get_layer("slice_and_prior").output)([images(), priors()])
    np.testing.assert_array_equal(joined[..., :2], images())
    p = np.clip(priors().astype("float64"), 0.01, 0.99)
    np.testing.assert_allclose(joined[..., 2:], np.log(p / (1 - p)) / np.log(99), rtol=1e-4, atol=1e-6)


def test_scaled_log_odds_go_from_minus_one_to_one():
    scaled = scaled_log_odds(np.array([0.0, 0.5, 1.0], "float32"))
    np.testing.assert_allclose(scaled, [-1.0, 0.0, 1.0], rtol=1e-6)


def test_the_bottleneck_gets_the_mean_log_odds_of_its_voxels():
    model = with_prior("bottleneck", epsilon=0.01)
    projection = model.get_layer("prior_projection")
    projection.set_weights([np.eye(3, 32).reshape(1, 1, 3, 32)])
    ends = [model.get_layer(name).output for name in (models.BOTTLENECK, "bottleneck_and_prior")]
    before, after = keras.Model(model.inputs, ends)([images(), priors()])
    p = np.clip(priors().astype("float64"), 0.01, 0.99)
    log_odds = np.log(p / (1 - p)) / np.log(99)
    expected = log_odds.reshape(2, 1, 16, 2, 16, 3).mean(axis=(2, 4))  # (2, 1, 2, 3)
    np.testing.assert_allclose(np.array(after - before)[..., :3], expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(after[..., 3:], before[..., 3:])


def test_the_bottleneck_of_the_unet_is_its_lowest_level():
    assert models.build("unet", 1, (32, 48, 1), width=2).get_layer(models.BOTTLENECK).output.shape == (None, 2, 3, 32)


@pytest.mark.parametrize("where", PLACES)
def test_works_on_3d_networks(where, other_networks):
    shape = (3, 4, 8, 1)
    model = models.build_with_prior("little_3d", 2, shape, 2, where)
    network = shuffled(models.build("little_3d", 2, shape))
    half = np.full((2, *shape[:-1], 2), 0.5, "float32")
    if where != "input":
        models.take_plain_weights(model, network)
        np.testing.assert_array_equal(model([images(shape), half]), network(images(shape)))
    assert model([images(shape), priors(shape[:-1], 2)]).shape == (2, *shape[:-1], 2)


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_comes_back_from_its_file_without_unsafe_code(where, policy, tmp_path):
    with dtype_policy(policy):
        model = shuffled(with_prior(where, 4, activation="softmax", epsilon=1e-3))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True, compile=False)
    np.testing.assert_array_equal(again([images(), priors()]), model([images(), priors()]))


@pytest.mark.parametrize("form", ["log_odds", "categorical"])
def test_a_prior_form_knows_its_shape_and_survives_its_config(form):
    layer = PriorForm(form, 1e-3, name="form")
    again = PriorForm.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert again(priors()).shape == layer.compute_output_shape(priors().shape)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "vnet"}, "network 'vnet' does not exist; expected one of unet"),
        ({"depth": 3}, "network 'unet' has no option depth; expected some of width"),
        ({"where": "skips"}, "a prior has no place 'skips'; expected one of activation, input, bottleneck"),
        ({"activation": "relu"}, "prior-driven activation 'relu' does not exist; expected one of sigmoid, softmax"),
        ({"epsilon": 0.7}, "prior-driven activation: expected epsilon in (0, 0.5), got 0.7"),
        ({"num_organs": 0}, "network 'unet' with a prior: expected at least 1 organ, got 0"),
        ({"num_logits": 4}, "a prior of 3 organs before a sigmoid: expected 3 outputs, got 4"),
        ({"activation": "softmax"}, "a prior of 3 organs before a softmax: expected 4 outputs, got 3"),
        ({"input_shape": ()}, "unet: expected input_shape (H, W, C), got ()"),
    ],
)
def test_refuses_what_does_not_exist_or_fit(changes, message):
    settings = {"name": "unet", "num_logits": 3, "input_shape": SHAPE, "num_organs": 3, "where": "activation", "width": 2}
    with pytest.raises(TfpartialError, match=f"^{re.escape(message)}"):
        models.build_with_prior(**settings | changes)


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("shallow", SHAPE, "network 'shallow' has no layer named 'bottleneck' that a prior could be added to"),
        (
            "little_3d",
            (3, 5, 8, 1),
            "network 'little_3d': expected sides that are multiples of those of 'bottleneck', (3, 2, 2), got (3, 5, 8)",
        ),
    ],
)
def test_names_the_network_whose_bottleneck_takes_no_prior(name, shape, message, monkeypatch):
    def uneven(num_logits, input_shape):
        inputs = keras.Input(input_shape)
        low = keras.layers.Conv3D(3, (1, 2, 4), strides=(1, 2, 4), name=models.BOTTLENECK)(inputs)
        return keras.Model(inputs, keras.layers.Conv3D(num_logits, 1, name=models.LOGITS)(low), name="little_3d")

    monkeypatch.setitem(models.NETWORKS, "shallow", without_bottleneck)
    monkeypatch.setitem(models.NETWORKS, "little_3d", uneven)
    with pytest.raises(TfpartialError, match=f"^{re.escape(message)}$"):
        models.build_with_prior(name, 3, shape, 3, "bottleneck")


def test_weights_of_another_network_are_refused_and_nothing_changes():
    model = shuffled(with_prior("input"))
    before = model.get_weights()
    for width, num_logits, message in [(4, 3, "layer 'encoder_1_conv_1': expected weights of shapes"), (2, 2, "layer 'logits'")]:
        with pytest.raises(TfpartialError, match=f"^{message}"):
            models.take_plain_weights(model, models.build("unet", num_logits, SHAPE, width=width))
    with pytest.raises(
        TfpartialError, match=r"^'unet_prior_input' cannot take the weights of 'shallow': only one has decoder_1_"
    ):
        models.take_plain_weights(model, without_bottleneck(3, SHAPE))
    for got, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(got, expected)
