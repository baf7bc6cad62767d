"""Workers that are processes of this machine."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import Any, Self, TypeVar

from tfpartial.parallel.failures import WorkerDied

T = TypeVar("T")
R = TypeVar("R")


def available_cores() -> int:
    """Cores that this process may run on: a container or a scheduler may grant fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ProcessCrew:
    """A pool per process, since a pool breaks as a whole: so the death of a process says which case it had, and harms no other.

    Args:
        workers: number of processes.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._idle = [self._start() for _ in range(workers)]
        self._busy: dict[Future[Any], ProcessPoolExecutor] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Waits for the cases that run."""
        for pool in (*self._idle, *self._busy.values()):
            pool.shutdown(wait=True, cancel_futures=True)

    def slots(self) -> int:
        """One case per process."""
        return self._workers

    def submit(self, function: Callable[[T], R], item: T) -> Future[R]:
        """Hands the case to an idle process."""
        pool = self._idle.pop()
        try:
            future = pool.submit(function, item)
        except BrokenProcessPool:  # the process was killed while it was idle
            pool = self._start()
            future = pool.submit(function, item)
        self._busy[future] = pool
        return future

    def next_finished(self, running: Collection[Future[Any]]) -> Future[Any]:
        """Waits for a process to finish its case, or to die."""
        future = wait(running, return_when=FIRST_COMPLETED).done.pop()
        pool = self._busy.pop(future)
        self._idle.append(self._start() if isinstance(future.exception(), BrokenProcessPool) else pool)
        return future

    def result(self, future: Future[R]) -> R:
        """What the function gave or raised; WorkerDied when the process was killed."""
        try:
            return future.result()
        except BrokenProcessPool as error:
            raise WorkerDied from error

    def _start(self) -> ProcessPoolExecutor:
        # "spawn": a forked child would inherit TensorFlow's and HDF5's threads and locks in whatever state they are.
        threads = max(1, available_cores() // self._workers)
        return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_start_worker, initargs=(threads,))


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
