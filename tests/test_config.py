"""Values outside their range are refused by the option's name."""

from pathlib import Path

import pytest

from tfpartial.config import AugmentConfig, OptimizerConfig, TrainConfig
from tfpartial.errors import TfpartialError

PATHS = (Path("store"), Path("splits.json"), Path("out"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch": 0}, "batch: expected 1 or more, got 0"),
        ({"epochs": 0}, "epochs: expected 1 or more, got 0"),
        ({"validate_every": 0}, "validate_every: expected 1 or more, got 0"),
        ({"steps_per_epoch": 0}, "steps_per_epoch: expected 1 or more, got 0"),
        ({"learning_rate": 0.0}, r"learning_rate: expected more than 0, got 0\.0"),
        ({"warmup_steps": -1}, "warmup_steps: expected 0 or more, got -1"),
        ({"final_learning_rate": -1.0}, r"final_learning_rate: expected 0 or more, got -1\.0"),
        (
            {"final_learning_rate": 0.0, "decay": "exponential"},
            r"final_learning_rate: expected more than 0 for an exponential decay, got 0\.0",
        ),
        ({"empty_share": 1.0}, r"empty_share: expected a share of all draws from 0 on, below 1, .*, got 1\.0"),
        ({"organ_share": 1.5}, r"organ_share: expected 0 to 1, got 1\.5"),
        ({"sampling": "organs", "empty_share": 0.7}, r"empty_share and pseudo_share: .* 1 or less together, got 1\.2"),
        ({"norm_momentum": 1.0}, r"norm_momentum: expected 0 or more, below 1, got 1\.0"),
        ({"ema": 1.0}, r"ema: expected 0 or more, below 1, got 1\.0"),
        ({"window_hu": (300.0, -160.0)}, "window_hu: expected the lower HU first, got 300 and -160"),
    ],
)
def test_a_training_value_outside_its_range_is_named(options, message):
    with pytest.raises(TfpartialError, match=message):
        TrainConfig(*PATHS, **options)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: OptimizerConfig(clip_norm=0.0), r"optimizer\.clip_norm: expected more than 0, got 0\.0"),
        (lambda: AugmentConfig(translation=-0.1), r"augment\.translation: expected 0 or more, got -0\.1"),
        (lambda: AugmentConfig(rotation_deg=-1), r"augment\.rotation_deg: expected 0 or more, got -1"),
        (
            lambda: AugmentConfig(scale=(1.1, 1.4)),
            r"augment\.scale: expected a smallest size up to 1, above 0, and a largest from",
        ),
        (lambda: AugmentConfig(rotation_share=1.5), r"augment\.rotation_share: expected 0 to 1, got 1\.5"),
        (lambda: AugmentConfig(scale_share=-0.5), r"augment\.scale_share: expected 0 to 1, got -0\.5"),
        (lambda: AugmentConfig(scale=1.0), r"augment\.scale: expected 0 or more, below 1, got 1\.0"),
    ],
)
def test_so_is_one_of_a_part(make, message):
    with pytest.raises(TfpartialError, match=message):
        make()
