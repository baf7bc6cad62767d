"""The endings of volume files."""

from __future__ import annotations

ENDINGS = (".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd")
"""Longer ones before those that they end in."""


def without_ending(name: str) -> str:
    """A file's name without the ending of a volume file, or as it is."""
    return next((name.removesuffix(ending) for ending in ENDINGS if name.endswith(ending)), name)
