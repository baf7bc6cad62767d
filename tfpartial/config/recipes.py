"""Named sets of options. They are filled in before a configuration is checked, so that its file shows each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Recipe = Literal["nnunet"]

NNUNET: dict[str, Any] = {
    "loss": {"terms": {"bce": {"weight": 1.0}, "dice": {"weight": 1.0, "form": "linear", "smooth": 1e-5}}},
    "deep_supervision": True,
    "augment": {
        "translation": 0.0,
        "rotation_deg": 180.0,
        "rotation_share": 0.2,
        "scale": [0.7, 1.4],
        "scale_share": 0.2,
        "flip": False,
        "intensity": {
            "noise": {"share": 0.1, "low": 0.0, "high": 0.1},
            "blur": {"share": 0.2, "low": 0.5, "high": 1.0},
            "brightness": {"share": 0.15, "low": 0.75, "high": 1.25},
            "contrast": {"share": 0.15, "low": 0.75, "high": 1.25},
            "low_resolution": {"share": 0.25, "low": 0.5, "high": 1.0},
            "inverted_gamma": {"share": 0.1, "low": 0.7, "high": 1.5},
            "gamma": {"share": 0.3, "low": 0.7, "high": 1.5},
        },
    },
    "optimizer": {"name": "sgd", "options": {"momentum": 0.99, "nesterov": True, "weight_decay": 3e-5}, "clip_norm": 12.0},
    "learning_rate": 0.01,
    "final_learning_rate": 0.0,
    "decay": "polynomial",
    "warmup_steps": 0,
    "ema": 0.0,
}
"""nnU-Net's training of its 2D network (F. Isensee et al. 2021; nnU-Net v2), but for

- mirroring: left and right organs differ, and a mirrored patient has them on the wrong side;
- organs of the mean of Dice: those that the batch shows. A smoothing of 1e-5 voxels moves the others nowhere as published either;
- elongated slices, whose sides differ by more than half: nnU-Net rotates them by 15 degrees; `plan` writes that.

The length of the training and the slices per step are not part of it: published are 1000 epochs of 250 steps.
"""

RECIPES: dict[str, dict[str, Mapping[str, Any]]] = {"train": {"nnunet": NNUNET}}
"""Verb -> recipe -> its options."""


def recipe_options(verb: str, recipe: object) -> Mapping[str, Any]:
    """The options of a verb's recipe; none for one that does not exist, which the configuration's check refuses."""
    return RECIPES.get(verb, {}).get(recipe, {}) if isinstance(recipe, str) else {}
