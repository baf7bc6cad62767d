"""A file and its checksums, which are taken of what is written: it need not be read again."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from isal import isal_zlib


class SummedFile:
    """A binary file that is written from its start to its end.

    Args:
        file: the file, opened for writing and empty.

    Attributes:
        crc32: CRC-32 of what has been written.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self.crc32 = 0

    @property
    def sha256(self) -> str:
        """SHA-256 of what has been written, hexadecimal."""
        return self._sha256.hexdigest()

    def write(self, content: bytes | memoryview) -> int:
        """Appends bytes, as a file does; a view must be one of bytes."""
        self._sha256.update(content)
        self.crc32 = isal_zlib.crc32(content, self.crc32)
        return self._file.write(content)
