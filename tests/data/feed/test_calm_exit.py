import threading
import time

import pytest

from tfpartial.data.feed.calm_exit import QUIET_S, ends_before_exit, reads


def test_waits_for_a_read_that_is_under_way():
    ended = []

    @ends_before_exit
    def read(seconds: float) -> None:
        begun.set()
        time.sleep(seconds)
        ended.append(time.monotonic())

    begun = threading.Event()
    thread = threading.Thread(target=read, args=(2 * QUIET_S,))
    thread.start()
    begun.wait()
    reads.wait()
    assert time.monotonic() - ended[0] >= QUIET_S  # nothing may be queued behind it either
    thread.join()


def test_a_read_that_fails_is_over():
    @ends_before_exit
    def read() -> None:
        raise OSError("gone")

    before = reads.running
    with pytest.raises(OSError, match="gone"):
        read()
    assert reads.running == before
