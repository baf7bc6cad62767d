"""Result files inside a page."""

import pytest
from embed import embed, embedded_files, main

from tfpartial.errors import TfpartialError

PAGE = "before\n<!-- results: r/a.md -->\nold\n<!-- /results -->\nbetween\n<!-- results: b.md -->\n<!-- /results -->\nafter\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "a.md").write_text("| 1 |\n\nof \\1 α\n")
    (tmp_path / "b.md").write_text("2\n")
    return tmp_path


def test_files_take_the_place_of_what_was_there(folder):
    expected = (
        "before\n<!-- results: r/a.md -->\n\n| 1 |\n\nof \\1 α\n\n<!-- /results -->\n"
        "between\n<!-- results: b.md -->\n\n2\n\n<!-- /results -->\nafter\n"
    )
    assert embed(PAGE, folder) == expected
    assert embed(expected, folder) == expected
    assert embedded_files(PAGE) == ["r/a.md", "b.md"]


def test_pages_are_renewed_in_place(folder):
    (folder / "page.md").write_text(PAGE)
    assert main([str(folder / "page.md")]) == 0
    assert (folder / "page.md").read_text() == embed(PAGE, folder)


def test_a_file_that_is_gone_is_named_and_the_page_stays(folder):
    (folder / "page.md").write_text(PAGE)
    (folder / "b.md").unlink()
    with pytest.raises(TfpartialError, match=r"b.md: no such file; the page wants to show it"):
        main([str(folder / "page.md")])
    assert (folder / "page.md").read_text() == PAGE


@pytest.mark.parametrize(
    "page", ["<!-- results: a.md -->\n", "<!-- results: a.md -->\n" * 2 + "<!-- /results -->", "<!-- results:a.md -->"]
)
def test_a_mark_that_is_not_complete_is_refused(page, tmp_path):
    with pytest.raises(TfpartialError, match="page: expected '<!-- results: FILE -->', lines, '<!-- /results -->'"):
        embed(page, tmp_path)
