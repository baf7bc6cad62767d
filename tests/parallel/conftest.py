"""The ways of `map_cases`."""

import pytest

from tfpartial.parallel import Scheduler


@pytest.fixture(params=["here", "processes", "cluster"])
def way(request) -> dict[str, object]:
    """Arguments of `map_cases` that say where the cases are worked on."""
    return arguments_of(request)


@pytest.fixture(params=["processes", "cluster"])
def way_with_two_workers(request) -> dict[str, object]:
    return arguments_of(request)


def arguments_of(request) -> dict[str, object]:
    if request.param == "cluster":
        return {"scheduler": Scheduler(request.getfixturevalue("dask_scheduler"))}
    return {"workers": 1 if request.param == "here" else 2}
