"""A tolerance below the voxels measures the grid."""

from tfpartial.metrics.tolerance import fine_tolerances

TOLERANCES_MM = {"liver": 3.0, "spleen": 1.0, "lens": 0.5}


def test_the_coarsest_spacing_counts():
    found = fine_tolerances("a", ["liver", "spleen"], (9, 9, 9), (2.5, 1.0, 1.0), TOLERANCES_MM)
    assert [(one.organ, one.tolerance_mm, one.coarsest_mm) for one in found] == [("spleen", 1.0, 2.5)]
    assert str(found[0]) == "tolerance 1 mm of spleen in case 'a' of 2.5 × 1 × 1 mm (z, y, x)"


def test_an_axis_of_one_voxel_has_no_surface_across_it():
    assert [one.organ for one in fine_tolerances("a", TOLERANCES_MM, (1, 9, 9), (5.0, 1.0, 1.0), TOLERANCES_MM)] == ["lens"]
