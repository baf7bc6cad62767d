"""A trained segmenter as a SavedModel that needs nothing but TensorFlow: HU slices in, labels and probabilities out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tfpartial import models
from tfpartial.artifacts import write_json
from tfpartial.inference.decode import decode, probabilities
from tfpartial.inference.predictor import network_logits
from tfpartial.training.card import NetworkSpec, SegmenterCard
from tfpartial.training.precision import dtype_policy

ORGANS_FILE = "organs.json"
"""The asset that says what the codes of a label map are, and how the network was trained."""


def rebuild(network: keras.Model, spec: NetworkSpec, policy: str) -> keras.Model:
    """The same weights in a network that computes under another dtype policy.

    Args:
        network: a trained network; its weights are float32 under every policy, so nothing is lost.
        spec: how it was built.
        policy: `float32`, `mixed_bfloat16` or `mixed_float16`.
    """
    with dtype_policy(policy):
        copy = models.build(spec.name, spec.num_outputs, spec.input_shape, **spec.options)
    copy.set_weights(network.get_weights())
    return copy


def save_model(network: keras.Model, card: SegmenterCard, folder: Path) -> None:
    """Writes a SavedModel with the signature `serving_default`.

    Input `hu`: int16 `[n, H, W, C]`, slices on the network's grid. Outputs `labels`: uint8 `[n, H, W]`, codes 0..K;
    `probabilities`: float32 `[n, H, W, K]`. Normalising and decoding are part of the graph; the asset `organs.json` names the
    codes. The module holds TensorFlow variables and one function, nothing of Keras, so TensorFlow alone can load it.

    Args:
        network: normalised HU -> logits.
        card: how it was trained.
        folder: an existing folder to write into.
    """
    shape = (None, *card.size, len(card.channel_names))

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.int16, name="hu")], autograph=False)
    def serve(hu: tf.Tensor) -> dict[str, tf.Tensor]:
        logits = network_logits(network, card, hu)
        return {"labels": decode(logits, card.method), "probabilities": probabilities(logits, card.method)}

    module = tf.Module(name="segmenter")
    module.serve = serve
    module.weights = list(serve.get_concrete_function().variables)
    with tempfile.TemporaryDirectory() as scratch:
        organs = Path(scratch) / ORGANS_FILE
        write_json(organs, organ_document(card))
        module.organs = tf.saved_model.Asset(str(organs))
        tf.saved_model.save(module, str(folder), signatures={"serving_default": serve})


def organ_document(card: SegmenterCard) -> dict[str, Any]:
    """What a caller of the SavedModel must know: names of the codes and channels, the slice's grid, and the HU window."""
    return {
        "format": 1,
        "organs": {str(organ_id): name for name, organ_id in card.organs.ids.items()},
        "channel_names": card.channel_names,
        "method": card.method,
        "size": card.size,
        "spacing_mm": card.spacing_mm,
        "window_hu": card.window_hu,
    }
