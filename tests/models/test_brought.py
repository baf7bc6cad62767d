"""Networks of functions that a user installed."""

import re
import shutil
import sys

import keras
import numpy as np
import pytest

from tests.models.outside import PACKAGE, forget, outside  # noqa: F401  a fixture
from tfpartial import models
from tfpartial.confidence.network import confidence_network
from tfpartial.config import NetworkConfig, TrainConfig
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.segmenter.card import NetworkSpec, SegmenterCard, write_card
from tfpartial.segmenter.network import load_network, save_network
from tfpartial.segmenter.precision import dtype_policy
from tfpartial.training.check import network_options

SHAPE = (16, 24, 2)
pytestmark = pytest.mark.usefixtures("outside")


def build(function="segmenter", num_logits=3, shape=SHAPE, **options):
    return models.build(f"{PACKAGE}:{function}", num_logits, shape, **options)


def slices(shape=SHAPE):
    return np.random.default_rng(0).normal(size=(2, *shape)).astype("float32")


def test_gives_what_the_functions_own_model_gives():
    keras.utils.set_random_seed(0)
    network = build(filters=5)
    keras.utils.set_random_seed(0)
    own = sys.modules[PACKAGE].segmenter(3, SHAPE, filters=5)
    np.testing.assert_allclose(network(slices()), own(slices()), rtol=1e-5, atol=1e-6)
    assert network.name == "segmenter"


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize(
    ("function", "options", "features"),
    [
        ("segmenter", {}, 4),
        ("ends_in", {"what": "plain"}, 4),
        ("ends_in", {"what": "identity"}, 4),
        ("ends_in", {"what": "named"}, 3),
        ("ends_in", {"what": "upsampling"}, None),
        ("ends_in", {"what": "operation"}, None),
        ("ends_in", {"what": "slice"}, None),
        ("ends_in", {"what": "shared"}, None),
    ],
)
def test_ends_in_the_layers_that_others_look_up(policy, function, options, features):
    with dtype_policy(policy):
        network = build(function, **options)
    logits, by_name = network.get_layer(models.LOGITS), {layer.name: layer for layer in network.layers}
    assert logits.output is network.outputs[0]
    assert (network.output.dtype, network.output.shape) == ("float32", (None, 16, 24, 3))
    assert (models.FEATURES in by_name) == (features is not None)
    if features is None:
        with pytest.raises(TfpartialError, match=f"expected a network with layers {models.FEATURES}; it has no"):
            confidence_network(network, 3, "finetune", [2])
    else:
        assert logits.input is by_name[models.FEATURES].output
        assert logits.input.shape == (None, 16, 24, features)
        assert confidence_network(network, 3, "finetune", [2])(slices()).shape == (2, 16, 24, 3)


@pytest.mark.parametrize("where", ["activation", "input"])
def test_takes_a_prior(where):
    name = f"{PACKAGE}:segmenter"
    network, model = build(), models.build_with_prior(name, 3, SHAPE, 3, where)
    prior = np.full((2, 16, 24, 3), 0.5, "float32")
    if where == "activation":  # the layers of the second have the names of the first
        models.take_plain_weights(model, network)
        np.testing.assert_array_equal(model([slices(), prior]), network(slices()))
    assert model([slices(), prior]).shape == (2, 16, 24, 3)


def stage_folder(folder, network, name=f"{PACKAGE}:segmenter", num_logits=3, shape=SHAPE, **options):
    """A stage folder of `train` as far as its network goes."""
    organs, channels = (tuple("abcdef"[:number]) for number in (num_logits, shape[-1]))
    spec = NetworkSpec(name, num_logits, shape, options)
    card = SegmenterCard(OrganTable(organs), channels, "certain", "sigmoid", shape[:2], None, (-1.0, 1.0), 0.0, 1.0, spec)
    folder.mkdir()
    write_card(card, folder)
    save_network(network, folder / "last.keras")


def test_a_new_process_finds_its_layers_by_the_card(tmp_path):
    network = build()
    stage_folder(tmp_path / "model", network)
    expected = np.array(network(slices()))
    forget()
    np.testing.assert_array_equal(load_network(tmp_path / "model", "last")(slices()), expected)


