"""What is said of a confidence network, here and in a comparison."""

import dataclasses

from tfpartial.comparison import confidences
from tfpartial.confidence.card import PUBLISHED


def test_the_published_network_is_the_same_in_a_comparison():
    compared = confidences.PUBLISHED
    assert compared.head == ", ".join(map(str, PUBLISHED.filters))
    for option in ("start", "mode", "loss", "balance"):
        assert getattr(compared, option) == getattr(PUBLISHED, option)
    assert f"targets {compared.targets}" in PUBLISHED.recipe


def test_targets_out_of_fold_are_called_the_same_in_a_comparison():
    card = dataclasses.replace(PUBLISHED, out_of_fold_sha256=("a", "b"))
    assert f"targets {confidences.targets_of(['a', 'b'])}" in card.recipe
