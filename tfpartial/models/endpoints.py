"""Names of the layers that other parts look up in every network."""

FEATURES = "features"
"""The last 3x3 features, on the input's grid: what a confidence head reads."""
LOGITS = "logits"
"""The output: float32, one logit per organ and voxel."""
BOTTLENECK = "bottleneck"
"""The last features of the lowest level, where the network sees the furthest; a network may lack it."""
DECODED = "decoder_{}_conv_2_relu"
"""The last features of level n of the decoder, from 1 on the finest one whose grid is coarser than the input's; the lowest level
of all is `BOTTLENECK`. What deep supervision reads; a network may lack them."""
