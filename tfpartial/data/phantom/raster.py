"""Signed distances on the lattice -> slices of the scan, with partial volume."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from tfpartial.data.phantom.parts import Layer
from tfpartial.data.phantom.place import STEP_MM, Field
from tfpartial.data.phantom.scan import Scan
from tfpartial.data.phantom.shapes import Axes
from tfpartial.data.phantom.tissue import TissueHu

PLANES_PER_SLICE = 3
"""A slice is the mean of this many thin planes: partial volume along z. The middle one decides the structure."""
AIR_HU = -1000.0
TEXTURE_PERIOD = 24
"""Nodes along z after which the texture repeats (6 cm): nobody sees it, and it is drawn in a quarter of the time."""


@dataclass(frozen=True)
class Neighbours:
    """For the pixels along one axis: the lattice node before each, and the weight of the node after it."""

    node: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, nodes_mm: np.ndarray, pixels_mm: np.ndarray) -> Neighbours:
        place = (pixels_mm - nodes_mm[0]) / STEP_MM
        node = np.floor(place).astype(np.intp)
        return cls(node, (place - node).astype(np.float32))

    def between(self, first_node: int, last_node: int) -> slice:
        """The pixels from one node to another."""
        return slice(int(np.searchsorted(self.node, first_node)), int(np.searchsorted(self.node, last_node)))


class Painter:
    """Paints fields on thin planes of one scan.

    Args:
        fields: in the order of painting; later ones cover earlier ones.
        tissues: the patient's HU.
        texture: float32 on the lattice, standard deviation 1.
        axes: the lattice.
        scan: the scan.
    """

    def __init__(
        self, fields: Sequence[Field], tissues: Mapping[str, TissueHu], texture: np.ndarray, axes: Axes, scan: Scan
    ) -> None:
        self.fields, self.tissues, self.texture, self.axes, self.scan = fields, tissues, texture, axes, scan
        self.y_mm = scan.centres_mm(1).astype(np.float32)[:, None]
        self.rows = Neighbours.of(axes[1], scan.centres_mm(1))
        self.columns = Neighbours.of(axes[2], scan.centres_mm(2))
        self.pixel_mm = float(np.mean(scan.spacing_mm_zyx[1:]))

    def slices(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """From the feet to the head.

        Yields:
            HU without blur and noise, float32 `[Y, X]`, and the structure, uint8 `[Y, X]`: n + 1 in the n-th field, 0 where
            there is no solid part.
        """
        offsets = (np.arange(PLANES_PER_SLICE) - PLANES_PER_SLICE // 2) / PLANES_PER_SLICE
        for z in self.scan.centres_mm(0):
            planes = [self.plane(z + self.scan.spacing_mm_zyx[0] * offset) for offset in offsets]
            yield np.mean([hu for hu, _ in planes], axis=0), planes[PLANES_PER_SLICE // 2][1]

    def plane(self, z_mm: float) -> tuple[np.ndarray, np.ndarray]:
        """HU and structure on one plane without thickness."""
        hu = np.full(self.scan.size, AIR_HU, dtype=np.float32)
        structure = np.zeros(self.scan.size, dtype=np.uint8)
        everywhere = (slice(0, len(self.axes[1])), slice(0, len(self.axes[2])))
        pixels = self._pixels(everywhere)
        texture = self._to_pixels(self._cut(self.texture, 0, z_mm), everywhere, pixels)
        for number, field in enumerate(self.fields, start=1):
            nodes = self._cut(field.distance_mm, field.box[0].start, z_mm)
            near = _box_below(nodes, self.pixel_mm)
            if near is None:
                continue
            box = tuple(slice(s.start + b.start, s.stop + b.start) for s, b in zip(near, field.box[1:], strict=True))
            pixels = self._pixels(box)
            distance = self._to_pixels(nodes[near], box, pixels)
            for layer in field.part.layers:
                self._fill(hu[pixels], layer, distance, texture[pixels], self.y_mm[pixels[0]])
            if field.part.solid:
                structure[pixels][distance < 0] = number
        return hu, structure

    def _fill(self, hu: np.ndarray, layer: Layer, distance: np.ndarray, texture: np.ndarray, y_mm: np.ndarray) -> None:
        """Mixes a layer's HU into `hu`, by the share of each pixel that the layer fills."""
        inside = distance + np.float32(layer.depth_mm)
        if layer.anterior_of_mm is not None:
            inside = np.maximum(inside, y_mm - np.float32(layer.anterior_of_mm))
        share = np.clip(np.float32(0.5) - inside / np.float32(self.pixel_mm), 0, 1)
        tissue = self.tissues[layer.tissue]
        hu += share * (np.float32(tissue.mean + layer.offset_hu) + np.float32(tissue.texture) * texture - hu)

    def _cut(self, values: np.ndarray, first_node: int, z_mm: float) -> np.ndarray:
        """Lattice values `[z, y, x]` on the plane at `z_mm`, `[y, x]`; empty where the plane misses them."""
        place = (z_mm - float(self.axes[0][0])) / STEP_MM - first_node
        node = int(np.floor(place))
        if not 0 <= node < len(values) - 1:
            return values[0, :0, :0]
        weight = np.float32(place - node)
        return values[node] * (1 - weight) + values[node + 1] * weight

    def _pixels(self, box: tuple[slice, ...]) -> tuple[slice, slice]:
        """The pixels between the first and the last nodes of a box `(y, x)` of the lattice."""
        rows, columns = box
        return self.rows.between(rows.start, rows.stop - 1), self.columns.between(columns.start, columns.stop - 1)

    def _to_pixels(self, nodes: np.ndarray, box: tuple[slice, ...], pixels: tuple[slice, slice]) -> np.ndarray:
        """Linear interpolation from the nodes of a box to its pixels: columns first, while there are few rows."""
        column, weight = self.columns.node[pixels[1]] - box[1].start, self.columns.weight[pixels[1]]
        wide = nodes[:, column] * (1 - weight) + nodes[:, column + 1] * weight
        row, weight = self.rows.node[pixels[0]] - box[0].start, self.rows.weight[pixels[0], None]
        return wide[row] * (1 - weight) + wide[row + 1] * weight


def draw_texture(rng: np.random.Generator, axes: Axes) -> np.ndarray:
    """A smooth random field of standard deviation 1 on the lattice, float32 `[Z, Y, X]`."""
    depth, height, width = (len(axis) for axis in axes)
    white = rng.standard_normal((TEXTURE_PERIOD, height, width), dtype=np.float32)
    smooth = gaussian_filter(white, 0.9, truncate=3.0, mode="wrap")
    return np.take(smooth / smooth.std(), np.arange(depth) % TEXTURE_PERIOD, axis=0)


def _box_below(plane: np.ndarray, limit: float) -> tuple[slice, slice] | None:
    """The smallest box, one node wider on each side, around the values under `limit`; None if there are none."""
    below = plane < limit
    rows, columns = np.flatnonzero(below.any(axis=1)), np.flatnonzero(below.any(axis=0))
    if not len(rows):
        return None
    return _widened(rows, plane.shape[0]), _widened(columns, plane.shape[1])


def _widened(nodes: np.ndarray, count: int) -> slice:
    return slice(max(int(nodes[0]) - 1, 0), min(int(nodes[-1]) + 2, count))
