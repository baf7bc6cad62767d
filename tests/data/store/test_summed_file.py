"""The checksum of a file that is being written."""

import zlib

import numpy as np

from tfpartial.data.store.summed_file import SummedFile


def test_the_checksum_is_that_of_the_whole_file(tmp_path):
    with (tmp_path / "a").open("wb") as file:
        summed = SummedFile(file)
        written = [summed.write(b"head"), summed.write(np.arange(6, dtype="<i2").reshape(2, 3).data.cast("B"))]
    content = (tmp_path / "a").read_bytes()
    assert (written, content[:6], len(content)) == ([4, 12], b"head\0\0", 16)
    assert summed.crc32 == zlib.crc32(content)
