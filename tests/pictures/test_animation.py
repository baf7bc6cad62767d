"""The GIF: frames, colours, size."""

import numpy as np
import pytest
from PIL import Image

from tfpartial.errors import TfpartialError
from tfpartial.pictures.animation import write_animation
from tfpartial.pictures.slice_picture import RGB


def frames(count=4, side=100):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (count, side, side, 1), np.uint8).repeat(3, axis=-1)
    noise[:, :20] = RGB[1]
    return [Image.fromarray(frame) for frame in noise]


def test_frames_repeat_for_ever_and_keep_the_colours_of_the_lines(tmp_path):
    size = write_animation(frames(), [tuple(RGB[0].tolist()), tuple(RGB[1].tolist())], tmp_path / "a.gif", 1_000_000)
    with Image.open(tmp_path / "a.gif") as animation:
        assert (animation.size, size, animation.n_frames) == ((100, 100), (100, 100), 4)
        assert (animation.info["loop"], animation.info["duration"]) == (0, 100)
        animation.seek(2)
        picture = np.asarray(animation.convert("RGB"))
    assert (picture[:20] == RGB[1]).all()
    apart = picture.astype(int)[20:] - np.asarray(frames()[2])[20:]
    assert np.abs(apart).max() <= 4  # Pillow looks colours up in steps of 4


def test_a_file_that_would_be_too_large_gets_smaller_frames(tmp_path):
    width, height = write_animation(frames(8, 200), [], tmp_path / "a.gif", 150_000)
    assert (tmp_path / "a.gif").stat().st_size <= 150_000
    assert 64 <= width == height < 200
    with Image.open(tmp_path / "a.gif") as animation:
        assert animation.n_frames == 8


def test_frames_that_cannot_become_small_enough_are_refused(tmp_path):
    with pytest.raises(TfpartialError, match=r"a\.gif: 4 frames do not fit into 0\.001 MB; expected fewer, or more MB"):
        write_animation(frames(), [], tmp_path / "a.gif", 1000)
    assert list(tmp_path.iterdir()) == []


def test_a_palette_holds_any_number_of_organs(tmp_path):
    colours = [tuple(colour) for colour in RGB.tolist()]
    write_animation(frames(1), colours, tmp_path / "a.gif", 1_000_000)
    with Image.open(tmp_path / "a.gif") as animation:
        assert (np.asarray(animation.convert("RGB"))[:20] == RGB[1]).all()
