"""Names from strangers on a terminal and in a spreadsheet."""

import csv
import io
import logging

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.csv_file import read_frame, require_columns, write_frame, write_rows
from tfpartial.errors import TfpartialError
from tfpartial.printing import SafeFormatter, print_summary
from tfpartial.safe_text import for_cell, for_terminal, from_cell

FORMULA = '=HYPERLINK("http://x")'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("liver, 肝臓 – 5 %", "liver, 肝臓 – 5 %"),
        ("a\nb\tc", "a\nb\tc"),
        ("\x1b[2J\x07\r", r"\x1b[2J\x07\r"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202egpj", r"a\u202egpj"),
        ("a\udc80", r"a\udc80"),
    ],
)
def test_what_a_terminal_obeys_is_shown_instead(text, shown):
    assert for_terminal(text) == shown


def test_summaries_and_log_lines_are_shown_so(capsys):
    print_summary({"a\x1b[1m": "b\x1b[2m", "rows": [{"case\x1b[3m": "c\x1b[4m"}]}, as_json=False)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert [rf"\x1b[{number}m" in out for number in (1, 2, 3, 4)] == [True] * 4
    record = logging.LogRecord("x", logging.WARNING, "", 0, "case %s", ("\x1b[2J",), None)
    assert SafeFormatter("%(message)s").format(record) == r"case \x1b[2J"


@pytest.mark.parametrize("text", [FORMULA, "+1", "-1", "@x", "\tx", "\rx", "'=x", "''-x"])
def test_a_formula_has_a_quote_before_it(text):
    assert for_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["liver", "'liver'", "a=b", "", None, -1, -0.5, True])
def test_other_values_stay(value):
    assert for_cell(value) is value


@given(st.text(alphabet="'=+-@\t\rab"))
def test_every_text_comes_back(text):
    assert from_cell(for_cell(text)) == text


def test_tables_have_no_formulas_and_come_back(tmp_path):
    rows = [{"case": FORMULA, "organ": "NA", "dsc": -0.5}, {"case": "007", "organ": "-x", "dsc": None}]
    write_rows(tmp_path / "rows.csv", ["case", "organ", "dsc"], rows)
    write_frame(tmp_path / "frame.csv", pd.DataFrame(rows))
    for name in ("rows.csv", "frame.csv"):
        cells = list(csv.reader(io.StringIO((tmp_path / name).read_text())))
        assert cells[1:] == [[f"'{FORMULA}", "NA", "-0.5"], ["007", "'-x", ""]]
        table = read_frame(tmp_path / name, "rows", ["case", "organ"], ["dsc"])
        assert table[["case", "organ"]].to_numpy().tolist() == [[FORMULA, "NA"], ["007", "-x"]]
        assert table["dsc"].fillna(9).tolist() == [-0.5, 9]


@pytest.mark.parametrize(
    "content", [b"", b"case,dsc\na,high\n", b'case,dsc\n"a,0.5\n', b"case,dsc\na,1,2,3\n", b"case,dsc\n\xff\xfe,1\n"]
)
def test_what_is_no_table_is_named(tmp_path, content):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(TfpartialError, match=r"t\.csv: expected a row per case, got "):
        read_frame(tmp_path / "t.csv", "a row per case", ["case"], ["dsc"])


def test_a_column_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TfpartialError, match=r"t\.csv: expected a column b, got a"):
        require_columns(tmp_path / "t.csv", pd.DataFrame({"a": []}), ["a", "b"])
