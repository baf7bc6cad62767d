"""How parts give way to each other."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tfpartial.data.phantom.parts import Part
from tfpartial.data.phantom.place import STEP_MM, lattice, place_parts
from tfpartial.data.phantom.shapes import Ellipsoid

AXES = lattice(40.0, (-40.0, 40.0))


def ball(name, centre_xyz, radius_mm, **options):
    return Part(name, (Ellipsoid(centre_xyz, (radius_mm,) * 3),), **options)


def whole(field):
    """A field's distances on the whole lattice, far outside its box."""
    out = np.full([len(axis) for axis in AXES], 99.0)
    out[field.box] = field.distance_mm
    return out


def test_the_lattice_covers_the_scan_with_nodes_that_do_not_depend_on_it():
    z, y, x = lattice(41.0, (-7.0, 12.0))
    assert z[0] <= -7 - STEP_MM and z[-1] >= 12 + STEP_MM and x[0] <= -41 - STEP_MM
    assert all(np.all(axis % STEP_MM == 0) for axis in (z, y, x))


@settings(max_examples=25, deadline=None)
@given(shift=st.floats(-30, 30), radius=st.floats(4, 25), clearance=st.floats(0.1, 4))
def test_the_earlier_part_keeps_its_shape_and_the_later_its_clearance(shift, radius, clearance):
    first, second = ball("first", (0, 0, 0), 12), ball("second", (shift, 3, -2), radius, clearance_mm=clearance)
    fields = [whole(field) for field in place_parts([first, second], AXES)]
    np.testing.assert_array_equal(fields[0], whole(place_parts([first], AXES)[0]))
    near = (fields[0] < 9) & (fields[1] < 99)
    assert np.all(fields[0][near] + fields[1][near] >= clearance - 1e-4)


def test_a_part_stays_within_another_with_its_gap():
    room, guest = ball("room", (0, 0, 0), 20, solid=False), ball("guest", (15, 0, 0), 15, within="room", gap_mm=3)
    fields = [whole(field) for field in place_parts([room, guest], AXES)]
    assert (fields[1] < 0).any()
    assert fields[0][fields[1] < 0].max() <= -3


def test_a_part_within_one_that_the_scan_misses_is_not_there():
    room, guest = ball("room", (0, 0, 500), 20), ball("guest", (0, 0, 0), 15, within="room")
    (field,) = place_parts([room, guest], AXES)
    assert field.part.name == "guest"
    assert not (field.distance_mm < 0).any()


def test_a_part_that_is_not_solid_takes_no_room():
    ghost, body = ball("ghost", (0, 0, 0), 20, solid=False), ball("body", (0, 0, 0), 20)
    first, second = (field.distance_mm for field in place_parts([ghost, body], AXES))
    np.testing.assert_array_equal(first, second)


def test_only_the_largest_piece_stays_of_an_organ_that_others_divide():
    wall = Part("wall", (Ellipsoid((10, 0, 0), (4, 100, 100)),))
    for in_one_piece, right_of_the_wall in ((False, True), (True, False)):
        organ = ball("organ", (0, 0, 0), 25, in_one_piece=in_one_piece)
        distance = whole(place_parts([wall, organ], AXES)[1])
        inside = distance < 0
        assert inside[:, :, AXES[2] < 5].any()
        assert inside[:, :, AXES[2] > 15].any() == right_of_the_wall
