"""The page in a browser: it loads nothing, sorts, filters, fits a phone, and can be read in light and dark."""

import os
from pathlib import Path

import pytest

from tfpartial.report.page import write_page

pytestmark = pytest.mark.slow
PHONE, DESK = (375, 812), (1280, 900)
OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true })"
COLUMN = "[...document.querySelectorAll('#scores-1 tbody tr')].map(row => row.cells[%d].textContent)"
SORTED = "[...document.querySelectorAll('#scores-1 th[aria-sort]')].map(th => [th.dataset.column, th.getAttribute('aria-sort')])"
FAINT_TEXTS = """
(() => {
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = (rgb) => rgb.slice(0, 3).map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, place) => sum + c * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (element) => {
    const found = numbers(getComputedStyle(element).backgroundColor);
    return element.parentElement && found[3] === 0 ? ground(element.parentElement) : found;
  };
  const contrast = (element) => {
    const [low, high] = [luminance(numbers(getComputedStyle(element).color)), luminance(ground(element))].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const owns = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  return [...document.querySelectorAll('main *, header *, footer *')].filter((element) => !element.closest('svg'))
    .filter((element) => owns(element) && contrast(element) < 4.5).map((element) => element.outerHTML.slice(0, 80));
})()
"""


@pytest.fixture
def opened(page, whole_sweep, open_run, tmp_path):
    """The page of the tiny sweep, in a window of a desk."""
    path = tmp_path / "report.html"
    path.write_text(write_page(open_run(whole_sweep))[0], encoding="utf-8")
    page.resize(DESK)
    page.dark(False)
    page.open(path.as_uri())
    return page


def keep(page, name):
    """Screenshots for people to look at, where they are asked for."""
    folder = os.environ.get("TFPARTIAL_ARTIFACTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(Path(folder) / f"{name}.png")


def test_nothing_is_loaded_and_nothing_goes_wrong(opened):
    opened.evaluate(OPEN_ALL)
    requests = [event["params"]["request"]["url"] for event in opened.events if event["method"] == "Network.requestWillBeSent"]
    assert [url for url in requests if not url.startswith("data:image/png")] == [opened.evaluate("location.href")]
    assert [event for event in opened.events if event["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")] == []


def test_the_policy_forbids_what_a_name_might_bring(opened):
    opened.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=http://127.0.0.1:9/x.png onerror=window.ran=1>')")
    script = "(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 2'; document.body.append(s) })()"
    opened.evaluate(script)
    opened.evaluate("new Promise(resolve => setTimeout(resolve, 200))")
    assert opened.evaluate("window.ran") is None
    refused = [event["params"]["entry"]["text"] for event in opened.events if event["method"] == "Log.entryAdded"]
    assert any("127.0.0.1:9" in text for text in refused)
    assert all("Content Security Policy" in text for text in refused)


def test_tables_sort_by_click_and_by_keyboard_with_undefined_values_last(opened):
    opened.evaluate(OPEN_ALL)
    assert opened.evaluate(SORTED) == [["3", "ascending"]]  # worst first
    worst_first = opened.evaluate(COLUMN % 3)
    assert worst_first[-1] == "–"
    assert worst_first[:-1] == sorted(worst_first[:-1], key=float)
    opened.click("#scores-1 th[data-column='3'] button")
    assert opened.evaluate(SORTED) == [["3", "descending"]]
    assert opened.evaluate(COLUMN % 3) == [*reversed(worst_first[:-1]), "–"]
    opened.evaluate("document.querySelector(\"#scores-1 th[data-column='0'] button\").focus()")
    opened.press("Enter")
    assert opened.evaluate(SORTED) == [["0", "ascending"]]
    assert opened.evaluate(COLUMN % 0) == ["a", "a", "b", "b"]


def test_the_means_stay_below_the_organs(opened):
    opened.click("#results th[data-column='1'] button")
    names = "[...document.querySelectorAll('#results table')[0].rows].map(row => row.cells[0].textContent)"
    assert opened.evaluate(names)[-1] == "mean of organs"


def test_rows_are_filtered_by_words(opened):
    opened.evaluate(OPEN_ALL)
    opened.click("[data-filters=scores-1]")
    opened.call("Input.insertText", text="b LIVER")
    shown = "[...document.querySelectorAll('#scores-1 tbody tr')].filter(row => row.offsetHeight).map(row => row.innerText)"
    assert [row.split()[:2] for row in opened.evaluate(shown)] == [["b", "liver"]]
    assert opened.evaluate("document.querySelector('.filter output').textContent") == "1 of 4 rows"


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_shows_the_page_without_scrolling_sideways(opened, dark):
    opened.resize(PHONE)
    opened.dark(dark)
    opened.evaluate(OPEN_ALL)
    assert opened.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [375, 375]
    smallest = "Math.min(...[...document.querySelectorAll('.chart text')].map(text => text.getBoundingClientRect().height))"
    assert opened.evaluate(smallest) >= 10  # letters of charts do not shrink away
    keep(opened, f"report_phone_{'dark' if dark else 'light'}")


@pytest.mark.parametrize("dark", [False, True])
def test_all_text_stands_out_from_its_ground(opened, dark):
    opened.dark(dark)
    opened.evaluate(OPEN_ALL)
    assert opened.evaluate(FAINT_TEXTS) == []
    keep(opened, f"report_{'dark' if dark else 'light'}")


def test_it_prints(opened):
    assert opened.call("Page.printToPDF", printBackground=True)["data"].startswith("JVBERi0")  # %PDF-