def test_code_beside_a_model_is_not_run(tmp_path, monkeypatch):
    stage_folder(tmp_path / "model", build())
    forget()
    shutil.move(tmp_path / "site-packages" / f"{PACKAGE}.py", tmp_path / "model")
    monkeypatch.chdir(tmp_path / "model")
    for first in ("", str(tmp_path / "model")):  # python -c, and python -m
        monkeypatch.setattr(sys, "path", [first, *sys.path])
        expected = (
            f"network '{PACKAGE}:segmenter': its module cannot be imported: ModuleNotFoundError: No module named '{PACKAGE}'"
        )
        with pytest.raises(
            TfpartialError, match=f"{expected}; expected one that is installed, the current folder is not searched"
        ):
            load_network(tmp_path / "model", "last")
        assert sys.path[0] == first
        monkeypatch.setattr(sys, "path", sys.path[1:])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (f"{PACKAGE}:", "expected a function as package.module:function"),
        (":segmenter", "expected a function as package.module:function"),
        (f"../{PACKAGE}:segmenter", "expected a function as package.module:function"),
        ("no_such_package.networks:segmenter", "ModuleNotFoundError: No module named 'no_such_package'"),
        (
            f"{PACKAGE}_broken:segmenter",
            "its module cannot be imported: ModuleNotFoundError: No module named 'no_such_module_at_all'",
        ),
        (f"{PACKAGE}:segmentor", f"module {PACKAGE} has no function segmentor"),
        (f"{PACKAGE}:NOT_A_FUNCTION", f"module {PACKAGE} has no function NOT_A_FUNCTION"),
        (
            f"{PACKAGE}:other_arguments",
            "expected a function of num_logits, input_shape and its options, got one of num_classes, im",
        ),
        (f"{PACKAGE}:typed_for_a_checker", "its annotations cannot be read: NameError: name 'Unknown' is not defined"),
        (f"{PACKAGE}:fails", "cannot be built: RuntimeError: no luck"),
        (f"{PACKAGE}:a_list", "expected a functional keras.Model, got builtins.list"),
        (f"{PACKAGE}:subclassed", f"expected a functional keras.Model, got {PACKAGE}.Subclassed"),
        (f"{PACKAGE}:own_call", "expected a functional keras.Model, got one whose class has a `call` of its own"),
    ],
)
def test_a_function_that_is_none_is_refused_in_one_line(name, message):
    with pytest.raises(TfpartialError, match=re.escape(message)) as refused:
        models.build(name, 3, SHAPE)
    assert str(refused.value).startswith(f"network '{name}'") and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("sigmoid", r"expected logits, got the outcome of 'conv2d.*', sigmoid; leave the last activation out"),
        ("softmax", r"expected logits, got the outcome of 'softmax.*', Softmax"),
        ("small sigmoid", r"expected logits, got the outcome of 'conv2d.*', sigmoid"),
        ("sigmoid operation", r"expected logits, got the outcome of 'sigmoid.*', Sigmoid"),
        ("nested sigmoid", r"expected logits, got the outcome of 'conv2d.*', sigmoid"),
        ("lambda", r"expected layers that Keras saves and loads in its safe mode .*, got: .*[Ll]ambda"),
        ("unregistered", r"expected layers that Keras saves and loads in its safe mode .*, got: .*Unregistered"),
        ("half", r"expected one output of shape \(16, 24, 3\), got \(8, 12, 3\)"),
        ("two", r"expected one output of shape \(16, 24, 3\), got \(16, 24, 3\), \(16, 24, 4\)"),
        ("early logits", r"expected the last layer to be named 'logits', or none, got 'conv2d.*' behind it"),
        ("small features", r"expected a layer 'features' on the slice's grid, \(16, 24\), got \(8, 12, 4\)"),
    ],
)
def test_a_model_that_could_not_be_trained_or_loaded_is_refused(what, message):
    with pytest.raises(TfpartialError, match=f"network '{PACKAGE}:ends_in': {message}"):
        build("ends_in", what=what)


def test_options_are_checked_by_the_functions_own_types():
    with pytest.raises(
        TfpartialError, match=f"network '{PACKAGE}:segmenter' has no option width; expected some of filters, activ"
    ):
        build(width=3)
    config = TrainConfig(
        "store", "splits", "annotations", "out", network=NetworkConfig(f"{PACKAGE}:segmenter", {"filters": "many"})
    )
    with pytest.raises(TfpartialError, match=r"network\.options\.filters: expected int, got 'many'"):
        network_options(config)
