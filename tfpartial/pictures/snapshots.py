"""The pictures of one case: slices, a sheet of them, and an animation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tfpartial.artifacts import atomic_file
from tfpartial.config import OverlayConfig
from tfpartial.errors import TfpartialError
from tfpartial.pictures.animation import write_animation
from tfpartial.pictures.planes import VIEWS, Plane, cut, pick_slices, pixel_mm, shows_organ
from tfpartial.pictures.scene import Scene
from tfpartial.pictures.sheet import Entry, Tile, arrange, legend
from tfpartial.pictures.slice_picture import Slice, draw_slice

COLUMNS = 4
"""Pictures per row of a sheet."""
MEGABYTE = 1_000_000


def write_overlays(scene: Scene, config: OverlayConfig, out: Path) -> dict[str, Any]:
    """Writes `<case>_<plane>_<slice>.png`, `<case>_sheet.png` when there are several, and `<case>.gif` when it is asked for.

    Args:
        scene: the case; it has contours.
        config: which slices, and how they look.
        out: folder to write to.

    Returns:
        What was drawn: slices per plane counted from 1, number and size of the frames.

    Raises:
        TfpartialError: a slice outside of the volume; an animation that cannot be made as small as it must be.
    """
    entries = legend(_codes(scene), scene.organs, scene.reference_name)
    chosen = {plane: _indices(scene, plane, config) for plane in config.planes}
    tiles = []
    for plane, indices in chosen.items():
        for index in indices:
            tile = draw_tile(scene, plane, index, config.window_hu, config.side)
            _save(tile, entries, out / f"{scene.name}_{plane}_{index + 1:04d}.png")
            tiles.append(tile)
    if len(tiles) > 1:
        with atomic_file(out / f"{scene.name}_sheet.png") as temporary:
            arrange(tiles, COLUMNS, entries).save(temporary)
    drawn: dict[str, Any] = {plane: [index + 1 for index in indices] for plane, indices in chosen.items()}
    return drawn if config.animation == "none" else drawn | _animate(scene, config.animation, config, entries, out)


def draw_tile(scene: Scene, plane: Plane, index: int, window_hu: tuple[float, float], side: int) -> Tile:
    """A slice of a scene, with what and where it is."""
    reference = None if scene.reference is None else cut(scene.reference, plane, index)
    content = Slice(cut(scene.hu, plane, index), pixel_mm(scene.spacing_mm_zyx, plane), cut(scene.label, plane, index), reference)
    view = VIEWS[plane]
    caption = f"{scene.name}\n{plane} {index + 1} of {scene.hu.shape[view.axis]}"
    return Tile(draw_slice(content, window_hu, side), caption, (view.left, view.top))


def _codes(scene: Scene) -> list[np.ndarray]:
    return [codes for codes in (scene.label, scene.reference) if codes is not None]


def _indices(scene: Scene, plane: Plane, config: OverlayConfig) -> list[int]:
    """The places of the slices to draw, from 0."""
    slices = scene.hu.shape[VIEWS[plane].axis]
    outside = [number for number in config.slices if not 1 <= number <= slices]
    if outside:
        raise TfpartialError(f"{scene.name}: expected {plane} slices from 1 to {slices}, got {', '.join(map(str, outside))}")
    if config.slices:
        return [number - 1 for number in config.slices]
    # Where one label map is empty, the other is not: `only` has looked.
    codes = next(codes for codes in _codes(scene) if shows_organ(codes))
    return pick_slices(codes, plane, config.count)


def _save(tile: Tile, entries: list[Entry], path: Path) -> None:
    with atomic_file(path) as temporary:
        arrange([tile], 1, entries).save(temporary)


def _animate(scene: Scene, plane: Plane, config: OverlayConfig, entries: list[Entry], out: Path) -> dict[str, Any]:
    slices = scene.hu.shape[VIEWS[plane].axis]
    places = np.linspace(0, slices - 1, min(config.frames, slices)).round().astype(int).tolist()
    frames = [arrange([draw_tile(scene, plane, index, config.window_hu, config.side)], 1, entries) for index in places]
    colours = [entry.colour for entry in entries]
    path = out / f"{scene.name}.gif"
    width, height = write_animation(frames, colours, path, round(config.megabytes * MEGABYTE))
    return {"frames": len(frames), "size": f"{width} × {height}", "MB": path.stat().st_size / MEGABYTE}
