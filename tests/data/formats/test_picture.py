"""Pictures and folders of pictures."""

import re
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tfpartial.data.files import ImageFile
from tfpartial.data.formats.picture import open_picture, read_picture
from tfpartial.data.formats.picture_stack import read_stack
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
COLOURS = np.stack([GREY, GREY + 1, GREY + 2], axis=-1)


def saved(path, array, mode=None, **options):
    picture = Image.fromarray(array)
    (picture.convert(mode) if mode else picture).save(path, **options)
    return path


def read(path, component=None):
    ((start, slab),) = open_picture(ImageFile(path, component=component)).slabs(7)
    assert start == 0
    return slab


def refused(path, component=None):
    with pytest.raises(FileError) as caught:
        read(path, component)
    return caught.value


@pytest.mark.parametrize("ending", ["png", "bmp", "tif", "tiff", "PNG"])
def test_grey_is_one_slice_of_its_numbers(tmp_path, ending):
    path = saved(tmp_path / f"a.{ending}", GREY)
    np.testing.assert_array_equal(read(path), GREY[np.newaxis])


def test_a_jpeg_is_near_what_was_saved(tmp_path):
    smooth = np.add.outer(np.arange(32), np.arange(32)).astype(np.uint8)
    assert np.abs(read(saved(tmp_path / "a.jpg", smooth, quality=95))[0].astype(int) - smooth).max() <= 3


def test_columns_run_to_the_left_and_rows_to_the_back_in_millimetres(tmp_path):
    image = open_picture(ImageFile(saved(tmp_path / "a.png", GREY, dpi=(300, 300))))
    assert image.native == Geometry((4, 3, 1), (1.0, 1.0, 1.0))
    assert image.native.orientation == "LPS"
    assert image.history[0].row() == {
        "step": "read",
        "file": str(tmp_path / "a.png"),
        "format": "PNG",
        "spacing": "1 mm, since a picture has none",
    }


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_16_bits_keep_their_values(tmp_path, ending):
    array = np.array([[0, 1, 255], [256, 4095, 65535]], np.uint16)
    path = saved(tmp_path / f"a.{ending}", array)
    found = read_picture(path)
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, array)


def test_negative_numbers_of_a_tiff_are_kept(tmp_path):
    array = np.array([[-1024, 0, 3071]], np.int32)
    np.testing.assert_array_equal(read(saved(tmp_path / "a.tif", array))[0], array)


@pytest.mark.parametrize("component", [0, 1, 2])
def test_a_component_is_one_colour(tmp_path, component):
    path = saved(tmp_path / "a.png", COLOURS)
    np.testing.assert_array_equal(read(path, component)[0], COLOURS[..., component])
    detail = open_picture(ImageFile(path, component=component)).history[0].detail
    assert detail["component"] == ("red", "green", "blue")[component]


def test_component_0_of_grey_is_grey(tmp_path):
    np.testing.assert_array_equal(read(saved(tmp_path / "a.png", GREY), 0)[0], GREY)


def test_a_palette_gives_its_indices(tmp_path):
    indices = np.array([[0, 1, 2], [2, 5, 0]], np.uint8)
    picture = Image.fromarray(indices).convert("P")
    picture.putdata(indices.ravel().tolist())
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0] + [9] * 759)
    picture.save(tmp_path / "mask.png", transparency=0)
    np.testing.assert_array_equal(read_picture(tmp_path / "mask.png"), indices)


def test_a_palette_is_no_image(tmp_path):
    error = refused(saved(tmp_path / "a.png", GREY, "P"))
    assert error.kind == "palette"
    assert "its numbers stand for colours" in error.reason


def test_black_and_white_is_0_and_1(tmp_path):
    saved(tmp_path / "a.png", np.array([[0, 255]], np.uint8), "1")
    found = read_picture(tmp_path / "a.png")
    assert found.dtype == np.uint8
    assert found.tolist() == [[0, 1]]


@pytest.mark.parametrize(("mode", "shape"), [("LA", (3, 4)), ("RGBA", (3, 4, 3))])
def test_alpha_that_hides_nothing_is_left_out(tmp_path, mode, shape):
    found = read_picture(saved(tmp_path / "a.png", GREY, mode))
    assert found.shape == shape
    np.testing.assert_array_equal(found if found.ndim == 2 else found[..., 1], GREY)


def transparent(path):
    saved(path, np.dstack([COLOURS, GREY]))


def animated(path):
    frames = [Image.fromarray(GREY + step) for step in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])


def cut(path):
    saved(path, np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8))
    path.write_bytes(path.read_bytes()[:-400])


def cut_in_the_header(path):
    saved(path, GREY)
    path.write_bytes(path.read_bytes()[:20])


