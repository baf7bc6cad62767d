"""Workers of a Dask cluster (extra `distributed`)."""

from __future__ import annotations

import functools
import logging
import time
import warnings
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Self, TypeVar

import dask
import distributed
from dask.utils import parse_timedelta
from distributed.versions import VersionMismatchWarning

from tfpartial.errors import TfpartialError
from tfpartial.parallel.failures import WorkerDied
from tfpartial.parallel.scheduler import Scheduler
from tfpartial.parallel.versions import require_same_versions

T = TypeVar("T")
R = TypeVar("R")

logger = logging.getLogger(__name__)

CONNECT_S = 5
"""How long to look for the scheduler, unless the user or Dask's configuration (`CONNECT`) says it."""
CONNECT = "tfpartial.connect-timeout"
LOOK_S = 1
"""How often to look for new workers while no case finishes."""
PATIENCE_S = 600
"""How long to wait for a worker when there is none: a batch system may not have started them yet."""
NOISY = ("distributed", "distributed.client", "tornado", "tornado.application")
"""Loggers that Dask gives handlers of their own, which write to the terminal."""


class DaskCrew:
    """The workers that a Dask scheduler has, now and later.

    Args:
        scheduler: where it is.

    Raises:
        TfpartialError: no scheduler there; here and in the methods: the connection was lost, versions differ, no workers.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._address = scheduler.address
        self._known: set[str] = set()
        self._alone_since: float | None = None
        self._in_flight: dict[Any, Any] = {}
        with ExitStack() as stack:
            stack.enter_context(_quiet())
            self._client = _connect(scheduler)
            self._open = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Drops the cases that no worker has yet and waits for the others, so that nobody writes when the next run begins."""
        with self._open, self._client.as_current():
            try:
                if self._in_flight:
                    self._let_running_end()
            except (OSError, CancelledError) as error:  # the scheduler is gone: there is nobody to ask what still runs
                logger.debug("%s", error)
            finally:
                self._client.close()

    def slots(self) -> int:
        """One case per thread of each worker; one when there is no worker, to wait for it."""
        with self._talking():
            threads = self._client.nthreads()
            if not self._known.issuperset(threads):
                require_same_versions(self._client)
        self._known = set(threads)
        self._expect_workers(bool(threads))
        return sum(threads.values()) or 1

    def submit(self, function: Callable[[T], R], item: T) -> distributed.Future:
        """Hands the case to the scheduler."""
        # A partial is opaque: Dask would look into arguments for keys and futures of its own.
        with self._talking():
            future = self._client.submit(functools.partial(_work, function, item), pure=False)
        self._in_flight[future.key] = future
        return future

    def next_finished(self, running: Collection[distributed.Future]) -> distributed.Future | None:
        """Waits a while for a case to finish."""
        with self._talking(), self._client.as_current():
            try:
                future = distributed.wait(list(running), timeout=LOOK_S, return_when="FIRST_COMPLETED").done.pop()
            except TimeoutError:
                return None
        del self._in_flight[future.key]
        return future

    def result(self, future: distributed.Future) -> Any:
        """What the function gave or raised, once; WorkerDied when Dask has given up the case."""
        try:
            return future.result()
        except distributed.KilledWorker as error:
            raise WorkerDied from error
        except CancelledError as error:
            raise self._lost() from error
        finally:
            future.release()  # else Dask would do the finished case again, should the worker that holds its result die

    def _expect_workers(self, there_are: bool) -> None:
        if there_are:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = time.monotonic()
            logger.warning("%s: the Dask scheduler has no workers; waiting for one", self._address)
        elif time.monotonic() - self._alone_since > PATIENCE_S:
            advice = f"start some with `dask worker {self._address}`"
            raise TfpartialError(f"{self._address}: the Dask scheduler has no workers; {advice}")

    def _let_running_end(self) -> None:
        begun = self._begun()
        self._client.cancel([future for key, future in self._in_flight.items() if key not in begun])
        awaited = [future for key, future in self._in_flight.items() if key in begun]
        while self._begun().intersection(future.key for future in awaited):
            with suppress(TimeoutError):
                distributed.wait(awaited, timeout=LOOK_S)

    def _begun(self) -> set[str]:
        return {key for keys in self._client.processing().values() for key in keys}

    @contextmanager
    def _talking(self) -> Iterator[None]:
        try:
            yield
        except (OSError, CancelledError) as error:
            raise self._lost() from error

    def _lost(self) -> TfpartialError:
        return TfpartialError(
            f"{self._address}: lost the Dask scheduler; finished cases are kept: the same command goes on from there"
        )


class _Client(distributed.Client):
    def start(self, **options: Any) -> None:
        """As Dask's, which leaves its thread running when it fails and complains about it when the program ends."""
        try:
            super().start(**options)
        except BaseException:
            self.close()
            raise


def _connect(scheduler: Scheduler) -> distributed.Client:
    address, timeout = scheduler.address, scheduler.connect_timeout_s
    try:
        timeout = parse_timedelta(dask.config.get(CONNECT, CONNECT_S)) if timeout is None else timeout
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)  # `require_same_versions` says it
            return _Client(address, timeout=timeout, set_as_default=False, name="tfpartial")
    except Exception as error:  # of any kind: another version of Dask may answer there, or something else
        raise TfpartialError(
            f"scheduler: expected the address (tcp://host:port) of a Dask {distributed.__version__} scheduler, got '{address}' "
            f"({type(error).__name__}: {' '.join(str(error).split())})"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    levels = {name: logging.getLogger(name).level for name in NOISY}
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _work(function: Callable[[T], R], item: T) -> R:
    """Runs on a worker: one thread per case, as Dask sets it for OpenMP."""
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    return function(item)
