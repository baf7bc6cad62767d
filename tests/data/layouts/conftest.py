"""Data sets without content: a layout looks at names only."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tfpartial.config import SourceConfig
from tfpartial.data.layouts import read_source
from tfpartial.data.layouts.dataset import Dataset


class Folder:
    """A data set's folder to put files into."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()

    def add(self, *names: str) -> None:
        for name in names:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    def describe(self, content: object) -> None:
        (self.root / "dataset.json").write_text(content if isinstance(content, str) else json.dumps(content))

    def read(self, layout: str = "auto", **options: object) -> Dataset:
        return read_source(SourceConfig(self.root, layout=layout, **options))

    def image_names(self, dataset: Dataset) -> dict[str, list[str]]:
        """Case -> its images, relative to the folder."""
        return {case.id: [image.path.relative_to(self.root).as_posix() for image in case.images] for case in dataset.cases}

    def label_names(self, dataset: Dataset) -> dict[str, list[str]]:
        """Case -> its labels, relative to the folder."""
        return {case.id: [label.path.relative_to(self.root).as_posix() for label in case.labels] for case in dataset.cases}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "source")


@pytest.fixture
def rows() -> Callable[[Dataset], list[tuple[str, str, str]]]:
    """The problems of a data set: case, name of the file, kind."""
    return lambda dataset: sorted((each.case, Path(each.file).name, each.kind) for each in dataset.problems)
