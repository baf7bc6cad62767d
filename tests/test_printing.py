"""Summaries for people."""

from tfpartial.printing import print_summary


def test_brackets_of_a_cell_are_shown(capsys):
    print_summary({"[rows]": [{"[type]": "tuple[int, int]", "file": "[red]a.nii"}]}, as_json=False)
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("[rows]", "[type]", "tuple[int, int]", "[red]a.nii"))
