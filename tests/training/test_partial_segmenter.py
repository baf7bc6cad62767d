"""The custom train step: what it learns from, and what it does not."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfpartial.config import AugmentConfig, IntensityConfig, LossConfig, RandomRange
from tfpartial.data.feed.augment import draw_affine
from tfpartial.data.number_map import NumberMap
from tfpartial.errors import TfpartialError
from tfpartial.segmenter.precision import choose_policy, dtype_policy
from tfpartial.training import METHODS, Objective, PartialSegmenter

SHAPE = (8, 8)
ORGANS = 2


def tiny_network(num_logits):
    """Two convolutions: enough to have gradients everywhere."""
    image = keras.Input((*SHAPE, 1))
    hidden = keras.layers.Conv2D(3, 3, padding="same", activation="tanh")(image)
    return keras.Model(image, keras.layers.Conv2D(num_logits, 1, dtype="float32")(hidden))


BOTH_TERMS = LossConfig({"bce": {"weight": 1.0}, "dice": {"weight": 1.0}})


def segmenter(method="certain", loss=BOTH_TERMS, augment=None):
    keras.utils.set_random_seed(0)
    objective = Objective(method, ORGANS, loss)
    model = PartialSegmenter(tiny_network(objective.num_logits), objective, (-160, 300), mean=10.0, sd=90.0, augment=augment)
    model.compile(optimizer=keras.optimizers.Adam(1e-2), jit_compile=False)
    return model


def batch(annotated, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "image": tf.constant(rng.integers(-200, 400, (2, *SHAPE, 1)), tf.int16),
        "label": tf.constant(rng.choice([0, 0, 1], (2, *SHAPE)), tf.uint8),
        "annotated": tf.constant([annotated] * 2),
    }


def test_an_organ_that_is_not_annotated_is_learned_only_where_another_organ_is():
    data = batch([True, False])
    logits = tf.Variable(np.random.default_rng(1).normal(size=(2, *SHAPE, ORGANS)).astype("float32"))
    objective = Objective("certain", ORGANS, BOTH_TERMS)
    with tf.GradientTape() as tape:
        loss = objective(data, logits)["loss"]
    gradient = tape.gradient(loss, logits).numpy()
    labelled = data["label"].numpy() > 0
    assert np.all(gradient[..., 0] != 0)
    assert np.all(gradient[..., 1][~labelled] == 0)
    assert np.all(gradient[..., 1][labelled] != 0)


def test_naive_takes_missing_labels_for_background():
    """Organ 1 is drawn where it is, organ 2 is in no label: what is not drawn is background in both terms."""
    data = batch([True, False])
    logits = tf.Variable(tf.zeros((2, *SHAPE, ORGANS)))
    with tf.GradientTape() as tape:
        naive = Objective("naive", ORGANS, BOTH_TERMS)(data, logits)
        certain = Objective("certain", ORGANS, BOTH_TERMS)(data, logits)
        bce = naive["bce"]
    slope = tape.gradient(bce, logits).numpy()
    assert np.all(slope[..., 1] > 0), "organ 2 is learned as absent everywhere"
    assert float(bce) == pytest.approx(ORGANS * np.log(2), rel=1e-5)
    positive, voxels = float(np.sum(data["label"] == 1)), 2 * SHAPE[0] * SHAPE[1]
    dice = -np.log((positive + 0.01) / (positive + voxels / 2 + 0.01))  # of organ 1, at a probability of 1/2 everywhere
    assert float(naive["dice"]) == pytest.approx(dice, rel=1e-5)
    assert float(certain["dice"]) == pytest.approx(dice, rel=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_no_method_learns_an_organ_as_absent_by_dice_from_a_batch_without_it(method):
    """Organ 2 is annotated and in no slice. Over `all` organs Dice would be best at "nothing anywhere"."""
    data = batch([True, True])
    objective = Objective(method, ORGANS, LossConfig({"dice": {"weight": 1.0}}))
    logits = tf.Variable(np.random.default_rng(1).normal(size=(2, *SHAPE, objective.num_logits)).astype("float32"))
    slopes = {}
    for organs in ("present", "all"):
        config = LossConfig({"dice": {"weight": 1.0} | ({} if organs == "present" else {"organs": organs})})
        with tf.GradientTape() as tape:
            loss = Objective(method, ORGANS, config)(data, logits)["loss"]
        slopes[organs] = tape.gradient(loss, logits).numpy()
    moved = np.abs(slopes["all"] - slopes["present"]).max()
    assert moved > 1e-4
    if objective.activation == "sigmoid":
        assert not slopes["present"][..., 1].any() and slopes["all"][..., 1].all()


@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_a_batch_by_heart(method):
    model = segmenter(method)
    data = batch([True, True])
    before = float(model.train_step(data)["loss"])
    for _ in range(60):
        model.reset_metrics()
        after = float(model.train_step(data)["loss"])
    assert after < 0.9 * before


def test_a_batch_with_nothing_annotated_and_no_label_leaves_the_weights_alone():
    model = segmenter()
    data = batch([False, False]) | {"label": tf.zeros((2, *SHAPE), tf.uint8)}
    before = model.network.get_weights()
    model.train_step(data)
    for old, new in zip(before, model.network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_augmentation_of_a_step_depends_on_the_step_and_the_seed_alone():
    one, other = segmenter(augment=AugmentConfig()), segmenter(augment=AugmentConfig())
    for seed in range(3):
        losses = [float(model.train_step(batch([True, True], seed))["loss"]) for model in (one, other)]
        assert losses[0] == losses[1]
    without, augmented = segmenter(), segmenter(augment=AugmentConfig())
    data = batch([True, True])
    assert float(without.train_step(data)["loss"]) != float(augmented.train_step(data)["loss"])


def test_intensities_change_in_the_image_alone_and_anew_at_each_step():
    still = {"translation": 0.0, "rotation_deg": 0.0, "scale": 0.0}
    strong = IntensityConfig(contrast=RandomRange(1.0, 0.5, 0.6), noise=RandomRange(1.0, 0.1, 0.1))
    data = batch([True, True])
    seen = []
    for intensity in (IntensityConfig(), strong, strong):
        model = segmenter(augment=AugmentConfig(**still, intensity=intensity))
        seen.append([])
        for _ in range(2):
            seen[-1].append(model._augmented(dict(data), model._draw(model.augment, 2)))
            model.train_step(data)
    plain, changed, again = seen
    for step in range(2):
        assert float(tf.reduce_max(tf.abs(plain[step]["image"] - changed[step]["image"]))) > 0.1
        np.testing.assert_array_equal(changed[step]["image"], again[step]["image"])
        np.testing.assert_array_equal(changed[step]["label"], plain[step]["label"])
    assert not np.array_equal(changed[0]["image"], changed[1]["image"])


def test_compiled_and_eager_steps_give_the_same_loss():
    data = batch([True, False])
    eager = float(segmenter(augment=AugmentConfig()).train_step(data)["loss"])
    model = segmenter(augment=AugmentConfig())
    compiled = float(tf.function(model.train_step)(data)["loss"])
    assert compiled == pytest.approx(eager, rel=1e-5)


def test_xla_compiles_the_step_and_leaves_the_augmentation_out():
    """Moving slices has no XLA kernel, so a whole step that it compiles would fail on every GPU."""
    losses = {}
    for jit in (False, True):
        model = segmenter(augment=AugmentConfig())
        model.compile(optimizer=keras.optimizers.Adam(1e-2), jit_compile=jit)
        history = model.fit(tf.data.Dataset.from_tensors(batch([True, False])).repeat(3), shuffle=False, verbose=0)
        losses[jit] = history.history["loss"][-1]
    assert losses[True] == pytest.approx(losses[False], rel=1e-4)


def test_half_precision_scales_the_loss():
    with dtype_policy("mixed_float16"):
        network = tiny_network(ORGANS)
    model = PartialSegmenter(network, Objective("certain", ORGANS, BOTH_TERMS), (-160, 300), mean=10.0, sd=90.0)
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)


def test_dice_may_count_only_slices_in_which_an_organ_is_annotated():
    """A pseudo-label of organ 2 where it is not annotated: positives alone, which Dice learns by predicting it everywhere."""
    label = tf.constant(np.full((1, *SHAPE), 2), tf.uint8)
    annotated = tf.constant([[True, False]])
    logits = tf.Variable(np.random.default_rng(1).normal(size=(1, *SHAPE, ORGANS)).astype("float32"))
    gradients = {}
    for slices in ("certain", "annotated"):
        with tf.GradientTape() as tape:
            config = LossConfig({"dice": {"weight": 1.0, "slices": slices}})
            loss = Objective("certain", ORGANS, config)({"label": label, "annotated": annotated}, logits)["loss"]
        gradients[slices] = tape.gradient(loss, logits).numpy()[..., 1]
    assert np.all(gradients["certain"] < 0) and not gradients["annotated"].any()


def test_reports_each_term_of_the_loss():
    terms = segmenter(loss=LossConfig({"bce": {"weight": 2.0}, "dice": {"weight": 0.5}})).train_step(batch([True, True]))
    assert float(terms["loss"]) == pytest.approx(2.0 * float(terms["bce"]) + 0.5 * float(terms["dice"]), rel=1e-5)


def test_refuses_a_loss_without_terms():
    with pytest.raises(TfpartialError, match=r"loss\.terms: expected a term with a weight above 0, got bce, dice without one"):
        Objective("certain", ORGANS, LossConfig({"bce": {"weight": 0.0}, "dice": {"weight": 0.0}}))


def test_a_mixed_network_trains_and_keeps_float32_logits():
    with dtype_policy("mixed_bfloat16"):
        model = segmenter()
    assert keras.config.dtype_policy().name == "float32"
    data = batch([True, True])
    assert model(data["image"]).dtype == "float32"
    assert np.isfinite(float(model.train_step(data)["loss"]))


def test_a_named_precision_is_taken_as_it_is():
    assert choose_policy("float32") == "float32"
    assert choose_policy("auto") in ("float32", "mixed_bfloat16")


def test_a_network_with_a_prior_wants_places_and_its_errors_are_drawn():
    from tfpartial.models import build_with_prior
    from tfpartial.priors import OrganPrior, SpatialPrior
    from tfpartial.priors.render import PriorRenderer

    own = OrganPrior("a", np.full((1, 3, 3), 0.9, np.float32), 10.0, 1.0, 99)
    renderer = PriorRenderer(SpatialPrior(("a", "b"), {"a": own}), (16, 16))
    data = batch([True, False]) | {
        "image": tf.zeros((2, 16, 16, 1), tf.int16),
        "label": tf.ones((2, 16, 16), tf.uint8),
    }
    losses = []
    for jitter_mm in (0.0, 5.0):
        keras.utils.set_random_seed(0)
        network = build_with_prior("unet", ORGANS, (16, 16, 1), ORGANS, width=2)
        objective = Objective("certain", ORGANS, LossConfig())
        model = PartialSegmenter(network, objective, (-160, 300), 10.0, 90.0, None, 0, renderer, jitter_mm)
        model.compile(optimizer=keras.optimizers.Adam(1e-2))
        with pytest.raises(TfpartialError, match="learns from batches with places; these have no `prior_offset`"):
            model.train_step(data)
        places = {"prior_offset": tf.zeros((2, ORGANS, 3)), "spacing_mm": tf.ones((2, 3))}
        losses.append(float(model.train_step(data | places)["loss"]))
    assert losses[0] != losses[1]


@pytest.mark.parametrize("values", ["int16", "float16", "float32"])
def test_channels_are_seen_as_their_numbers_however_they_are_stored(values):
    """Stored numbers with a map give the logits of the numbers, and moved slices are filled with the least number."""
    maps = (NumberMap(2**-14, 2**-4, values),)
    numbers = np.random.default_rng(0).random((2, *SHAPE, 1), np.float32)
    stored, _ = maps[0].stored(numbers)
    keras.utils.set_random_seed(0)
    objective = Objective("certain", ORGANS, BOTH_TERMS)
    network, scale = tiny_network(objective.num_logits), {"window_hu": (0.1, 0.9), "mean": 0.5, "sd": 0.25}
    model = PartialSegmenter(network, objective, **scale, number_maps=maps)
    plain = PartialSegmenter(network, objective, **scale)
    assert stored.dtype == values
    np.testing.assert_allclose(model(stored), plain(numbers), rtol=0, atol=5e-3 if values == "float16" else 1e-3)
    away = draw_affine(AugmentConfig(translation=0.0, rotation_deg=0.0, scale=0.0, flip=False), 2, [0, 0])
    away = away._replace(shift=np.full((2, 2), 2.0, np.float32))
    moved = model._augmented({"image": stored}, away)["image"]
    np.testing.assert_allclose(moved, np.full(moved.shape, (0.1 - 0.5) / 0.25), atol=1e-6)
