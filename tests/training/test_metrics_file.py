"""One row per epoch, also after a kill."""

import pytest

from tfpartial.errors import TfpartialError
from tfpartial.training.metrics_file import MetricsFile

COLUMNS = ("epoch", "loss", "val_dsc")


def test_writes_a_row_per_epoch_and_leaves_missing_values_empty(tmp_path):
    file = MetricsFile(tmp_path / "metrics.csv", COLUMNS, epochs_done=0)
    file.append({"epoch": 1, "loss": 0.5})
    file.append({"epoch": 2, "loss": 0.25, "val_dsc": 0.1})
    assert file.path.read_text().split() == ["epoch,loss,val_dsc", "1,0.5,", "2,0.25,0.1"]


def test_drops_what_a_killed_run_wrote_after_its_last_state(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,loss,val_dsc\n1,0.5,\n2,0.4,0.2\n3,0.3")
    MetricsFile(path, COLUMNS, epochs_done=2)
    assert path.read_text().split() == ["epoch,loss,val_dsc", "1,0.5,", "2,0.4,0.2"]
    MetricsFile(path, COLUMNS, epochs_done=1)
    assert path.read_text().split() == ["epoch,loss,val_dsc", "1,0.5,"]


def test_a_full_disk_is_named_and_the_rows_so_far_are_read_again(tmp_path, full_after):
    file = MetricsFile(tmp_path / "metrics.csv", COLUMNS, epochs_done=0)
    file.append({"epoch": 1, "loss": 0.5})
    whole = file.path.read_text()
    with full_after(len(whole) + 3), pytest.raises(TfpartialError, match=r"/metrics\.csv: cannot be written: File too large$"):
        file.append({"epoch": 2, "loss": 0.25, "val_dsc": 0.125})
    MetricsFile(file.path, COLUMNS, epochs_done=1)
    assert file.path.read_text() == whole
