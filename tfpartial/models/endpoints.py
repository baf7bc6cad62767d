"""Names of the layers that other parts look up in every network."""

FEATURES = "features"
"""The last 3x3 features, on the input's grid: what a confidence head reads."""
LOGITS = "logits"
"""The output: float32, one logit per organ and voxel."""
BOTTLENECK = "bottleneck"
"""The last features of the lowest level, where the network sees the furthest; a network may lack it."""
