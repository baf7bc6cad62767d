"""The stage: from a store, annotated sets and a segmenter to rankings and pictures."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from tfpartial.artifacts import read_json
from tfpartial.config import RankConfig
from tfpartial.data.fold.simulate import read_annotations
from tfpartial.data.fold.split import read_fold
from tfpartial.data.store.store import Store
from tfpartial.errors import TfpartialError
from tfpartial.evaluate import rank
from tfpartial.labels import keep_annotated
from tfpartial.ranking.files import read_ranking
from tfpartial.segmenter.card import NetworkSpec, SegmenterCard, write_card

SIZE = (32, 32)


@pytest.fixture
def config(tiny_run, tmp_path):
    """A segmenter that takes everything from 0 HU on for the first wanted organ, the brighter the surer."""
    organs = Store.open(tiny_run.store).organs
    inputs = keras.Input((*SIZE, 1))
    layer = keras.layers.Conv2D(len(organs), 1, dtype="float32")
    network = keras.Model(inputs, layer(inputs))
    layer.set_weights([np.ones((1, 1, 1, len(organs))), -np.arange(len(organs)) * 1e-3])
    (tmp_path / "model").mkdir()
    network.save(tmp_path / "model" / "last.keras")
    spec = NetworkSpec("rule", len(organs), (*SIZE, 1), {})
    window_hu, mean, sd = (-200.0, 200.0), 0.0, 100.0
    write_card(SegmenterCard(organs, ("CT",), "certain", "sigmoid", SIZE, None, window_hu, mean, sd, spec), tmp_path / "model")
    return RankConfig(
        tiny_run.store, tiny_run.splits, tmp_path / "model", tmp_path / "rank", tiny_run.annotations, pictures=2, batch=4
    )


def candidates_by_hand(tiny_run):
    """Organ -> (HU, right) of its candidates in the training cases of fold 0."""
    store, found = Store.open(tiny_run.store), {}
    annotated = read_annotations(tiny_run.annotations, 0, store.organs)
    for case in read_fold(tiny_run.splits, 0).train:
        missing = [organ for organ in store.organs.names if organ not in annotated[case]]
        if not missing:
            continue
        hu, truth = np.asarray(store.image(case))[..., 0], store.label(case)[:]
        certain = keep_annotated(truth, store.organs.vector(annotated[case]))
        mask = (np.clip(hu, -200, 200) >= store.organs.id_of(missing[0]) * 1e-3 * 100) & (certain == 0)
        code = store.organs.id_of(missing[0])
        found.setdefault(missing[0], []).append((hu[mask], truth[mask] == code))
    return {organ: tuple(np.concatenate(part) for part in zip(*parts, strict=True)) for organ, parts in found.items()}


def test_rankings_are_those_of_all_candidates_of_the_fold(config, tiny_run):
    summary = rank.run(config)
    rows, content = read_ranking(config.out / "ranking.json")
    by_organ = {row.organ: row.ranking for row in rows}
    expected = candidates_by_hand(tiny_run)
    assert expected
    for organ, (hu, right) in expected.items():
        assert (by_organ[organ].n, by_organ[organ].errors) == (len(hu), np.count_nonzero(~right))
        if right.any():
            # The logit grows with HU up to the window's end: the area is that of the clipped HU.
            bright = np.clip(hu, -200, 200)[:, np.newaxis]
            wins = (bright[right] > bright[~right].T) + 0.5 * (bright[right] == bright[~right].T)
            assert by_organ[organ].auc == pytest.approx(wins.mean(), abs=1e-3)
    assert by_organ["mean"].n == sum(len(hu) for hu, _ in expected.values())
    assert content["cases"] == summary["cases"] == 2
    assert read_json(config.out / "done.json", "content") == summary
    for picture in content["pictures"]:
        assert (config.out / picture["file"]).is_file()


def test_estimators_rank_the_same_candidates(config):
    rank.run(replace(config, estimators=["mcp", "tta"], pictures=1))
    rows, _ = read_ranking(config.out / "ranking.json")
    mcp, tta = (
        {row.organ: (row.ranking.n, row.ranking.errors) for row in rows if row.estimator == name} for name in ("mcp", "tta")
    )
    assert mcp == tta
    assert "test-time augmentation" in (config.out / "ranking.md").read_text()


def test_without_simulated_annotations_it_is_refused_and_nothing_is_written(config, tiny_run, tmp_path):
    store = Store.open(tiny_run.store)
    folds = [{case.id: list(case.annotated) for case in store.cases.values()}]
    (tmp_path / "all.json").write_text(json.dumps({"format": 1, "folds": folds}))
    with pytest.raises(TfpartialError, match="rank: expected annotated sets that lack organs"):
        rank.run(replace(config, annotations=tmp_path / "all.json"))
    assert not config.out.exists()
