"""Write a SavedModel for TF Serving."""

from typing import Any

from tfpartial import cli
from tfpartial.artifacts import atomic_folder
from tfpartial.config import ExportConfig
from tfpartial.errors import TfpartialError
from tfpartial.export import rebuild, save_model
from tfpartial.provenance import begin, finish
from tfpartial.segmenter.card import read_card
from tfpartial.segmenter.network import load_network, read_renderer
from tfpartial.segmenter.precision import choose_policy
from tfpartial.tensorflow_files import naming_for_tensorflow


def run(config: ExportConfig) -> dict[str, Any]:
    """Writes `<out>/<version>`, whole or not at all; TF Serving takes `out` as the model's base path."""
    if config.version < 1:
        raise TfpartialError(f"version: expected 1 or more, as TF Serving does, got {config.version}")
    folder = config.out / str(config.version)
    if folder.exists():
        raise TfpartialError(f"{folder}: this version is there already; expected a new version number")
    card = read_card(config.model)
    policy = choose_policy(config.precision)
    network = rebuild(load_network(config.model, config.checkpoint), card, policy)
    summary = {"saved_model": str(folder), "precision": policy, "organs": list(card.organs.names)}
    with naming_for_tensorflow(folder), atomic_folder(folder) as unfinished:
        save_model(network, card, unfinished, read_renderer(config.model, card))
        begin(unfinished, "export", config)
        finish(unfinished, summary, below=["assets/*", "variables/*"])
    return summary


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("export"))