def deep_colours(path):
    """Pillow cannot write 16-bit colours: a PNG by hand, one pixel."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" + bytes(6))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


def huge(path):
    """A header that announces 40,000 × 40,000 pixels."""
    saved(path, GREY)
    content = bytearray(path.read_bytes())
    content[16:24] = (40000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    path.write_bytes(content)


DEFECTS = {
    "missing": (".png", lambda path: None, None, "missing_file", "no such file"),
    "empty": (".png", lambda path: path.touch(), None, "unreadable", "is no whole picture"),
    "text": (".png", lambda path: path.write_text("a picture"), None, "unreadable", "cannot identify image file"),
    "a gif named png": (".png", lambda path: saved(path, GREY, format="GIF"), None, "unreadable", "cannot identify"),
    "cut png": (".png", cut, None, "unreadable", "is no whole picture: .*truncated"),
    "cut jpeg": (".jpg", cut, None, "unreadable", "is no whole picture: .*truncated"),
    "cut bmp": (".bmp", cut, None, "unreadable", "is no whole picture: .*truncated"),
    "cut tiff": (".tif", cut, None, "unreadable", "is no whole picture"),
    "cut in the header": (".png", cut_in_the_header, None, "unreadable", "is no whole picture"),
    "colours": (
        ".png",
        lambda path: saved(path, COLOURS),
        None,
        "not_scalar",
        r"`component` to one of 0 \(red\), 1 \(green\), 2 \(blue\)",
    ),
    "component 3": (".png", lambda path: saved(path, COLOURS), 3, "unknown_component", r"no component 3; there are 0 \(red\)"),
    "component -1": (".png", lambda path: saved(path, COLOURS), -1, "unknown_component", "no component -1"),
    "component of grey": (
        ".png",
        lambda path: saved(path, GREY),
        1,
        "unknown_component",
        r"no component 1; there are 0 \(grey\)",
    ),
    "transparent": (".png", transparent, 0, "alpha", "has transparent pixels"),
    "animated png": (".png", animated, None, "several_pictures", "holds 3 pictures; expected one"),
    "pages of tiff": (".tif", animated, None, "several_pictures", "holds 3 pictures; expected one"),
    "fractions": (".tif", lambda path: saved(path, GREY / np.float32(3)), None, "not_whole_numbers", "has floating-point pixels"),
    "print colours": (".jpg", lambda path: saved(path, COLOURS, "CMYK"), None, "colour", "pixels of the kind 'CMYK'"),
    "16-bit colours": (".png", deep_colours, 0, "deep_colour", "colours of 16 bits each"),
    "huge": (".png", huge, None, "unreadable", "1600000000 pixels"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_refuses(tmp_path, defect, capfd):
    ending, make, component, kind, words = DEFECTS[defect]
    path = tmp_path / f"picture{ending}"
    make(path)
    error = refused(path, component)
    assert error.kind == kind
    assert error.path == path
    assert re.search(words, error.reason)
    assert "\n" not in error.reason
    assert str(path) not in error.reason
    assert capfd.readouterr() == ("", "")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ending=st.sampled_from(["png", "jpg", "bmp", "tif"]), data=st.data())
def test_damaged_bytes_are_read_or_refused_and_never_crash(tmp_path, ending, data):
    path = saved(tmp_path / f"a.{ending}", GREY)
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6), label="places"):
        content[place] = data.draw(st.integers(0, 255), label="byte")
    path.write_bytes(content[: data.draw(st.integers(0, len(content)), label="length")])
    try:
        image = open_picture(ImageFile(path))
        ((_, slab),) = image.slabs(1)
        assert slab.shape == image.native.shape_zyx
    except FileError as error:
        assert "\n" not in error.reason


# Folders of pictures


def test_a_stack_is_in_natural_order(tmp_path):
    for number in (1, 2, 10):
        saved(tmp_path / f"slice_{number}.png", GREY + number)
    (tmp_path / "readme.txt").write_text("masks")
    (tmp_path / "._slice_1.png").write_bytes(b"a finder's note")
    np.testing.assert_array_equal(read_stack(tmp_path), np.stack([GREY + number for number in (1, 2, 10)]))


def test_refuses_an_empty_stack(tmp_path):
    with pytest.raises(FileError, match=r"expected one picture per slice .* got none"):
        read_stack(tmp_path)


def test_refuses_a_stack_that_is_not_there(tmp_path):
    with pytest.raises(FileError, match="no such folder"):
        read_stack(tmp_path / "Ground")


def test_refuses_a_stack_of_different_sizes(tmp_path):
    saved(tmp_path / "1.png", GREY)
    saved(tmp_path / "2.png", GREY.T.copy())
    with pytest.raises(FileError, match=r"\(3, 4\) in 1.png and \(4, 3\) in 2.png"):
        read_stack(tmp_path)


def test_refuses_a_stack_in_colours(tmp_path):
    saved(tmp_path / "1.png", COLOURS)
    with pytest.raises(FileError, match=r"1\.png: has colours"):
        read_stack(tmp_path)


# Real pictures


def test_real_slices_are_grey_and_of_one_size(realdata):
    files = sorted((realdata / "slices_2d").rglob("*.png"))
    assert len(files) >= 289
    for path in files[:: len(files) // 40]:
        array = read_picture(path)
        assert array.dtype == np.uint8
        assert array.shape == (512, 512)
