"""Errors come back from worker processes as they were."""

import pickle

from tfpartial.errors import InputProblems, PartlyDone


def test_the_problems_of_a_data_set_survive_the_way_from_a_worker():
    error = pickle.loads(pickle.dumps(InputProblems("2 problems", [{"case": "a"}, {"case": "b"}])))
    assert (str(error), error.rows, error.summary) == ("2 problems", [{"case": "a"}, {"case": "b"}], {"problems": error.rows})


def test_what_was_reached_survives_the_way_from_a_worker():
    error = pickle.loads(pickle.dumps(PartlyDone("1 cell failed", {"cells": 3})))
    assert (str(error), error.summary) == ("1 cell failed", {"cells": 3})
