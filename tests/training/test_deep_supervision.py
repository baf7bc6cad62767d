"""Heads on the decoder's coarser levels: where they are, what they learn, and that they are no part of the network."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfpartial import models
from tfpartial.config import LossConfig, NetworkConfig, OptimizerConfig, TrainConfig
from tfpartial.data.fold.training_cases import read_training_cases
from tfpartial.errors import TfpartialError
from tfpartial.segmenter.precision import dtype_policy
from tfpartial.training import Objective, PartialSegmenter
from tfpartial.training import fit as module
from tfpartial.training.checkpoint import Progress, load_state, save_state
from tfpartial.training.deep_supervision import DeepSupervision
from tfpartial.training.learning_rate import WarmDecay
from tfpartial.training.optimizers import build_optimizer

SIDE, ORGANS = 32, 2
BOTH_TERMS = LossConfig({"bce": {"weight": 1.0}, "dice": {"weight": 1.0}})


def build(name="unet", **options):
    return models.build(name, ORGANS, (SIDE, SIDE, 1), width=2, **options)


def trainer(seed=0, policy="float32", ema=0.0, name="unet"):
    keras.utils.set_random_seed(seed)
    with dtype_policy(policy):
        network = build(name)
        deep = DeepSupervision(network)
    objective = Objective("certain", ORGANS, BOTH_TERMS)
    model = PartialSegmenter(network, objective, (-160, 300), mean=10.0, sd=90.0, ema=ema, deep=deep)
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    return model


def batch():
    rng = np.random.default_rng(0)
    return {
        "image": tf.constant(rng.integers(-200, 400, (2, SIDE, SIDE, 1)), tf.int16),
        "label": tf.constant(rng.choice([0, 1, 2], (2, SIDE, SIDE)), tf.uint8),
        "annotated": tf.constant([[True, True]] * 2),
    }


@pytest.mark.parametrize(
    ("name", "options", "sides"),
    [
        ("unet", {}, [32, 16, 8]),  # the coarsest of 2, 4 and 8 has none
        ("attention_unet", {}, [32, 16, 8]),
        ("u_transformer", {"heads": 2}, [32, 16, 8]),
        ("nnunet", {}, [32, 16]),
        ("nnunet", {"strides": [[1, 2], [2, 2], [2, 1]]}, [32, (32, 16)]),
    ],
)
def test_every_level_of_the_decoder_but_the_coarsest_has_a_head(name, options, sides):
    network = build(name, **options)
    deep = DeepSupervision(network)
    grids = [side if isinstance(side, tuple) else (side, side) for side in sides]
    assert [tuple(output.shape[1:]) for output in deep.model.outputs] == [(*grid, ORGANS) for grid in grids]
    assert deep.model.outputs[0] is network.outputs[0]
    assert len(network.outputs) == 1 and not {id(v) for v in deep.variables} & {id(v) for v in network.variables}


def test_the_network_starts_as_it_does_without():
    weights = []
    for deep in (False, True):
        keras.utils.set_random_seed(0)
        network = build()
        weights.append([w.copy() for w in network.get_weights()])
        if deep:
            DeepSupervision(network)
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stages": 2}, "network 'nnunet': expected 2 or more levels of the decoder.*; it has none"),
        ({"stages": 3}, "network 'nnunet': expected 2 or more levels.*1 is the coarsest, which does not learn"),
    ],
)
def test_a_network_without_such_levels_is_refused(options, message):
    with pytest.raises(TfpartialError, match=f"deep_supervision: {message}"):
        DeepSupervision(build("nnunet", **options))


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_the_prior_is_part_of_the_coarser_logits_where_it_is_part_of_the_networks(activation):
    outputs = ORGANS + (activation == "softmax")
    network = models.build_with_prior("unet", outputs, (SIDE, SIDE, 1), ORGANS, activation=activation, width=2)
    deep = DeepSupervision(network)
    own = keras.Model(network.inputs, [head.output for head in deep.heads])
    image = np.random.default_rng(0).normal(size=(1, SIDE, SIDE, 1)).astype("float32")
    prior = np.random.default_rng(1).uniform(0.1, 0.9, (1, SIDE, SIDE, ORGANS)).astype("float32")
    for scale, logits, plain in zip((2, 4), deep.model([image, prior])[1:], own([image, prior]), strict=True):
        picked = prior[:, scale // 2 :: scale, scale // 2 :: scale]
        added = np.array(logits - plain)
        if activation == "softmax":
            added = added[..., 1:] - added[..., :1]
        np.testing.assert_allclose(added, np.log(picked / (1 - picked)), atol=1e-4)


@pytest.mark.parametrize("where", ["input", "bottleneck"])
def test_a_prior_at_another_place_reaches_the_coarser_logits_through_the_network(where):
    network = models.build_with_prior("unet", ORGANS, (SIDE, SIDE, 1), ORGANS, where, width=2)
    assert len(DeepSupervision(network).model.outputs) == 3


def test_a_resumed_training_goes_on_bit_for_bit_with_its_heads(tmp_path):
    straight, resumed = trainer(ema=0.9), trainer(seed=1, ema=0.9)
    for _ in range(2):
        straight.train_step(batch())
    save_state(tmp_path / "state.npz", straight, Progress(1))
    assert load_state(tmp_path / "state.npz", resumed).epochs == 1
    for model in (straight, resumed):
        model.train_step(batch())
    ours, theirs = ([*m.network.variables, *m.head_variables, *m.average.variables] for m in (straight, resumed))
    assert len(straight.head_variables) == 4  # two kernels with biases
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_heads_learn():
    model = trainer()
    before = [variable.numpy() for variable in model.head_variables]
    model.train_step(batch())
    assert all((old != new.numpy()).any() for old, new in zip(before, model.head_variables, strict=True))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_learns_in_half_precision(policy):
    model = trainer(policy=policy, name="nnunet")
    values = model.train_step(batch())
    assert np.isfinite(float(values["loss"]))
    assert all(output.dtype == "float32" for output in model.deep.model.outputs)
    assert all(np.isfinite(variable.numpy()).all() for variable in model.learned_variables)


def discs():
    """A slice of two discs of the same HU, organ 1 above organ 2: only their places tell them apart."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    label = np.zeros((1, SIDE, SIDE), np.uint8)
    for organ, row in ((1, 9), (2, 22)):
        label[0, (rows - row) ** 2 + (columns - 15) ** 2 < 30] = organ
    noise = np.random.default_rng(0).normal(0, 20, label.shape)
    image = np.where(label > 0, 150, 0) + noise
    return {"image": tf.constant(image[..., None], tf.int16), "label": tf.constant(label), "annotated": tf.ones((1, 2), bool)}


