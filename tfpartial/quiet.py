"""Keeps TensorFlow's start-up messages away from the user's terminal."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


def import_quietly(name: str) -> ModuleType:
    """Imports a stage module without the notes on oneDNN and missing CUDA that TensorFlow's C++ writes whatever the log level."""
    with _native_stderr_closed():
        module = importlib.import_module(name)
        if "tensorflow" in sys.modules:
            sys.modules["tensorflow"].config.list_physical_devices()  # the first look at the devices writes some more
    return module


@contextmanager
def _native_stderr_closed() -> Iterator[None]:
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
