"""Ends the reads of TensorFlow's threads before Python ends.

When the interpreter shuts down it stops every thread that asks for it. A read that is stopped in this way never reports back,
and TensorFlow, which waits for it when the iterator is deleted, would keep the process for ever: so after any exception that
leaves an iterator alive. This module waits, at exit, until no read is under way.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

QUIET_S = 0.2
"""No read for so long means that the buffers are full and nobody asks for more."""
PATIENCE_S = 10.0
"""After this the process ends in any case as it would have without this module."""


class _Reads:
    def __init__(self) -> None:
        self.closing = False
        self._running = 0
        self._last_s = -QUIET_S
        self._lock = threading.Lock()

    def change(self, by: int) -> None:
        with self._lock:
            self._running += by
            self._last_s = time.monotonic()

    def wait(self) -> None:
        """Returns when the reads are over; no new one begins."""
        self.closing = True
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s and (self._running or time.monotonic() < self._last_s + QUIET_S):
            time.sleep(QUIET_S / 10)


_reads = _Reads()
atexit.register(_reads.wait)


def ends_before_exit(read: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """`read`, for use in a thread that TensorFlow starts. Raises `RuntimeError` once the process is about to end."""

    def guarded(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        _reads.change(+1)
        try:
            if _reads.closing:
                raise RuntimeError("the process is ending")
            return read(*arguments, **options)
        finally:
            _reads.change(-1)

    return guarded