@pytest.mark.slow
def test_learns_a_slice_by_heart_with_the_optimiser_of_nnunet():
    keras.utils.set_random_seed(0)
    network = models.build("nnunet", ORGANS, (SIDE, SIDE, 1), width=4)
    loss = LossConfig({"bce": {}, "dice": {"form": "linear", "smooth": 1e-5}})
    objective = Objective("certain", ORGANS, loss)
    model = PartialSegmenter(network, objective, (-160, 300), mean=10.0, sd=90.0, deep=DeepSupervision(network))
    options = {"momentum": 0.99, "nesterov": True, "weight_decay": 3e-5}
    optimizer = build_optimizer(OptimizerConfig("sgd", options, clip_norm=12.0), WarmDecay(0.01, 0.0, 150, shape="polynomial"))
    model.compile(optimizer=optimizer)
    step, data = tf.function(model.train_step), discs()
    for _ in range(150):
        step(data)
    label, predicted = data["label"].numpy(), np.array(model(data["image"])) > 0
    for organ in (1, 2):
        wanted, got = label == organ, predicted[..., organ - 1]
        assert 2 * (wanted & got).sum() / (wanted.sum() + got.sum()) > 0.95


@pytest.mark.parametrize("model", [None, "earlier"])
def test_heads_start_at_the_frequencies_of_the_organs(tiny_run, tmp_path, monkeypatch, model):
    """In a fine-tuning too: the network has its biases, the heads are new."""
    out = tmp_path / "model"
    out.mkdir()
    monkeypatch.setattr(module, "take_weights", lambda network, *_: network.get_layer(models.LOGITS).bias.assign([9.0] * 7))
    monkeypatch.setattr(module, "continued_card", lambda card, _: card)
    paths = (tiny_run.store, tiny_run.splits, out)
    options = {"network": NetworkConfig(options={"width": 2}), "deep_supervision": True, "precision": "float32", "model": model}
    config = TrainConfig(*paths, annotations=tiny_run.annotations, **options)
    cases = read_training_cases(tiny_run.store, tiny_run.splits, 0, tiny_run.annotations)
    segmenter = module._build(config, cases, Objective("certain", len(cases.store.organs), config.loss), "float32", None)
    own = segmenter.network.get_layer(models.LOGITS).bias.numpy()
    for head in segmenter.deep.heads:
        biases = head.bias.numpy()
        assert (biases < -1).all() and len(set(biases)) > 1
        assert (biases == own).all() == (model is None)
