"""Unpacks data sets that come as archives, without letting them write anywhere else."""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from tfpartial.artifacts import atomic_folder, sha256
from tfpartial.data.confined import inside
from tfpartial.data.layouts.tree import is_visible
from tfpartial.data.problem import FileError

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")
DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)
"""What Python raises for archives that are damaged or compressed in an unknown way."""
BLOCK = 512
"""Size of a tar file's block; one of zeros ends the archive (POSIX.1-1988, ustar)."""
GROWTH = 200
"""Volumes shrink to a third, label maps to a hundredth; a bomb to a thousandth, as far as deflate goes."""
SMALL = 100 << 20
"""Bytes that any archive may have."""
REST = 1 << 20
"""Bytes at a time."""


def is_archive(path: Path) -> bool:
    """Whether a path is a file that `unpack` takes for an archive, by its name."""
    return path.name.lower().endswith(ENDINGS) and path.is_file()


def unpack(archive: Path, into: Path, growth: float = GROWTH) -> Path:
    """Unpacks an archive once: the same content is not unpacked again.

    Args:
        archive: `.zip`, `.tar`, `.tar.gz` or `.tgz`.
        into: folder for unpacked archives; each gets a folder of its own there, named by its checksum.
        growth: how many times as large its content may be.

    Returns:
        The folder of the data set: the only folder of the archive, or the folder of all its content.

    Raises:
        FileError: `missing_file`; `outside`: a member with an absolute name or `..`, or a link that may lead out;
            `unsafe_archive`: a device, an encrypted member, one that is there twice, or content that is too large; `damaged`;
            `empty_archive`.
    """
    if not archive.is_file():
        raise FileError(archive, "missing_file", f"no such file; expected an archive ({', '.join(ENDINGS)})")
    unpacked = into / sha256(archive)[:16]
    name = _stem(archive)
    if not unpacked.is_dir():
        with _removed_if_empty(into), atomic_folder(unpacked) as folder, _damage_named(archive):
            content = folder / name
            content.mkdir()
            extract = _extract_zip if archive.name.lower().endswith(".zip") else _extract_tar
            extract(archive, content, _Content(archive, growth))
    return _root(unpacked / name, archive)


def _stem(archive: Path) -> str:
    ending = next(ending for ending in ENDINGS[::-1] if archive.name.lower().endswith(ending))
    stem = archive.name[: -len(ending)]
    return "archive" if stem in ("", ".", "..") else stem


def _root(content: Path, archive: Path) -> Path:
    entries = [entry for entry in content.iterdir() if is_visible(entry.name)]
    if not entries:
        raise FileError(archive, "empty_archive", "holds no file")
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else content


@contextmanager
def _removed_if_empty(folder: Path) -> Iterator[None]:
    """Nothing is left of an archive that cannot be unpacked, not even the folder for them."""
    try:
        yield
    finally:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


@contextmanager
def _damage_named(archive: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:  # a full disk is not the archive's fault
            raise
        raise FileError(archive, "damaged", f"cannot be unpacked: {' '.join(str(error).split())}") from error


class _Content:
    """What has been seen of an archive: no file twice, and no more bytes than its own times `growth`."""

    def __init__(self, archive: Path, growth: float) -> None:
        self.archive = archive
        self.most = max(int(archive.stat().st_size * growth), SMALL)
        self.bytes = 0
        self.files: set[PurePosixPath] = set()

    def add(self, name: str, size: int) -> None:
        """Counts a file. Raises `FileError`: `unsafe_archive`."""
        path = PurePosixPath(name)
        if path in self.files:
            reason = f"has '{name}' twice: which of both is meant nobody can tell; unpack it yourself"
            raise FileError(self.archive, "unsafe_archive", reason)
        self.files.add(path)
        self.bytes += size
        if self.bytes > self.most:
            reason = f"would unpack to more than {self.most} bytes, expected less; raise unpack_growth if it is no archive bomb"
            raise FileError(self.archive, "unsafe_archive", reason)


def _extract_zip(archive: Path, folder: Path, content: _Content) -> None:
    with zipfile.ZipFile(archive) as opened:
        members = opened.infolist()
        for member in members:
            _require_inside(archive, folder, member.filename)
            if member.flag_bits & 1:
                raise FileError(archive, "unsafe_archive", f"'{member.filename}' is encrypted; unpack it yourself")
            if stat.S_ISLNK(member.external_attr >> 16):  # the upper half is the Unix mode
                raise FileError(archive, "unsafe_archive", f"'{member.filename}' is a link; expected files and folders")
            if not member.is_dir():
                content.add(member.filename, member.file_size)
        opened.extractall(folder, members)


def _extract_tar(archive: Path, folder: Path, content: _Content) -> None:
    with tarfile.open(archive, "r:" if archive.name.lower().endswith(".tar") else "r:gz") as opened:
        for member in opened:
            _require_safe(archive, folder, member)
            if not member.isdir():
                content.add(member.name, member.size)
            opened.extract(member, folder, filter="data")
        _require_end(opened)


def _require_safe(archive: Path, folder: Path, member: tarfile.TarInfo) -> None:
    _require_inside(archive, folder, member.name)
    if member.issym() or member.islnk():
        # A target without `..` cannot climb, whatever other links are on the way.
        _require_inside(archive, folder, member.linkname, f"the link '{member.name}' to ")
    elif not (member.isfile() or member.isdir()):
        raise FileError(archive, "unsafe_archive", f"'{member.name}' is a device or a pipe; expected files and folders")


def _require_inside(archive: Path, folder: Path, name: str, what: str = "") -> None:
    try:
        inside(folder, name)
    except FileError as error:
        raise FileError(archive, error.kind, f"{what}'{name}' would lead out of the folder that it is unpacked to") from error


def _require_end(opened: tarfile.TarFile) -> None:
    """Python takes a tar file that was cut between two members, or in the padding of a gzip stream, for a whole one."""
    assert opened.fileobj is not None
    if opened.fileobj.tell() < opened.offset + BLOCK:  # the block after the last member has been looked for
        raise tarfile.ReadError("ends early: the archive has no end mark")
    while opened.fileobj.read(REST):  # to the checksum of the gzip stream
        pass


def unpacked_to(manifest: Path) -> Path:
    """Where archives are unpacked: beside the manifest."""
    return manifest.parent / f"{manifest.stem}-unpacked"
