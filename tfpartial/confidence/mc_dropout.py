"""Monte-Carlo dropout on the last features of a segmenter (Gal and Ghahramani 2016)."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from tfpartial.confidence.network import require_layers
from tfpartial.confidence.passes import Spread, spread_over
from tfpartial.config import EstimatorConfig
from tfpartial.errors import TfpartialError
from tfpartial.losses.base import Tensor
from tfpartial.models.endpoints import FEATURES, LOGITS


class MonteCarloDropout:
    """How little the probability varies when some of the last features are dropped.

    Any segmenter can be asked, trained with dropout or not, and a pass costs no more than the last 1x1 convolution. Whole
    features are dropped, not single voxels of them: neighbours are alike, and the confidence is no noisier than the features.
    A pass drops the same features of every slice.

    Args:
        network: a network of `tfpartial.models.build`.
        settings: passes, dropout and seed.

    Raises:
        TfpartialError: the network's logits are not made of its last features alone.
    """

    def __init__(self, network: keras.Model, settings: EstimatorConfig) -> None:
        require_layers(network, FEATURES, LOGITS)
        features, self._last = network.get_layer(FEATURES).output, network.get_layer(LOGITS)
        if self._last.input is not features:
            raise TfpartialError(f"segmenter '{network.name}': mc_dropout expects {LOGITS} to be made of {FEATURES} alone")
        self._features = keras.Model(network.input, features)
        self._passes = settings.passes
        self._factors = _factors(settings, features.shape[-1])

    def __call__(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and confidence, float32 `[B, H, W, K]`, of normalised slices `[B, H, W, C]`."""
        features = ops.cast(self._features(image, training=False), "float32")
        logits = self._last(features)
        seen = ops.ones_like(logits[..., :1])

        def one(number: Tensor) -> tuple[Tensor, Tensor]:
            return ops.sigmoid(self._last(features * ops.take(self._factors, number, axis=0))), seen

        nothing = Spread(ops.zeros_like(seen), ops.zeros_like(logits), ops.zeros_like(logits))
        return logits, spread_over(self._passes, one, nothing).confidence()


def _factors(settings: EstimatorConfig, num_features: int) -> np.ndarray:
    """float32 `[passes, F]`: 0 drops a feature, the others make up for it. Drawn by numpy: XLA draws other numbers."""
    draws = np.stack([np.random.default_rng((settings.seed, number)).random(num_features) for number in range(settings.passes)])
    kept_share = 1.0 - settings.dropout
    return ((draws < kept_share) / kept_share).astype(np.float32)
