"""Tables as text."""

import pytest

from tfpartial.text_table import Cell, Table, latex, markdown

TABLE = Table(
    ["organ", "naive", "certain_ä"],
    [[Cell("left_kidney"), Cell("8.5 ± 1.0"), Cell("71.8 ± 2.0", bold=True)], [Cell("mean"), Cell("–"), Cell("n/a")]],
    "DSC in %, α 30 %.",
    apart=True,
)


def test_markdown():
    assert markdown(TABLE) == (
        "| organ | naive | certain\\_ä |\n"
        "| --- | ---: | ---: |\n"
        "| left\\_kidney | 8.5 ± 1.0 | **71.8 ± 2.0** |\n"
        "| mean | – | n/a |\n"
        "\n"
        "DSC in %, α 30 %.\n"
    )


def test_latex():
    assert latex(TABLE) == (
        "% \\usepackage{booktabs}\n"
        "\\begin{table}\n"
        "\\centering\n"
        "\\caption{DSC in \\%, $\\alpha$ 30 \\%.}\n"
        "\\begin{tabular}{lrr}\n"
        "\\toprule\n"
        "organ & naive & certain\\_ä \\\\\n"
        "\\midrule\n"
        "left\\_kidney & 8.5 $\\pm$ 1.0 & \\textbf{71.8 $\\pm$ 2.0} \\\\\n"
        "\\midrule\n"
        "mean & -- & n/a \\\\\n"
        "\\bottomrule\n"
        "\\end{tabular}\n"
        "\\end{table}\n"
    )


@pytest.mark.parametrize(
    ("name", "in_markdown", "in_latex"),
    [
        ("a|b", r"a\|b", "a$|$b"),
        ("*a* `b`", r"\*a\* \`b\`", "*a* `b`"),
        ("<b>&amp;", r"\<b\>\&amp;", r"$<$b$>$\&amp;"),
        ("$x^2$", r"\$x^2\$", r"\$x\textasciicircum{}2\$"),
        ("[a](b)", r"\[a\](b)", "[a](b)"),
        (r"\input{x}", r"\\input{x}", r"\textbackslash{}input\{x\}"),
        ("100 % #1 ~", r"100 % #1 \~", r"100 \% \#1 \textasciitilde{}"),
        ("two\nlines", "two lines", "two lines"),
    ],
)
def test_no_name_breaks_out_of_its_cell(name, in_markdown, in_latex):
    table = Table(["method"], [[Cell(name)]], "")
    assert f"| {in_markdown} |\n" in markdown(table)
    assert f"\n{in_latex} \\\\\n" in latex(table)
