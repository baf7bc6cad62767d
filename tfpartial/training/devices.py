"""What a training does before it makes its network: seeds, determinism, number format and compiler of the devices."""

from __future__ import annotations

import logging

import keras
import tensorflow as tf

from tfpartial.config import ConfidenceConfig, TrainConfig
from tfpartial.segmenter.precision import choose_jit, choose_policy

logger = logging.getLogger(__name__)


def set_up(config: TrainConfig | ConfidenceConfig) -> str:
    """Seeds everything that is drawn and, if asked for, makes the operations deterministic; before the network is made.

    Returns:
        The dtype policy of the layers to make.
    """
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(config.seed)
    policy = choose_policy(config.precision)
    devices = ", ".join(device.name for device in tf.config.list_physical_devices())
    logger.info("precision %s, XLA %s, devices %s", policy, "on" if choose_jit(config.jit) else "off", devices)
    return policy
