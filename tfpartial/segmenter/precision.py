"""Which number format and compiler fit the hardware."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf

from tfpartial.processor import cpu_flags

BFLOAT16_CPU_FLAGS = {"amx_bf16", "avx512_bf16"}
FIRST_BFLOAT16_GPU = (8, 0)
"""Compute capability of the first NVIDIA GPUs that multiply bfloat16 (Ampere)."""


def choose_policy(precision: str) -> str:
    """The Keras dtype policy for `precision`.

    Args:
        precision: `auto`, or a policy name, which is returned as it is.

    Returns:
        For `auto`: `mixed_bfloat16` where every GPU, or without GPUs the CPU (AMX or AVX512-BF16), multiplies bfloat16; else
        `float32`.
    """
    if precision != "auto":
        return precision
    return "mixed_bfloat16" if _multiplies_bfloat16() else "float32"


def choose_jit(jit: str) -> bool:
    """Whether to compile the step with XLA. `auto`: on GPUs only; on CPUs XLA goes around oneDNN and is several times slower."""
    return bool(tf.config.list_physical_devices("GPU")) if jit == "auto" else jit == "on"


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Layers made in the block take the dtype policy `name`."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _multiplies_bfloat16() -> bool:
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return bool(cpu_flags() & BFLOAT16_CPU_FLAGS)
    capabilities = (tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0)) for gpu in gpus)
    return all(capability >= FIRST_BFLOAT16_GPU for capability in capabilities)
