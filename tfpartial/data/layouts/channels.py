"""The names of a source's channels, as the configuration states them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tfpartial.data.formats.image import PICTURES
from tfpartial.data.layouts.dataset import Case, Dataset
from tfpartial.errors import TfpartialError

RGB = 3


def with_channels(dataset: Dataset, names: Sequence[str] | None) -> Dataset:
    """A data set with other channels.

    Args:
        dataset: what a layout found.
        names: the data set's own channels in the wanted order; or as many new names; or three names for the red, green and blue
            of pictures. None leaves them as they are.

    Raises:
        TfpartialError: names that are none of these.
    """
    own = dataset.channel_names
    if names is None or tuple(names) == own:
        return dataset
    if len(set(names)) == len(names) > 0:
        if set(names) <= set(own):
            return _selected(dataset, names)
        if len(names) == len(own) and set(names).isdisjoint(own):
            return replace(dataset, channel_names=tuple(names))
        if len(own) == 1 and len(names) == RGB and all(_is_picture(case) for case in dataset.cases):
            return replace(dataset, channel_names=tuple(names), cases=tuple(_split(case) for case in dataset.cases))
    expected = f"some of {', '.join(own)}, or {len(own)} new names, or three for colour pictures"
    raise TfpartialError(f"{dataset.root}: 'channels': expected {expected}; got {', '.join(names) or 'none'}")


def _selected(dataset: Dataset, names: Sequence[str]) -> Dataset:
    places = [dataset.channel_names.index(name) for name in names]
    complete = [case for case in dataset.cases if len(case.images) == len(dataset.channel_names)]
    chosen = {case.id: replace(case, images=tuple(case.images[place] for place in places)) for case in complete}
    return replace(dataset, channel_names=tuple(names), cases=tuple(chosen.get(case.id, case) for case in dataset.cases))


def _is_picture(case: Case) -> bool:
    return all(image.path.suffix.lower() in PICTURES for image in case.images)


def _split(case: Case) -> Case:
    (image,) = case.images
    return replace(case, images=tuple(replace(image, component=number) for number in range(RGB)))
