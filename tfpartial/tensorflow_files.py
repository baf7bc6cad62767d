"""Files that TensorFlow writes by itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf

from tfpartial.errors import TfpartialError
from tfpartial.unfinished import DISK


@contextmanager
def naming_for_tensorflow(path: Path) -> Iterator[None]:
    """Around what lets TensorFlow write: `naming` for its own kind of errors, which also tell of memory and much else.

    Raises:
        TfpartialError: the disk takes nothing more; it names `path`.
    """
    try:
        yield
    except tf.errors.OpError as error:
        reason = next((reason for reason in map(os.strerror, DISK) if reason in str(error)), None)
        if reason is None:
            raise
        raise TfpartialError(f"{path}: cannot be written: {reason}") from error
