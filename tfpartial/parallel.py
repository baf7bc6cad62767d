"""One function over many cases, in processes, with memory that does not grow with the number of cases."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context, parent_process
from typing import NoReturn, TypeVar

from tfpartial.errors import TfpartialError

T = TypeVar("T")
R = TypeVar("R")

TASKS_PER_WORKER = 2
"""Tasks in flight per process: one runs, one waits, so that no process is idle while the caller looks at a result."""


def available_cores() -> int:
    """Cores that this process may run on: a container or a scheduler may grant fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def case_name(item: object) -> str:
    """How an error names an item: its `id`, else the item as text."""
    return str(getattr(item, "id", item))


def map_cases(
    function: Callable[[T], R], items: Iterable[T], workers: int = 0, name: Callable[[T], str] = case_name
) -> Iterator[R]:
    """Yields `function(item)` of every item as it finishes, in no particular order.

    Args:
        function: a function of a module (not a lambda), or a `functools.partial` of one: it is sent to other processes.
        items: one per case; only a few are drawn ahead of the results.
        workers: processes; 0 takes all cores, 1 works in this process.
        name: what an error calls an item.

    Raises:
        TfpartialError: `function` raised it, or an OSError or MemoryError, for the case that the message names; a process was
            killed. Cases that have not begun are dropped, those that run are waited for.
        Exception: any other exception of `function`, with a note that names the case.
    """
    if workers < 0:
        raise TfpartialError(f"workers: expected 0 (all cores) or a positive number, got {workers}")
    workers = workers or available_cores()
    if isinstance(items, Sized):
        workers = max(1, min(workers, len(items)))
    if workers == 1:
        return _map_here(function, items, name)
    return _map_in_processes(function, iter(items), workers, name)


def _map_here(function: Callable[[T], R], items: Iterable[T], name: Callable[[T], str]) -> Iterator[R]:
    for item in items:
        try:
            result = function(item)
        except Exception as error:
            _raise_named(error, name(item))
        yield result


def _map_in_processes(function: Callable[[T], R], items: Iterator[T], workers: int, name: Callable[[T], str]) -> Iterator[R]:
    # "spawn": a forked child would inherit TensorFlow's and HDF5's threads and locks in whatever state they are.
    threads = max(1, available_cores() // workers)
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start_worker, initargs=(threads,))
    running: dict[Future[R], str] = {}
    try:
        while True:
            for item in islice(items, workers * TASKS_PER_WORKER - len(running)):
                running[pool.submit(function, item)] = name(item)
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                try:
                    result = future.result()
                except BrokenProcessPool as error:
                    raise _killed(running.values()) from error
                except Exception as error:
                    _raise_named(error, running[future])
                del running[future]
                yield result
    except BrokenProcessPool as error:  # from submit: the process died between two results
        raise _killed(running.values()) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker(threads: int) -> None:
    """Shares the cores between the processes, and leaves Ctrl-C to the parent, which lets running cases end cleanly."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = str(threads)
    import SimpleITK  # here, so that the parent can import this module without it

    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever, and write beside the run that takes over."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _raise_named(error: Exception, case: str) -> NoReturn:
    """One clear line that names the case for what a user can mend, else the same exception with a note."""
    if isinstance(error, TfpartialError):
        if case in str(error):
            raise error
        raise TfpartialError(f"case {case}: {error}") from error
    if isinstance(error, OSError | MemoryError):
        raise TfpartialError(f"case {case}: {type(error).__name__}: {error}") from error
    error.add_note(f"while working on case {case}")
    raise error


def _killed(cases: Iterable[str]) -> TfpartialError:
    return TfpartialError(
        f"a worker process was killed (out of memory?) while working on one of: {', '.join(cases)}; "
        "finished cases are kept: the same command goes on from there, with a smaller 'workers' if memory is short"
    )
