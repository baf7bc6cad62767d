"""Where the voxels of a volume lie, as its header says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tfpartial.data.confined import inside, require_inside
from tfpartial.data.formats.packed_stream import AT_MOST, Packing, unpack
from tfpartial.data.problem import FileError


@dataclass(frozen=True)
class StoredVoxels:
    """The bytes of a volume's voxels.

    Args:
        file: the file that holds them: that of the header, or another one that the header names.
        offset: place of the first one.
        size: number of bytes, when unpacked; a lower bound for voxels that an NRRD file stores as text.
        packing: the stream that they are packed in; None when they are not packed.
    """

    file: Path
    offset: int
    size: int
    packing: Packing | None

    def read(self, start: int, count: int) -> bytes:
        """`count` bytes of the unpacked voxels from `start` on; packed ones are unpacked from their beginning.

        Raises:
            FileError: `truncated`; `damaged`.
        """
        content = self._stored(start, count) if self.packing is None else self._unpacked(self.packing, start, start + count)
        if len(content) < count:
            reason = f"ends early: expected {self.size} bytes of voxels, got {start + len(content)}"
            raise FileError(self.file, "truncated", reason)
        return content

    def _stored(self, start: int, count: int) -> bytes:
        with self.file.open("rb") as file:
            file.seek(self.offset + start)
            return file.read(count)

    def _unpacked(self, packing: Packing, start: int, stop: int) -> bytes:
        content, place = bytearray(), 0
        for piece in unpack(self.file, packing, self.offset):
            content += piece[max(0, start - place) : max(0, stop - place)]
            place += len(piece)
            if place >= stop:
                break
        return bytes(content)

    def require_room(self) -> None:
        """Whether the file can hold what the header claims: to be called before anybody takes memory for it.

        Raises:
            FileError: `missing_file`, for one that another file names; `truncated`.
        """
        if not self.file.is_file():
            raise FileError(self.file, "missing_file", "no such file; the header of the volume names it for the voxels")
        there = max(0, self.file.stat().st_size - self.offset)
        if self.packing is None and there < self.size:
            raise FileError(self.file, "truncated", f"ends early: expected {self.size} bytes of voxels, got {there}")
        if self.packing is not None and there * AT_MOST[self.packing] < self.size:
            reason = f"ends early: expected {self.size} bytes of voxels, got {there} packed ones, which cannot hold them"
            raise FileError(self.file, "truncated", reason)


def beside(header: Path, name: str) -> Path:
    """The file that a header names for its voxels.

    Raises:
        FileError: `outside`: it lies, or is a link that leads, neither beside the header nor below; `several_files`.
    """
    if not name or name.split()[0].upper() == "LIST" or "%" in name:
        raise FileError(header, "several_files", f"expected the name of one file of voxels, got '{name}'")
    path = inside(header.parent, name)
    require_inside(header.parent, path)
    return path
