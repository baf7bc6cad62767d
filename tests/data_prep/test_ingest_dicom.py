"""Folders of DICOM files from `ingest` to the store."""

from __future__ import annotations

import numpy as np
import pytest

BOX = (2, 4, 1, 5)
"""Rows 2 to 3, columns 1 to 4."""


@pytest.fixture
def source(tmp_path, files):
    """Writes case `a` with slices of noise and a liver on the first and the third."""
    files.write_series(tmp_path / "source" / "a" / "ct", files.hu())
    files.write_rtstruct(tmp_path / "source" / "a" / "rt.dcm", {"liver": ((0, 2), *BOX)})
    return {"path": str(tmp_path / "source"), "layout": "dicom"}


def test_a_slice_without_a_contour_is_a_warning(stage, tmp_path, source):
    found = stage("ingest", sources=[source], out=str(tmp_path / "m.json"), intensities="off")
    (warning,) = found["warnings"]
    assert warning["kind"] == "contours"
    assert warning["message"] == (
        "segment 'liver': slice 1 along z (LPS, from 0) has no contour, between slices that have; it stays empty"
    )


def test_a_slice_without_a_contour_is_drawn_on_request(join, source):
    joined = join(source | {"fill_gaps": 1}, intensities="off")
    expected = np.zeros((4, 5, 6), bool)
    expected[:3, 2:4, 1:5] = True
    np.testing.assert_array_equal(joined.organ("a", "liver"), expected)
    step = next(step for step in joined.history("a") if step["step"] == "contours")
    assert (step["segment"], step["slices"]) == ("liver", "1")
