import pickle
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfpartial.data.formats.label import open_label
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

REAL = (
    "dcmqi_ct3slice_dicomseg_nrrd/sparse-labelmap-ppv5.dcm",
    "dcmqi_ct3slice_dicomseg_nrrd/sparse_labelmap_ppv5_seg.nrrd",
    "rtutils_ct_rtstruct/mock_data/rt.dcm",
)
GRID = Geometry((16, 16, 3), (8.0, 8.0, 5.0), (-125.0, -125.0, 60.0))


@pytest.mark.parametrize("name", REAL)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(realdata, name, data):
    content = bytearray((realdata / "reader_flavours" / name).read_bytes())
    for _ in range(data.draw(st.integers(0, 3), label="bytes changed")):
        content[data.draw(st.integers(0, min(len(content), 4000) - 1), label="at")] = data.draw(st.integers(0, 255), label="to")
    content = content[: data.draw(st.integers(0, len(content)), label="bytes kept")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        try:
            label = open_label(path)
            for key in label.keys():  # noqa: SIM118
                label.mask(key, GRID)
        except FileError as error:
            assert error.path == path
            assert error.reason


def test_errors_reach_another_process(tmp_path):
    with pytest.raises(FileError) as caught:
        open_label(tmp_path / "label.nii.gz")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.kind) == (str(caught.value), "missing_file")
