"""Whether a network can learn a slice by heart, for the tests of any network."""

import keras
import numpy as np
import tensorflow as tf

from tfpartial.config import LossConfig
from tfpartial.metrics import dice
from tfpartial.segmenter.decode import decode
from tfpartial.training import Objective, PartialSegmenter
from tfpartial.training.norm_momentum import set_norm_momentum

CHECK_EVERY = 25


def two_organs(rows, columns):
    """One slice with a bright disc and a dark box in noise: int16 HU `[1, rows, columns, 1]`, uint8 `[1, rows, columns]`."""
    y, x = np.mgrid[:rows, :columns]
    label = np.zeros((1, rows, columns), np.uint8)
    label[0][np.hypot(y - 0.35 * rows, x - 0.3 * columns) < 0.2 * rows] = 1
    label[0, int(0.6 * rows) : int(0.9 * rows), int(0.55 * columns) : int(0.9 * columns)] = 2
    noise = np.random.default_rng(0).normal(scale=30.0, size=label.shape)
    hu = np.array([0.0, 200.0, -120.0])[label] + noise
    return hu[..., None].astype(np.int16), label


def overfit(network, steps=300, learning_rate=1e-2, enough=0.95):
    """The mean DSC of two organs on the one slice that a network `[B, H, W, 1]` -> `[B, H, W, 2]` is trained on.

    It stops at `enough`, and after so many steps at the latest.
    """
    keras.utils.set_random_seed(0)
    hu, label = two_organs(*network.input_shape[1:3])
    objective = Objective("certain", 2, LossConfig({"bce": {"weight": 1.0}, "dice": {"weight": 1.0}}))
    set_norm_momentum(network, 0.9)
    trainer = PartialSegmenter(network, objective, (-160.0, 300.0), mean=0.0, sd=100.0)
    trainer.compile(optimizer=keras.optimizers.Adam(learning_rate))
    batch = {"image": tf.constant(hu), "label": tf.constant(label), "annotated": tf.constant([[True, True]])}
    step = tf.function(lambda: trainer.train_step(batch), autograph=False)
    score = 0.0
    for number in range(1, steps + 1):
        step()
        if number % CHECK_EVERY == 0:
            predicted = np.array(decode(trainer(batch["image"]), "sigmoid"))
            score = np.mean([dice(label == organ, predicted == organ) for organ in (1, 2)])
            if score > enough:
                break
    return score
