"""Prior, alignment, and what uses them: training, relabeling, prediction and export, as a user starts them."""

import csv
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tfpartial.config import (
    AlignConfig,
    ConfidenceConfig,
    ExportConfig,
    IngestConfig,
    NetworkConfig,
    PhantomConfig,
    PredictConfig,
    PrepareConfig,
    PriorConfig,
    PriorUseConfig,
    RelabelConfig,
    SearchConfig,
    TrainConfig,
)
from tfpartial.data.fold.positions import OrganPosition, centres_mm, read_positions
from tfpartial.data.fold.split import read_fold
from tfpartial.data.fold.training_cases import read_training_cases
from tfpartial.data.store.store import Store, slice_spacing_mm
from tfpartial.data_prep import ingest, phantom, prepare
from tfpartial.errors import TfpartialError
from tfpartial.evaluate import export, predict
from tfpartial.inference.predictor import Predictor
from tfpartial.priors import build_prior, place_prior, read_prior
from tfpartial.priors.from_store import label_centres_mm, stored_mask
from tfpartial.priors.render import places_of_slices
from tfpartial.segmenter.card import read_card
from tfpartial.segmenter.find_organs import OrganFinder
from tfpartial.segmenter.network import load_network
from tfpartial.train import align, confidence, prior, relabel, segmenter
from tfpartial.training.validation import mean_per_organ

# No translation fits the nonsense that the first segmenter predicts: its own places are taken.
SEARCH = SearchConfig(adjust=False, smallest=0, displaced=1e6)
FAST = {"network": NetworkConfig(options={"width": 2}), "batch": 4, "epochs": 1, "steps_per_epoch": 2, "learning_rate": 1e-2}
FAST["precision"] = "float32"  # what is served is compared with what is predicted, to the last digits


def train_config(tiny_run, out, **options):
    return TrainConfig(tiny_run.store, tiny_run.splits, out, annotations=tiny_run.annotations, **(FAST | options))


@pytest.fixture(scope="module")
def prior_folder(tiny_run, tmp_path_factory):
    out = tmp_path_factory.mktemp("prior") / "prior"
    prior.run(PriorConfig(tiny_run.store, tiny_run.splits, out, annotations=tiny_run.annotations, bins=3, grid_mm=12))
    return out


@pytest.fixture(scope="module")
def plain(model):
    """A first segmenter that has learned nothing."""
    return model


@pytest.fixture(scope="module")
def aligned(tiny_run, prior_folder, plain, tmp_path_factory):
    out = tmp_path_factory.mktemp("aligned") / "align"
    paths = (tiny_run.store, tiny_run.splits, plain, prior_folder, out)
    align.run(AlignConfig(*paths, annotations=tiny_run.annotations, search=SEARCH, batch=4))
    return out


@pytest.fixture(scope="module")
def driven(tiny_run, prior_folder, plain, aligned, tmp_path_factory):
    """A segmenter with the prior, tuned from the plain one, with the errors of the search."""
    out = tmp_path_factory.mktemp("driven") / "train"
    options = {"prior": prior_folder, "positions": aligned, "model": plain, "prior_use": PriorUseConfig(jitter_mm=None)}
    segmenter.run(train_config(tiny_run, out, **options))
    return out


@pytest.fixture(scope="module")
def cases(tiny_run):
    return read_training_cases(tiny_run.store, tiny_run.splits, 0, tiny_run.annotations)


@pytest.mark.slow
def test_the_prior_is_that_of_the_annotated_training_cases_alone(cases, prior_folder):
    found = read_prior(prior_folder)
    assert found.organs == cases.store.organs.names and found.has.all()
    for organ, own in found.priors.items():
        masks = [stored_mask(cases.store, case, organ) for case in cases.train if organ in cases.annotated[case]]
        np.testing.assert_array_equal(own.probability, build_prior(masks, organ, bins=3).probability)
        assert set(found.references[organ].cases) <= {mask.case_id for mask in masks}
    assert (prior_folder / "prior.png").stat().st_size > 1000


@pytest.mark.slow
def test_annotated_organs_are_where_their_labels_are_and_others_are_looked_for(cases, tiny_run, aligned):
    positions = read_positions(aligned)
    test = read_fold(tiny_run.splits, 0).test
    assert set(positions) == {*cases.train, *cases.val, *test}
    for case in cases.train:
        labelled = label_centres_mm(cases.store, case, cases.annotated[case])
        for organ, position in positions[case].items():
            at = labelled[cases.store.organs.ids[organ] - 1]
            assert (position.state == "labelled") == np.isfinite(at).all()
            if position.state == "labelled":
                np.testing.assert_allclose(position.centre_mm, at, rtol=1e-6)
    assert all(position.state != "labelled" for case in test for position in positions[case].values())
    assert any(position.state == "aligned" for case in test for position in positions[case].values())


