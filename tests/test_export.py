"""The SavedModel: the same labels as `predict`, from TensorFlow alone."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tfpartial.data.number_map import NumberMap
from tfpartial.export import rebuild, save_model
from tfpartial.inference.predictor import Predictor
from tfpartial.segmenter.card import read_card
from tfpartial.segmenter.network import load_network

WITHOUT_KERAS = """
import json, sys
for name in ("keras", "tf_keras", "tfpartial"):
    sys.modules[name] = None  # importing it raises ImportError
import numpy as np, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
outputs = model.signatures["serving_default"](hu=tf.constant(np.load(sys.argv[2])))
np.savez(sys.argv[3], **{name: value.numpy() for name, value in outputs.items()})
print(open(model.organs.asset_path.numpy()).read())
"""


@pytest.fixture(scope="module")
def segmenter(unet_segmenter):
    """Network in float32, and its card."""
    card = read_card(unet_segmenter)
    return rebuild(load_network(unet_segmenter, "last"), card, "float32"), card


@pytest.fixture(scope="module")
def saved_model(segmenter, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "1"
    save_model(*segmenter, folder)
    return folder


@pytest.fixture(scope="module")
def hu():
    return np.random.default_rng(0).integers(-1000, 1000, (4, 32, 48, 1), dtype=np.int16)


@pytest.fixture(scope="module")
def served(saved_model, hu, tmp_path_factory):
    """What a process with TensorFlow but without keras and tfpartial gets: labels, probabilities, organ document."""
    folder = tmp_path_factory.mktemp("served")
    np.save(folder / "hu.npy", hu)
    command = [sys.executable, "-c", WITHOUT_KERAS, saved_model, folder / "hu.npy", folder / "out.npz"]
    result = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    outputs = np.load(folder / "out.npz")
    return outputs["labels"], outputs["probabilities"], json.loads(result.stdout)


def test_tensorflow_alone_gives_the_labels_and_probabilities_of_predict(segmenter, served, hu):
    labels, probability = Predictor(*segmenter, batch=4).labels_and_probabilities(hu)
    assert labels.any()
    assert np.array_equal(served[0], labels)
    assert served[0].dtype == np.uint8
    assert np.allclose(served[1], probability, atol=1e-6)


def test_any_number_of_slices_is_served(saved_model, served, hu):
    import tensorflow as tf

    serve = tf.saved_model.load(str(saved_model)).signatures["serving_default"]
    assert np.array_equal(serve(hu=tf.constant(hu[:1]))["labels"], served[0][:1])


def test_the_assets_name_the_codes_and_the_grid(served):
    document = served[2]
    assert document["organs"] == {"1": "liver", "2": "spleen", "3": "left kidney"}
    assert document["size"] == [32, 48]
    assert document["channel_names"] == ["CT"]


def test_the_signature_is_as_promised(saved_model):
    import tensorflow as tf

    serve = tf.saved_model.load(str(saved_model)).signatures["serving_default"]
    inputs = serve.structured_input_signature[1]
    assert {name: (spec.dtype, spec.shape.as_list()) for name, spec in inputs.items()} == {"hu": (tf.int16, [None, 32, 48, 1])}
    outputs = {name: (spec.dtype, spec.shape.as_list()) for name, spec in serve.structured_outputs.items()}
    assert outputs == {"labels": (tf.uint8, [None, 32, 48]), "probabilities": (tf.float32, [None, 32, 48, 3])}


def test_rebuilding_changes_the_arithmetic_and_no_weight(unet_segmenter):
    saved = load_network(unet_segmenter, "last")
    copy = rebuild(saved, read_card(unet_segmenter), "float32")
    assert {layer.dtype_policy.name for layer in saved.layers} == {"mixed_bfloat16", "float32"}
    assert {layer.dtype_policy.name for layer in copy.layers} == {"float32"}
    for before, after in zip(saved.get_weights(), copy.get_weights(), strict=True):
        assert np.array_equal(before, after)


def test_a_predict_request_of_tf_serving_fits_the_signature(saved_model, served, hu):
    import tensorflow as tf

    predict_pb2 = pytest.importorskip("tensorflow_serving.apis.predict_pb2", reason="needs tensorflow-serving-api")
    request = predict_pb2.PredictRequest()
    request.model_spec.signature_name = "serving_default"
    request.inputs["hu"].CopyFrom(tf.make_tensor_proto(hu))
    received = predict_pb2.PredictRequest.FromString(request.SerializeToString())
    serve = tf.saved_model.load(str(saved_model)).signatures[received.model_spec.signature_name]
    inputs = {name: tf.constant(tf.make_ndarray(proto)) for name, proto in received.inputs.items()}
    assert np.array_equal(serve(**inputs)["labels"], served[0])


@pytest.mark.slow
def test_saved_model_cli_runs_it(saved_model, served, hu, tmp_path):
    np.save(tmp_path / "hu.npy", hu)
    tool = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli"]
    which = ["--dir", saved_model, "--tag_set", "serve", "--signature_def", "serving_default"]
    inputs = ["--inputs", f"hu={tmp_path / 'hu.npy'}", "--outdir", tmp_path]
    subprocess.run([*tool, "run", *which, *inputs], check=True, capture_output=True)
    assert np.array_equal(np.load(tmp_path / "labels.npy"), served[0])


@pytest.mark.parametrize("values", ["int16", "float16", "float32"])
def test_a_network_of_scaled_numbers_or_floats_takes_the_numbers_themselves(segmenter, tmp_path, values):
    import tensorflow as tf

    network, card = segmenter
    scaled = (NumberMap(2**-14, 2**-4, values),)
    card = dataclasses.replace(card, window_hu=(0.0, 1.0), mean=0.5, sd=0.25, number_maps=scaled)
    save_model(network, card, tmp_path)
    numbers = np.random.default_rng(0).random((2, 32, 48, 1), np.float32)
    stored, _ = scaled[0].stored(numbers)
    model = tf.saved_model.load(str(tmp_path))
    outputs = model.signatures["serving_default"](hu=tf.constant(numbers))
    labels, probability = Predictor(network, card, batch=2).labels_and_probabilities(stored)
    assert np.array_equal(outputs["labels"], labels)
    assert np.allclose(outputs["probabilities"], probability, atol=1e-6)
    assert np.ptp(probability) > 0.01, "the slices are no single number"
    document = json.loads(Path(model.organs.asset_path.numpy().decode()).read_text())
    more = {} if values == "int16" else {"values": values}
    assert document["number_maps"] == [{"slope": 2**-14, "intercept": 2**-4, **more}]
