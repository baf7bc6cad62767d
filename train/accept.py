"""Take label maps that a person corrected as annotations."""

from typing import Any

from tfpartial import cli
from tfpartial.config import AcceptConfig
from tfpartial.data.fold.pseudo_label_writer import LAYERS, take_over, write_index
from tfpartial.data.fold.pseudo_labels import INDEX, PseudoLabels
from tfpartial.data.fold.simulate import read_annotations
from tfpartial.data.store.store import Store
from tfpartial.errors import TfpartialError
from tfpartial.progress import track
from tfpartial.provenance import finish, is_finished
from tfpartial.relabel.accept import accept, corrected_files
from tfpartial.stage_folder import open_stage


def run(config: AcceptConfig) -> dict[str, Any]:
    """Writes a step whose layers have the corrected organs."""
    if is_finished(config.out):
        raise TfpartialError(f"{config.out}: has label layers already; choose another folder")
    store = Store.open(config.store)
    annotated = {case.id: case.annotated for case in store.cases.values()}
    if config.annotations is not None:
        annotated = read_annotations(config.annotations, config.fold, store.organs)
    earlier = None if config.labels is None else PseudoLabels.open(config.labels)
    if earlier is not None:
        earlier.require_for(store, annotated)
    number = len(corrected_files(config.files, store))
    open_stage(config.out, "accept", config, progress=INDEX)
    step = take_over(earlier, config.out)
    done = list(track(accept(config, store, annotated, earlier, step), "accept", number))
    write_index(config.out, store, earlier, "accept", {case_id: record for case_id, record, _ in done})
    finish(config.out, {"labels": str(config.out), "step": step, "cases": [row for _, _, row in done]}, below=LAYERS)
    return {"labels": str(config.out), "step": step, "cases": [row for _, _, row in done]}


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("accept"))
