"""A trained segmenter as a SavedModel that needs nothing but TensorFlow: HU slices in, labels and probabilities out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfpartial.artifacts import write_json
from tfpartial.data.number_map import INT16, NumberMaps, columns, dtype_of
from tfpartial.priors.render import PriorRenderer, SlicePlaces
from tfpartial.segmenter.card import SegmenterCard, build_network
from tfpartial.segmenter.decode import decode, probabilities
from tfpartial.segmenter.network import network_logits, place_specs
from tfpartial.segmenter.precision import dtype_policy

WITH_PRIOR = "with_prior"
"""The signature that takes the places of the organs as well."""
ORGANS_FILE = "organs.json"
"""The asset that says what the codes of a label map are, and how the network was trained."""


def rebuild(network: keras.Model, card: SegmenterCard, policy: str) -> keras.Model:
    """The same weights in a network that computes under another dtype policy.

    Args:
        network: a trained network; its weights are float32 under every policy, so nothing is lost.
        card: how it was built.
        policy: `float32`, `mixed_bfloat16` or `mixed_float16`.
    """
    with dtype_policy(policy):
        copy = build_network(card)
    copy.set_weights(network.get_weights())
    return copy


def save_model(network: keras.Model, card: SegmenterCard, folder: Path, renderer: PriorRenderer | None = None) -> None:
    """Writes a SavedModel with the signature `serving_default`, and `with_prior` for a network that has a spatial prior.

    Input `hu`: int16 `[n, H, W, C]`, slices on the network's grid; float32 where a channel is scaled or the store holds
    floats: the graph makes of the numbers what `prepare` stores. Outputs `labels`: uint8 `[n, H, W]`, codes 0..K;
    `probabilities`: float32 `[n, H, W, K]`. `with_prior` also takes `offset_mm`, float32 `[n, K, 3]`: z, y, x from the middle of
    each slice to the centre of each organ, NaN for an organ without a place; and `spacing_mm`, float32 `[n, 3]`, spacing z, y, x
    of the slices. Without it a network with a prior is told nothing of places. Normalising, rendering of the priors and
    decoding are part of the graph; the asset `organs.json` names the codes. The module holds TensorFlow variables and functions,
    nothing of Keras, so TensorFlow alone can load it.

    Args:
        network: normalised HU, and the prior of each slice, -> logits.
        card: how it was trained.
        folder: an existing folder to write into; scratch is beside it.
        renderer: renders the prior of a network that has one.
    """
    hu_spec = tf.TensorSpec((None, *card.size, len(card.channel_names)), tf.float32 if card.number_maps else tf.int16, name="hu")
    places = place_specs(len(card.organs), None)
    offset_spec = tf.TensorSpec(places.centre_mm.shape, tf.float32, name="offset_mm")
    spacing_spec = tf.TensorSpec(places.spacing_mm.shape, tf.float32, name="spacing_mm")

    def outputs(logits: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"labels": decode(logits, card.activation), "probabilities": probabilities(logits, card.activation)}

    @tf.function(input_signature=[hu_spec], autograph=False)
    def serve(hu: tf.Tensor) -> dict[str, tf.Tensor]:
        return outputs(network_logits(network, card, to_stored(hu, card.number_maps), renderer))

    @tf.function(input_signature=[hu_spec, offset_spec, spacing_spec], autograph=False)
    def with_prior(hu: tf.Tensor, offset_mm: tf.Tensor, spacing_mm: tf.Tensor) -> dict[str, tf.Tensor]:
        stored = to_stored(hu, card.number_maps)
        return outputs(network_logits(network, card, stored, renderer, SlicePlaces(offset_mm, spacing_mm)))

    module = tf.Module(name="segmenter")
    module.serve = serve
    module.weights = list(serve.get_concrete_function().variables)
    signatures = {"serving_default": serve}
    if renderer is not None:
        signatures[WITH_PRIOR] = module.with_prior = with_prior
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        organs = Path(scratch) / ORGANS_FILE
        write_json(organs, organ_document(card), with_checksum=False)
        module.organs = tf.saved_model.Asset(str(organs))
        tf.saved_model.save(module, str(folder), signatures=signatures)


def to_stored(numbers: tf.Tensor, maps: NumberMaps) -> tf.Tensor:
    """The numbers of scaled channels, or of floats, as `prepare` would store them, rounded and clipped; HU are given back."""
    if not maps:
        return numbers
    dtype = dtype_of(maps)
    if dtype != np.int16:
        return tf.cast(tf.clip_by_value(numbers, *np.array([-1, 1], np.float32) * np.finfo(dtype).max), dtype)
    slopes, intercepts = columns(maps)
    return tf.clip_by_value(tf.round((numbers - intercepts) / slopes), INT16.min, INT16.max)


def organ_document(card: SegmenterCard) -> dict[str, Any]:
    """What a caller of the SavedModel must know: names of the codes and channels, the slice's grid, and the HU window."""
    return {
        "format": 1,
        "organs": {str(organ_id): name for name, organ_id in card.organs.ids.items()},
        "channel_names": card.channel_names,
        "method": card.method,
        "activation": card.activation,
        "size": card.size,
        "spacing_mm": card.spacing_mm,
        "window_hu": card.window_hu,
        "prior": card.prior,
        "number_maps": [one.row() for one in card.number_maps],
    }
