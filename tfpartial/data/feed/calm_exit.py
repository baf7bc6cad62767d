"""Lets the reads of TensorFlow's threads come to their end before Python ends.

When the interpreter shuts down it stops every thread that asks for it. A read that is stopped in this way never reports back,
and TensorFlow, which waits for it when the iterator is deleted, would keep the process for ever: so after any exception that
leaves an iterator alive. Reads stop by themselves once TensorFlow's buffers are full; this module waits for that at exit.
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
"""No read for so long means that the buffers are full."""
PATIENCE_S = 30.0
"""For reads that do not end, as from a network disk that is gone."""


class Reads:
    """How many reads are under way, and when the last one began or ended."""

    def __init__(self) -> None:
        self.running = 0
        self._changed_s = -QUIET_S
        self._lock = threading.Lock()

    def change(self, by: int) -> None:
        with self._lock:
            self.running += by
            self._changed_s = time.monotonic()

    def wait(self) -> None:
        """Returns when no read is under way and none has been for `QUIET_S`."""
        give_up_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up_s and (self.running or time.monotonic() < self._changed_s + QUIET_S):
            time.sleep(QUIET_S / 10)


reads = Reads()
atexit.register(reads.wait)


def ends_before_exit(read: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """`read`, for use in a thread that TensorFlow starts."""

    def counted(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        reads.change(+1)
        try:
            return read(*arguments, **options)
        finally:
            reads.change(-1)

    return counted
