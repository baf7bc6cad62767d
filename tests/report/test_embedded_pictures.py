"""Pictures as part of the page."""

import base64
import io

import pytest
from PIL import Image

from tfpartial.errors import TfpartialError
from tfpartial.report.embedded_pictures import WIDEST_PX, embed_picture


def opened(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,"))))


def test_a_picture_keeps_its_size_and_colours(tmp_path):
    Image.new("RGB", (60, 40), (10, 200, 30)).save(tmp_path / "a.png")
    found = embed_picture(tmp_path / "a.png")
    assert (found.width, found.height) == opened(found.uri).size == (60, 40)
    assert opened(found.uri).convert("RGB").getpixel((5, 5)) == (10, 200, 30)


def test_a_wide_picture_is_made_smaller_in_proportion(tmp_path):
    Image.new("RGB", (3000, 9000)).save(tmp_path / "a.png")
    assert embed_picture(tmp_path / "a.png")[1:] == (WIDEST_PX, 3 * WIDEST_PX)


def test_what_is_no_picture_is_named(tmp_path):
    (tmp_path / "a.png").write_text("text")
    for name in ("a.png", "b.png"):
        with pytest.raises(TfpartialError, match=rf"{name}: expected a picture, got "):
            embed_picture(tmp_path / name)
