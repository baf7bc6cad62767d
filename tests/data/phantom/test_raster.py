"""From distances to voxels: partial volume, textures and layers."""

import numpy as np
import pytest

from tfpartial.data.phantom.parts import Layer, Part
from tfpartial.data.phantom.place import lattice, place_parts
from tfpartial.data.phantom.raster import AIR_HU, Painter, draw_texture
from tfpartial.data.phantom.scan import Scan
from tfpartial.data.phantom.shapes import Ellipsoid
from tfpartial.data.phantom.tissue import TissueHu

AXES = lattice(34.0, (-34.0, 34.0))
TISSUES = {"flesh": TissueHu(100.0, 0.0), "core": TissueHu(200.0, 0.0), "rough": TissueHu(0.0, 10.0)}


def paint(part, side=64, slices=64, texture=None):
    """A cube of 64 mm about the origin: mean HU and structure."""
    pitch = (64 / slices, 64 / side, 64 / side)
    scan = Scan((side, side), slices, pitch, tuple(p / 2 - 32 for p in pitch), blur_mm=0.0, noise_hu=0.0)
    texture = np.zeros([len(axis) for axis in AXES], dtype=np.float32) if texture is None else texture
    planes = list(Painter(place_parts([part], AXES), TISSUES, texture, AXES, scan).slices())
    return np.stack([hu for hu, _ in planes]), np.stack([structure for _, structure in planes])


@pytest.mark.parametrize(("side", "slices"), [(64, 64), (32, 16), (128, 32)])
def test_a_ball_keeps_its_volume_at_every_voxel_size(side, slices):
    hu, structure = paint(Part("ball", (Ellipsoid((0, 0, 0), (20, 20, 20)),), (Layer("flesh"),)), side, slices)
    volume_mm3, voxel_mm3 = 4 / 3 * np.pi * 20**3, 64**3 / hu.size
    assert (structure == 1).sum() * voxel_mm3 == pytest.approx(volume_mm3, rel=0.03)
    assert ((hu - AIR_HU) / (100 - AIR_HU)).sum() * voxel_mm3 == pytest.approx(volume_mm3, rel=0.03)


def test_voxels_cut_by_the_surface_have_mixed_hu():
    half_space = Part("half", (Ellipsoid((0, 0, -500.3), (9000, 9000, 500)),), (Layer("flesh"),))  # ends at z = -0.3 mm
    hu, structure = paint(half_space, slices=8)  # slices of 8 mm: the fourth lies from -8 to 0 mm, the fifth from 0 to 8 mm
    assert hu[3, 32, 32] == pytest.approx(100, abs=1) and hu[4, 32, 32] == pytest.approx(AIR_HU)
    shifted = Part("half", (Ellipsoid((0, 0, -504), (9000, 9000, 500)),), (Layer("flesh"),))  # ends in the middle of the fourth
    assert AIR_HU + 200 < paint(shifted, slices=8)[0][3, 32, 32] < -100
    assert structure[3, 32, 32] == 1 and structure[4, 32, 32] == 0


def test_layers_start_at_their_depth_and_gas_lies_in_front():
    layers = (Layer("flesh"), Layer("core", 5.0), Layer("core", 5.0, anterior_of_mm=-5.0, offset_hu=50))
    hu, _ = paint(Part("ball", (Ellipsoid((0, 0, 0), (20, 20, 20)),), layers))
    assert hu[32, 32, 14] == pytest.approx(100, abs=1)  # 2.5 mm under the surface
    assert hu[32, 40, 32] == pytest.approx(200, abs=1)  # behind the level
    assert hu[32, 20, 32] == pytest.approx(250, abs=1)  # in front of it


def test_texture_varies_the_hu_by_its_standard_deviation():
    texture = draw_texture(np.random.default_rng(0), AXES)
    hu, structure = paint(Part("ball", (Ellipsoid((0, 0, 0), (25, 25, 25)),), (Layer("rough"),)), texture=texture)
    inside = hu[16:48, 20:44, 20:44][structure[16:48, 20:44, 20:44] == 1]
    # Between the nodes, interpolation averages some of it away.
    assert 6 < inside.std() < 10.5


def test_a_part_that_is_not_solid_leaves_the_structure_alone():
    hu, structure = paint(Part("ghost", (Ellipsoid((0, 0, 0), (20, 20, 20)),), (Layer("flesh"),), solid=False))
    assert hu.max() == 100 and not structure.any()
