"""Texts of DICOM elements whose character set is missing or wrong."""

from __future__ import annotations

from pydicom import Dataset

PADDING = " \0"
UNDECODABLE = "\ufffd"


def text_of(dataset: Dataset, keyword: str) -> str:
    """The text of an element, empty when it is missing.

    Without SpecificCharacterSet pydicom takes bytes for Latin-1, and those that the declared set does not have become question
    marks. Here they are Latin-1, as exports without a word on it mostly are. Bytes that are sound UTF-8 are UTF-8, even where
    Latin-1 is declared: its words practically never look so.

    Args:
        dataset: as pydicom has read it; the element not yet asked for.
        keyword: of the element.
    """
    raw = dataset.get_item(keyword)
    content = getattr(raw, "value", None)
    text = str(dataset.get(keyword) or "")
    if not isinstance(content, bytes) or content.isascii():
        return text
    latin = content.decode("latin-1").strip(PADDING)
    if UNDECODABLE not in text and text.strip(PADDING) != latin:
        return text  # as declared
    try:
        return content.decode("utf-8").strip(PADDING)
    except UnicodeDecodeError:
        return latin
