"""Draw contours over slices, as pictures and as an animation, and write label colours for 3D Slicer and ITK-SNAP."""

import logging
from collections.abc import Iterator
from typing import Any

from tfpartial import cli
from tfpartial.config import OverlayConfig
from tfpartial.data.formats.volume_files import label_maps
from tfpartial.data.manifest import read_manifest
from tfpartial.errors import TfpartialError
from tfpartial.names import require_cases
from tfpartial.pictures.colour_files import write_slicer_colours, write_snap_labels
from tfpartial.pictures.scene import EmptyLabelError, Scene, case_scene, file_scene
from tfpartial.pictures.snapshots import write_overlays
from tfpartial.progress import track
from tfpartial.provenance import begin, finish

LOG = logging.getLogger(__name__)


def run(config: OverlayConfig) -> dict[str, Any]:
    """Writes `<case>_<plane>_<slice>.png`, `<case>_sheet.png`, `<case>.gif`, `labels.ctbl` and `labels.txt`."""
    if (config.image is None) == (config.manifest is None):
        raise TfpartialError("overlay: expected either image or manifest, got " + ("both" if config.image else "neither"))
    rows: list[dict[str, Any]] = []
    organs: tuple[str, ...] = ()
    for scene in _scenes(config):
        if not rows:
            begin(config.out, "overlay", config)
        organs = scene.organs.names
        rows.append({"case": scene.name, **write_overlays(scene, config, config.out)})
    if not rows:
        raise TfpartialError("overlay: expected a case with contours, got none")
    write_slicer_colours(organs, config.out / "labels.ctbl")
    write_snap_labels(organs, config.out / "labels.txt")
    summary = {"out": str(config.out), "cases": rows}
    finish(config.out, summary)
    return summary


def _scenes(config: OverlayConfig) -> Iterator[Scene]:
    if config.manifest is None:
        if config.image is None or config.label is None:
            raise TfpartialError("overlay: expected the contours of the image: label")
        yield file_scene(config.image, config.label, config.reference, config.names).only(config.organs)
        return
    manifest = read_manifest(config.manifest)
    found = manifest.cases if config.predictions is None else label_maps(config.predictions)
    for case in track(require_cases(config.cases, "cases") or sorted(found), "overlay"):
        try:
            yield case_scene(manifest, case, config.predictions).only(config.organs)
        except EmptyLabelError as error:
            if config.cases:
                raise
            LOG.warning("%s; it is left out", error)


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("overlay"))
