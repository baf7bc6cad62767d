"""The order in which a crew of workers goes through the cases, whatever the workers are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from itertools import islice
from typing import Any, Protocol, TypeVar

from tfpartial.parallel.failures import WorkerDied, given_up, raise_named

T = TypeVar("T")
R = TypeVar("R")

logger = logging.getLogger(__name__)


class Crew(Protocol):
    """Workers that outlive the death of one of them."""

    def slots(self) -> int:
        """How many cases can run at the same time now: no more are handed out, so that a death concerns few."""

    def submit(self, function: Callable[[T], R], item: T) -> Any:
        """The future of `function(item)`."""

    def next_finished(self, running: Collection[Any]) -> Any | None:
        """One of the futures when it is finished, or None when none is for a while: `slots` may then have changed."""

    def result(self, future: Any) -> Any:
        """What the function gave or raised, once; WorkerDied when its worker was killed."""


def work_through(crew: Crew, function: Callable[[T], R], items: Iterable[T], name: Callable[[T], str]) -> Iterator[R]:
    """Yields the results as they come: of all cases, then of those whose worker died, each with nothing else running.

    Raises:
        TfpartialError: as `raise_named`; or a worker died in the second round as well, after all other results.
    """
    killed = yield from _round(crew, function, iter(items), name)
    for item in killed:
        logger.warning("case %s: its worker was killed (out of memory?); trying again, with nothing else running", name(item))
    lost = yield from _round(crew, function, iter(killed), name, at_most=1)
    if lost:
        raise given_up(map(name, lost))


def _round(
    crew: Crew, function: Callable[[T], R], items: Iterator[T], name: Callable[[T], str], at_most: int | None = None
) -> Generator[R, None, list[T]]:
    """Yields the results; returns the items whose worker died."""
    running: dict[Any, T] = {}
    killed: list[T] = []
    results: list[R] = []
    while True:
        for item in islice(items, max(0, (at_most or crew.slots()) - len(running))):
            running[crew.submit(function, item)] = item
        yield from results  # only now, when its worker has the next case
        if not running:
            return killed
        results = []
        future = crew.next_finished(running)
        if future is None:
            continue
        item = running.pop(future)
        try:
            results = [crew.result(future)]
        except WorkerDied:
            killed.append(item)
        except Exception as error:
            raise_named(error, name(item))