@pytest.mark.slow
def test_the_table_tells_the_distance_from_the_truth(cases, aligned):
    positions = read_positions(aligned)
    with (aligned / "positions.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["searched_error_mm"]]
    assert rows
    for row in rows:
        true = label_centres_mm(cases.store, row["case"], [row["organ"]])[cases.store.organs.ids[row["organ"]] - 1]
        place = positions[row["case"]][row["organ"]].searched_mm
        assert float(row["searched_error_mm"]) == pytest.approx(np.linalg.norm(np.array(place) - true), abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("where", ["activation", "input", "bottleneck"])
def test_a_segmenter_with_a_prior_trains_anew_and_its_folder_has_all_that_it_needs(tiny_run, prior_folder, tmp_path, where):
    out = tmp_path / "train"
    segmenter.run(train_config(tiny_run, out, prior=prior_folder, prior_use=PriorUseConfig(where)))
    assert read_card(out).prior == where
    assert [tensor.name for tensor in load_network(out, "last").inputs] == ["slice", "prior"]
    assert (out / "prior.npz").read_bytes() == (prior_folder / "prior.npz").read_bytes()


@pytest.mark.slow
def test_validation_without_positions_scores_what_prediction_would_give(tiny_run, cases, prior_folder, plain, tmp_path):
    """The network looks for the organs of the validation cases, as `predict` does; their labels would give other scores."""
    out = tmp_path / "train"
    use = PriorUseConfig(search=SEARCH)
    segmenter.run(train_config(tiny_run, out, prior=prior_folder, prior_use=use, model=plain, validate_every=1))
    with (out / "metrics.csv").open(newline="") as file:
        *_, last = csv.DictReader(file)
    found = read_prior(out)
    finder, predictor = OrganFinder.load(out, "last", 4), Predictor.load(out, batch=4)
    scores = {"found": [], "labelled": []}
    for case in cases.val:
        positions = finder.find_stored(cases.store, case, found, SEARCH)
        centres = {"found": centres_mm(positions, cases.store.organs.names)}
        centres["labelled"] = label_centres_mm(cases.store, case, cases.annotated[case])
        for name, own in centres.items():
            scores[name].append(dsc_of_case(cases, case, predictor, own))
    means = {name: mean_per_organ(np.array(own)) for name, own in scores.items()}
    logged = [float(last[f"val_dsc_{organ}"] or "nan") for organ in cases.store.organs.names]
    np.testing.assert_allclose(logged, means["found"], atol=2e-3)
    assert not np.allclose(means["found"], means["labelled"], atol=2e-2, equal_nan=True)


def dsc_of_case(cases, case, predictor, centres):
    """DSC per organ of what is predicted with the organs at these centres; NaN where not annotated, or in neither."""
    hu, organs = cases.store.slices(case, 0, 99), cases.store.organs
    places = places_of_slices(centres, np.array(slice_spacing_mm(cases.store, case)), np.arange(len(hu)))
    predicted, label = predictor.labels(hu, places), cases.store.label(case)[:]
    counts = [
        (2 * ((predicted == k) & (label == k)).sum(), (predicted == k).sum() + (label == k).sum()) for k in organs.ids.values()
    ]
    annotated = organs.vector(cases.annotated[case])
    return [both / total if kept and total else np.nan for (both, total), kept in zip(counts, annotated, strict=True)]


@pytest.mark.slow
def test_is_tuned_from_a_plain_one_but_not_the_other_way_round(tiny_run, driven, tmp_path):
    assert read_card(driven).prior == "activation"
    with pytest.raises(TfpartialError, match="was trained with a prior at its activation; expected none"):
        segmenter.run(train_config(tiny_run, tmp_path / "train", model=driven))


@pytest.mark.slow
def test_relabels_with_the_prior_driven_probability(tiny_run, driven, aligned, tmp_path):
    paths = {"store": tiny_run.store, "splits": tiny_run.splits, "annotations": tiny_run.annotations, "model": driven, "batch": 4}
    placed = relabel.run(RelabelConfig(tmp_path / "placed", positions=aligned, **paths))
    plain = relabel.run(RelabelConfig(tmp_path / "plain", **paths))
    assert placed["candidates"] != plain["candidates"]
    with pytest.raises(TfpartialError, match="'tta': expected a segmenter without a spatial prior; for this one take mcp"):
        relabel.run(RelabelConfig(tmp_path / "tta", estimator="tta", **paths))


@pytest.mark.slow
def test_a_confidence_network_of_it_is_refused(tiny_run, driven, tmp_path):
    options = {"annotations": tiny_run.annotations, "filters": [3], "epochs": 1, "steps_per_epoch": 1}
    with pytest.raises(TfpartialError, match="was trained with a spatial prior; take the estimator mcp"):
        confidence.run(ConfidenceConfig(tiny_run.store, tiny_run.splits, driven, tmp_path / "confidence", **options))


@pytest.mark.slow
def test_prediction_finds_the_same_places_as_the_stage_and_the_same_labels(tiny_run, driven, plain, aligned, tmp_path):
    paths = {"manifest": tiny_run.manifest, "splits": tiny_run.splits, "batch": 4}
    predict.run(PredictConfig(driven, tmp_path / "given", positions=aligned, **paths))
    predict.run(PredictConfig(driven, tmp_path / "found", locator=plain, search=SEARCH, slab=5, **paths))
    given, found = read_positions(tmp_path / "given"), read_positions(tmp_path / "found")
    assert set(given) == set(found) == set(read_fold(tiny_run.splits, 0).test)
    for case in given:
        names = read_card(driven).organs.names
        np.testing.assert_allclose(centres_mm(given[case], names), centres_mm(found[case], names), atol=0.05)


@pytest.mark.slow
def test_prediction_uses_the_places(tiny_run, cases, driven, aligned, tmp_path):
    positions = read_positions(aligned)
    case = read_fold(tiny_run.splits, 0).test[0]
    predictor = Predictor.load(driven, batch=4)
    hu = cases.store.slices(case, 0, 99)
    centres = centres_mm(positions[case], cases.store.organs.names)
    centres[0] = np.nan
    placed = np.isfinite(centres).all(axis=-1)
    places = places_of_slices(centres, np.array(slice_spacing_mm(cases.store, case)), np.arange(len(hu)))
    _, with_it = predictor.labels_and_probabilities(hu, places)
    _, without = predictor.labels_and_probabilities(hu)
    assert placed.any() and not placed.all()
    assert np.abs(with_it - without)[..., placed].max() > 0.01
    np.testing.assert_allclose(with_it[..., ~placed], without[..., ~placed], atol=1e-6)


@pytest.mark.slow
def test_the_saved_model_has_a_signature_with_places(tiny_run, cases, driven, aligned, tmp_path):
    export.run(ExportConfig(driven, tmp_path / "served", precision="float32"))
    signatures = tf.saved_model.load(str(tmp_path / "served" / "1")).signatures
    case = read_fold(tiny_run.splits, 0).test[0]
    hu = cases.store.slices(case, 2, 6)
    centres = centres_mm(read_positions(aligned)[case], cases.store.organs.names)
    places = places_of_slices(centres, np.array(slice_spacing_mm(cases.store, case)), np.arange(2, 6))
    predictor = Predictor.load(driven, batch=4)
    inputs = {"hu": tf.constant(hu), "offset_mm": tf.constant(places.centre_mm), "spacing_mm": tf.constant(places.spacing_mm)}
    served = signatures["with_prior"](**inputs)
    np.testing.assert_allclose(served["probabilities"], predictor.labels_and_probabilities(hu, places)[1], atol=1e-5)
    default = signatures["serving_default"](hu=inputs["hu"])
    np.testing.assert_allclose(default["probabilities"], predictor.labels_and_probabilities(hu)[1], atol=1e-5)
    assert json.loads((tmp_path / "served" / "1" / "assets" / "organs.json").read_text())["prior"] == "activation"


@pytest.mark.slow
def test_a_damaged_prior_in_the_segmenters_folder_is_named(tiny_run, driven, tmp_path):
    shutil.copytree(driven, tmp_path / "model")
    (tmp_path / "model" / "prior.npz").unlink()
    with pytest.raises(TfpartialError, match=r"model/prior.npz: no such file; expected the spatial priors that `prior` writes"):
        predict.run(PredictConfig(tmp_path / "model", tmp_path / "out", manifest=tiny_run.manifest))


@pytest.mark.slow
def test_a_prior_serves_another_data_set_of_other_spacing(prior_folder, tmp_path):
    """Built on slices of 20 to 25 mm, applied to slices of half the thickness and other pixels."""
    phantom.run(PhantomConfig(tmp_path / "fine", cases=1, size=(48, 48), slice_mm=(10, 11), seed=9, workers=1))
    ingest.run(IngestConfig(tmp_path / "manifest.json", tmp_path / "fine", workers=1))
    prepare.run(PrepareConfig(tmp_path / "manifest.json", tmp_path / "store", size=(48, 48), workers=1))
    store = Store.open(tmp_path / "store")
    (case,) = store.cases
    spacing = np.array(slice_spacing_mm(store, case))
    found = read_prior(prior_folder).of_organs(store.organs.names)
    centres = label_centres_mm(store, case, store.organs.names)
    z = np.arange(store.cases[case].slices)
    placed = np.asarray(place_prior(found, places_of_slices(centres, spacing, z), store.size))
    truth = np.stack([store.label(case)[:] == code for code in store.organs.ids.values()], axis=-1)
    shown = truth.any(axis=(0, 1, 2))
    inside = np.array([placed[..., k][truth[..., k]].mean() for k in np.flatnonzero(shown)])
    outside = np.array([placed[..., k][~truth[..., k]].mean() for k in np.flatnonzero(shown)])
    assert (inside > 1.5 * outside).all() and inside.mean() > 0.5


def test_a_person_is_told_of_organs_that_are_elsewhere(caplog):
    positions = {"a": {"liver": OrganPosition("displaced"), "spleen": OrganPosition("poor"), "stomach": OrganPosition("absent")}}
    with caplog.at_level("WARNING"):
        predict.warn_of_unplaced(positions)
    assert [record.getMessage() for record in caplog.records] == [
        "case a: no prior for spleen: no translation fits the prediction to the labelled cases",
        "case a: no prior for liver: they do not lie to the other organs as in the training cases",
    ]
