"""One function over many cases, in processes or on a cluster, with memory that does not grow with the number of cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TypeVar

from tfpartial.errors import TfpartialError
from tfpartial.parallel.crew import work_through
from tfpartial.parallel.failures import raise_named
from tfpartial.parallel.processes import ProcessCrew, available_cores
from tfpartial.parallel.scheduler import Scheduler, scheduler_of

__all__ = ["Scheduler", "case_name", "map_cases", "scheduler_of"]

T = TypeVar("T")
R = TypeVar("R")


def case_name(item: object) -> str:
    """How an error names an item: its `id`, else the item as text."""
    return str(getattr(item, "id", item))


def map_cases(
    function: Callable[[T], R],
    items: Iterable[T],
    workers: int = 0,
    name: Callable[[T], str] = case_name,
    scheduler: Scheduler | None = None,
) -> Iterator[R]:
    """Yields `function(item)` of every item as it finishes, in no particular order.

    A worker that is killed (mostly for want of memory) costs only the time of its case: the others go on, and the case is tried
    again. In processes, that is done after all others and with nothing else running, so that the case has the memory for
    itself. On a cluster, Dask first gives the case to other workers (`distributed.scheduler.allowed-failures`, 3 times unless
    the scheduler is told otherwise); a case that it gives up is tried once more, in the same way, after all others. So
    `function` may run again for a case, even for one that it had finished, and must then give the same.

    Args:
        function: a function of a module (not a lambda), or a `functools.partial` of one: it is sent to other processes.
        items: one per case; only a few are drawn ahead of the results.
        workers: processes; 0 takes all cores, 1 works in this process. A cluster brings its own.
        name: what an error calls an item.
        scheduler: a Dask scheduler whose workers do the work.

    Raises:
        TfpartialError: `function` raised it, or an OSError or MemoryError, for the case that the message names: cases that have
            not begun are dropped, those that run are waited for; a case kept killing its worker: all others are done; the
            cluster cannot be reached, has other versions, or has no workers.
        Exception: any other exception of `function`, with a note that names the case.
    """
    if workers < 0:
        raise TfpartialError(f"workers: expected 0 (all cores) or a positive number, got {workers}")
    if scheduler is not None:
        return _map_on_cluster(function, items, name, scheduler)
    workers = workers or available_cores()
    if isinstance(items, Sized):
        workers = max(1, min(workers, len(items)))
    if workers == 1:
        return _map_here(function, items, name)
    return _map_in_processes(function, items, workers, name)


def _map_here(function: Callable[[T], R], items: Iterable[T], name: Callable[[T], str]) -> Iterator[R]:
    for item in items:
        try:
            result = function(item)
        except Exception as error:
            raise_named(error, name(item))
        yield result


def _map_in_processes(function: Callable[[T], R], items: Iterable[T], workers: int, name: Callable[[T], str]) -> Iterator[R]:
    with ProcessCrew(workers) as crew:
        yield from work_through(crew, function, items, name)


def _map_on_cluster(
    function: Callable[[T], R], items: Iterable[T], name: Callable[[T], str], scheduler: Scheduler
) -> Iterator[R]:
    try:
        from tfpartial.parallel.dask_cluster import DaskCrew
    except ModuleNotFoundError as error:
        raise TfpartialError(f"a Dask scheduler needs {error.name}: pip install 'tfpartial[distributed]'") from error
    with DaskCrew(scheduler) as crew:
        yield from work_through(crew, function, items, name)
