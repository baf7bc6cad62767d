"""A trained segmenter: its card, its network, the way from HU to labels."""
