"""Tables that went through a spreadsheet or an editor; docs/reference/odd-inputs.md has the sources."""

import numpy as np
import pytest

from tfpartial.csv_file import read_frame, require_columns
from tfpartial.errors import TfpartialError

COLUMNS = ("case", "organ", "dsc")
TABLE = "case,organ,dsc\n007,liver,0.5\nNA,Läsion,\n"


def read(path, content):
    path.write_bytes(content)
    table = read_frame(path, "a row per case and organ", COLUMNS[:2], COLUMNS[2:])
    require_columns(path, table, COLUMNS)
    return table


READ = {
    "a byte order mark": TABLE.encode("utf-8-sig"),
    "lines end as in Windows": TABLE.replace("\n", "\r\n").encode(),
    "lines end as in old macOS": TABLE.replace("\n", "\r").encode(),
    "empty lines": f"\n{TABLE}\n\n".encode(),
}


@pytest.mark.parametrize("row", READ)
def test_is_read_right(tmp_path, row):
    table = read(tmp_path / "scores.csv", READ[row])
    assert table[["case", "organ"]].to_numpy().tolist() == [["007", "liver"], ["NA", "Läsion"]]
    np.testing.assert_array_equal(table["dsc"], [0.5, np.nan])


REFUSED = {
    "semicolons between cells": (TABLE.replace(",", ";").encode("utf-8-sig"), "expected a column case, got case;organ;dsc"),
    "a comma in a number": (b'case,organ,dsc\na,liver,"0,5"\n', "Unable to parse string '0,5'"),
    "a column twice": (b"case,organ,dsc,dsc\na,liver,0.5,0.6\n", "got a column dsc twice"),
    "a row that ends early": (b"case,organ,dsc\na,liver,0.5\nb,liver\n", "got 2 cells for 3 columns in row 2"),
    "a row that is too long": (b"case,organ,dsc\na,liver,0.5,9\n", "got 4 cells for 3 columns in row 1"),
    "names of columns in upper case": (b"Case,Organ,DSC\na,liver,0.5\n", "expected a column case, got Case, Organ, DSC"),
    "letters in Latin-1": (TABLE.encode("latin-1"), "'utf-8' codec can't decode byte 0xe4"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_is_refused_in_one_line(tmp_path, row):
    content, message = REFUSED[row]
    with pytest.raises(TfpartialError) as caught:
        read(tmp_path / "scores.csv", content)
    assert message in str(caught.value)
    assert str(tmp_path / "scores.csv") in str(caught.value)
