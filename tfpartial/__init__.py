"""Training multi-organ CT segmentation networks from partially labeled volumes."""

__version__ = "0.1.0"
