"""`inspect` knows every layer of every network."""

from tfpartial.inspection.costs import costs_of, total_of
from tfpartial.inspection.graph import steps_of
from tfpartial.inspection.kinds import unknown_kinds


def test_every_layer_is_of_a_known_kind(subject):
    steps = steps_of(subject.network)
    assert unknown_kinds(steps) == []
    total = total_of(costs_of(steps), batch=1)
    assert total["parameters"] == subject.network.count_params()
    assert total["multiply_adds"] > 0
