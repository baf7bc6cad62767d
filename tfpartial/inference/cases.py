"""Which volumes to segment: files, folders and DICOM series, or the cases of a manifest."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count as count_from
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from tfpartial.data.files import ImageFile, NiftiForm, located
from tfpartial.data.formats.image import PICTURES
from tfpartial.data.formats.nifti_pair import header_of
from tfpartial.data.formats.volume_file import ENDINGS
from tfpartial.data.formats.volume_files import holds_dicom, is_dicom, is_image, stem
from tfpartial.data.manifest import Manifest
from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId, require_case

logger = logging.getLogger(__name__)

COLOURS = 3
_CHANNEL = re.compile(r"(.+)_(\d{4})")


class InputCase(NamedTuple):
    """A volume to segment: its id and one image per channel."""

    id: CaseId
    images: tuple[ImageFile, ...]


class _Named(NamedTuple):
    """A volume by the name of its file or folder, which may be none that a case can have."""

    name: str
    images: tuple[ImageFile, ...]


def find_cases(paths: Iterable[Path], channel_names: Sequence[str], nifti_form: NiftiForm = "sform") -> list[InputCase]:
    """The cases in files and folders, in the order of their ids.

    nnU-Net's channel suffix is understood: `x_0000.nii.gz` and `x_0001.nii.gz` are the two channels of case `x`. For a network
    of one channel, numbers that cannot be channels (`amos_0004.nii.gz`, `amos_0005.nii.gz`) belong to the name. DICOM folders of
    one name are told apart by their parents: `p1/ct` and `p2/ct` are the cases `p1_ct` and `p2_ct`.

    Args:
        paths: volume files, pictures, and folders with such files directly inside; a folder without any is a DICOM series. A
            picture is one slice; the three channels of a network that has three are its colours.
        channel_names: the network's input channels.
        nifti_form: see `ImageFile`.

    Raises:
        TfpartialError: a path is not there, a folder has no volume, a file has another ending, two files make one case, or the
            files of a case are not the network's channels.
    """
    groups: dict[tuple[Path, str], dict[int, Path]] = defaultdict(dict)
    cases: list[_Named] = []
    for file in dict.fromkeys(header_of(file) for path in paths for file in _volumes(path)):
        match = _CHANNEL.fullmatch(stem(file))
        if file.suffix.lower() in PICTURES and len(channel_names) == COLOURS:
            cases.append(_Named(stem(file), tuple(ImageFile(file, component=colour) for colour in range(COLOURS))))
        elif match:
            _add_channel(groups[file.parent, match[1]], int(match[2]), file)
        elif len(channel_names) == 1:
            cases.append(_Named(stem(file), (ImageFile(file),)))
        else:
            expected = ", ".join(f"{stem(file)}_{number:04d}" for number in range(len(channel_names)))
            raise TfpartialError(f"{file}: the network takes {len(channel_names)} channels; expected files {expected}")
    for (_, name), channels in groups.items():
        cases.extend(_group_cases(name, channels, channel_names))
    found = [InputCase(require_case(one.name, one.images[0].path.parent), one.images) for one in _with_parents(cases)]
    _check_unique(found)
    return [_believing(nifti_form, case) for case in sorted(found, key=attrgetter("id"))]


def manifest_cases(manifest: Manifest, ids: Iterable[CaseId] | None, channel_names: Sequence[str]) -> list[InputCase]:
    """The cases of a manifest, all of them or those in `ids`.

    Raises:
        TfpartialError: an id is not in the manifest, or its channels are not the network's.
    """
    if tuple(manifest.channel_names) != tuple(channel_names):
        ours, theirs = ", ".join(channel_names), ", ".join(manifest.channel_names)
        raise TfpartialError(f"manifest '{manifest.name}': expected the network's channels ({ours}), got ({theirs})")
    chosen = sorted(manifest.cases if ids is None else ids)
    return [InputCase(name, manifest.case(name).images) for name in chosen]


def _believing(nifti_form: NiftiForm, case: InputCase) -> InputCase:
    return case._replace(images=tuple(replace(image, nifti_form=nifti_form) for image in case.images))


def _volumes(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.is_file() and is_image(file))
        if not files and not holds_dicom(path):
            raise TfpartialError(f"{path}: expected volumes or pictures ({', '.join((*ENDINGS, *PICTURES))}) or a DICOM series")
        _warn_of_dicom(path, files)
        return files or [path]
    if not path.is_file():
        raise TfpartialError(f"{path}: no such file or folder; expected a volume, a picture, a DICOM series or a folder of them")
    if not is_image(path):
        raise TfpartialError(f"{path}: expected a volume or a picture ({', '.join((*ENDINGS, *PICTURES))})")
    return [path]


def _warn_of_dicom(folder: Path, files: Sequence[Path]) -> None:
    """Of a folder with volumes the DICOM files are left out; a person should know."""
    others = sorted(file for file in folder.iterdir() if files and not is_image(file) and is_dicom(file))
    if others:
        advice = "put the series into a folder of its own to have it segmented"
        logger.warning("%s: leaves out %d DICOM files, the first is %s; %s", folder, len(others), others[0].name, advice)


def _add_channel(channels: dict[int, Path], number: int, file: Path) -> None:
    if number in channels:
        raise TfpartialError(f"two files for one volume: {channels[number]} and {file}")
    channels[number] = file


def _group_cases(name: str, channels: Mapping[int, Path], channel_names: Sequence[str]) -> list[_Named]:
    """The case of files `name_0000`, `name_0001`, …; or, for one channel and no number 0, one case per file."""
    if sorted(channels) == list(range(len(channel_names))):
        return [_Named(name, tuple(ImageFile(channels[number]) for number in sorted(channels)))]
    if len(channel_names) == 1 and 0 not in channels:
        return [_Named(stem(file), (ImageFile(file),)) for file in channels.values()]
    found = ", ".join(f"{number:04d}" for number in sorted(channels))
    expected = ", ".join(f"{number:04d} ({channel})" for number, channel in enumerate(channel_names))
    raise TfpartialError(f"case '{name}': expected the network's channels {expected}, got files {found}")


def _with_parents(cases: Sequence[_Named]) -> list[_Named]:
    """Folders of DICOM series that are called alike, such as `p1/ct` and `p2/ct`, by as many of their parents as it takes."""
    alike: dict[str, list[_Named]] = defaultdict(list)
    for case in cases:
        alike[case.name].append(case)
    longer: dict[_Named, str] = {}
    for same in alike.values():
        places = [located(case.images[0].path) for case in same]
        if len(same) > 1 and len(set(places)) == len(places) and all(place.is_dir() for place in places):
            depth = next(count for count in count_from(2) if len({place.parts[-count:] for place in places}) == len(places))
            longer |= {case: "_".join(place.parts[-depth:]) for case, place in zip(same, places, strict=True)}
    return [case._replace(name=longer.get(case, case.name)) for case in cases]


def _check_unique(cases: Iterable[InputCase]) -> None:
    seen: dict[CaseId, InputCase] = {}
    for case in cases:
        if case.id in seen:
            raise TfpartialError(f"case '{case.id}' stands twice: {seen[case.id].images[0].path} and {case.images[0].path}")
        seen[case.id] = case
