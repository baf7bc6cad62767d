"""What is wrong with a file that a thread of TensorFlow reads, as it was raised.

TensorFlow makes an error of its own of it, with its stack in place of one line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import tensorflow as tf

from tfpartial.errors import TfpartialError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
_raised: list[TfpartialError] = []
"""By the reads since `reading_errors` was entered; threads share it."""


def keeps_errors(read: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """`read`, whose errors `reading_errors` finds again."""

    def kept(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        try:
            return read(*arguments, **options)
        except TfpartialError as error:
            _raised.append(error)
            raise

    return kept


@contextmanager
def reading_errors() -> Iterator[None]:
    """Around what goes through batches, or on top of a function that does.

    Raises:
        TfpartialError: a read raised it; it takes the place of TensorFlow's.
    """
    _raised.clear()
    try:
        yield
    except tf.errors.OpError as error:
        if not _raised:
            raise
        raise _raised[0] from error
