from types import SimpleNamespace

import numpy as np
import pytest

from tfpartial.training.fit import _warn_of_no_background


@pytest.mark.parametrize(
    ("activation", "rule", "vectors", "said"),
    [
        ("softmax", "certain", [[1, 1], [1, 0], [0, 0]], ["softmax: 1 of 3 training cases have all organs annotated"]),
        ("softmax", "certain", [[1, 1], [1, 1]], []),
        ("softmax", "naive", [[1, 0]], []),
        ("sigmoid", "certain", [[1, 0]], []),
    ],
)
def test_a_softmax_that_learns_background_in_few_cases_says_so(caplog, activation, rule, vectors, said):
    vectors = np.array(vectors, bool)
    cases = SimpleNamespace(train=[str(case) for case in range(len(vectors))], annotated_vectors=lambda ids: vectors)
    with caplog.at_level("WARNING"):
        _warn_of_no_background(SimpleNamespace(activation=activation, rule=rule), cases)
    assert [record.getMessage().partition(";")[0] for record in caplog.records] == said
