"""What pydicom and highdicom raise becomes an error of a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tfpartial.data.formats.quiet_pydicom import quiet_pydicom
from tfpartial.data.problem import FileError


@contextmanager
def dicom_errors(path: Path) -> Iterator[None]:
    """Around calls of pydicom and highdicom: no warning gets out, and what they raise becomes `FileError`: `unreadable`."""
    with quiet_pydicom():
        try:
            yield
        except FileError:
            raise
        except Exception as error:  # they raise whatever the bytes lead them to: KeyError, AttributeError, struct.error, ...
            text = " ".join(str(error).split()) or type(error).__name__
            raise FileError(path, "unreadable", f"cannot be read as DICOM: {text}") from error
