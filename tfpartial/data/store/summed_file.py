"""A file and its checksum, which is taken of what is written: it need not be read again."""

from __future__ import annotations

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
        self.crc32 = 0

    def write(self, content: bytes | memoryview) -> int:
        """Appends bytes, as a file does; a view must be one of bytes."""
        self._sum(content)
        return self._file.write(content)

    def _sum(self, content: bytes | memoryview) -> None:
        self.crc32 = isal_zlib.crc32(content, self.crc32)
