from itertools import islice

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.config import disable_op_determinism  # TensorFlow has no public one

from tfpartial.data.feed import calm_exit
from tfpartial.data.feed.draws import Draws
from tfpartial.data.feed.pipeline import batch_stream, case_slices, training_slices
from tfpartial.data.feed.read_errors import reading_errors
from tfpartial.data.feed.slices import SliceReader
from tfpartial.errors import TfpartialError

IDS = ("a", "b", "c")
EXPERT = {"a": ("liver", "spleen"), "b": ("liver",), "c": ()}


def places(batches) -> list[list[tuple[int, int]]]:
    return [list(zip(batch["case"].tolist(), batch["z"].tolist(), strict=True)) for batch in batches]


def stream_of(store, annotated=EXPERT, batch=2, empty_share=None, seed=0):
    return batch_stream(SliceReader(store, IDS, annotated), batch, Draws(empty_share=empty_share), seed)


def training(store, annotated=EXPERT, batch=2, empty_share=None, seed=0, start_step=0, centres_mm=None) -> tf.data.Dataset:
    reader = SliceReader(store, IDS, annotated, centres_mm=centres_mm)
    return training_slices(reader, stream_of(store, annotated, batch, empty_share, seed), start_step)


def take(dataset: tf.data.Dataset, count: int) -> list[dict]:
    return list(islice(dataset.as_numpy_iterator(), count))


@pytest.mark.parametrize("slices", [training, lambda store: case_slices(store, IDS, EXPERT, 2)], ids=["training", "validation"])
def test_a_damaged_file_is_told_as_such_and_not_as_a_fault_of_tensorflow(store, slices):
    path = store.file("b", "image.npy")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(TfpartialError, match=r"^.*b/image\.npy: is damaged: it is not as its checksum says"), reading_errors():
        take(slices(store), 9)


def test_another_error_of_tensorflow_stays_what_it_is():
    with pytest.raises(tf.errors.UnknownError, match="out of luck"), reading_errors():
        raise tf.errors.UnknownError(None, None, "out of luck")


def test_shapes_and_types_are_known_before_the_first_batch(store):
    assert training(store).element_spec == {
        "image": tf.TensorSpec([2, 8, 10, 1], tf.int16),
        "label": tf.TensorSpec([2, 8, 10], tf.uint8),
        "annotated": tf.TensorSpec([2, 2], tf.bool),
        "case": tf.TensorSpec([2], tf.int32),
        "z": tf.TensorSpec([2], tf.int32),
        "spacing_mm": tf.TensorSpec([2, 3], tf.float32),
    }


def test_a_batch_holds_the_slices_that_it_names(store):
    for batch in take(training(store), 8):
        for place, (case, z) in enumerate(zip(batch["case"], batch["z"], strict=True)):
            np.testing.assert_array_equal(batch["image"][place], store.image(IDS[case])[z])
            np.testing.assert_array_equal(batch["label"][place], store.label(IDS[case])[z])
            np.testing.assert_array_equal(batch["annotated"][place], store.organs.vector(EXPERT[IDS[case]]))


def test_an_epoch_shows_each_slice_of_the_annotated_cases_once(store):
    # 9 slices of a and b, 4 batches of 2, one slice dropped; c has nothing annotated
    assert stream_of(store).batches_per_epoch == 4
    shown = [place for batch in places(take(training(store), 4)) for place in batch]
    assert len(set(shown)) == 8
    assert set(shown) < {(0, z) for z in range(5)} | {(1, z) for z in range(4)}


def test_without_empty_slices_only_kept_labels_are_shown(store):
    thinned = EXPERT | {"a": ("spleen",)}
    assert stream_of(store, thinned, batch=4, empty_share=0.0).batches_per_epoch == 1
    (batch,) = take(training(store, thinned, batch=4, empty_share=0.0), 1)
    assert set(places([batch])[0]) == {(0, 2), (0, 3), (0, 4), (1, 1)}
    assert not (batch["label"][batch["case"] == 0] == 1).any()  # the liver of a is thinned away


def test_a_seed_gives_the_same_order_again_and_another_seed_another(store):
    first, again, other = (places(take(training(store, seed=seed), 12)) for seed in (5, 5, 6))
    assert first == again
    assert first != other


@pytest.mark.parametrize("start", [1, 4, 7])
def test_starting_at_a_step_equals_skipping_to_it(store, start):
    skipped = take(training(store).skip(start), 6)
    started = take(training(store, start_step=start), 6)
    for one, other in zip(skipped, started, strict=True):
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


def test_starting_at_a_step_reads_nothing_before_it(store, monkeypatch):
    dataset = training(store, start_step=1_000_000)
    read = []
    image = store.image
    monkeypatch.setattr(store, "image", lambda case_id: read.append(case_id) or image(case_id))
    take(dataset, 1)
    assert len(read) < 100  # the batch, and what is read ahead, not the million before it


def test_works_inside_a_compiled_function(store):
    @tf.function
    def total(dataset: tf.data.Dataset) -> tf.Tensor:
        return dataset.take(4).reduce(tf.constant(0), lambda sum_, batch: sum_ + tf.reduce_sum(tf.cast(batch["image"], tf.int32)))

    eager = sum(int(batch["image"].astype(int).sum()) for batch in take(training(store), 4))
    assert int(total(training(store))) == eager


def test_keeps_its_order_when_read_by_two_threads_under_op_determinism(store):
    expected = places(take(training(store), 40))
    tf.config.experimental.enable_op_determinism()
    try:
        assert places(take(training(store), 40)) == expected
    finally:
        disable_op_determinism()


def test_case_slices_gives_every_slice_once_in_order(store):
    batches = list(case_slices(store, ("b", "c"), EXPERT, batch=3).as_numpy_iterator())
    assert places(batches) == [[(0, 0), (0, 1), (0, 2)], [(0, 3), (1, 0), (1, 1)], [(1, 2)]]
    assert case_slices(store, ("b", "c"), EXPERT, batch=3).cardinality() == 3
    np.testing.assert_array_equal(batches[1]["annotated"], [[True, False], [False, False], [False, False]])


def test_too_few_slices_for_a_batch_is_a_clear_error(store):
    with pytest.raises(TfpartialError, match="batch: expected 1 to 9, the slices of one epoch"):
        training(store, batch=10)


def test_every_read_is_one_that_the_exit_waits_for(store, monkeypatch):
    under_way = []
    image = store.image
    monkeypatch.setattr(store, "image", lambda case_id: under_way.append(calm_exit.reads.running) or image(case_id))
    take(training(store), 3)
    assert min(under_way) >= 1


def test_training_slices_see_the_organs_from_their_own_height(store):
    """An organ that lies 7 mm over the first slice lies less far over those above it, and below the last ones."""
    centres = np.full((3, 2, 3), np.nan, np.float32)
    centres[0, 0], centres[1, 1] = (7.0, -2.0, 5.0), (1.0, 3.0, -4.0)
    batches = take(training(store, centres_mm=centres), 8)
    heights = set()
    for batch in batches:
        for case, z, spacing, offset in zip(*(batch[name] for name in ("case", "z", "spacing_mm", "prior_offset")), strict=True):
            np.testing.assert_allclose(offset, centres[case] - [z * spacing[0], 0, 0], rtol=1e-6)
            heights |= {float(np.sign(value)) for value in offset[:, 0] if np.isfinite(value)}
    assert heights >= {-1.0, 1.0}, "some slices lie below an organ's centre, some above it"
