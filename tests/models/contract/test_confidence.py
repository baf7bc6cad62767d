"""A confidence head on the features of each network."""

import keras
import numpy as np

from tfpartial import models
from tfpartial.confidence.network import confidence_network


def test_a_confidence_head_reads_the_features_and_leaves_the_segmenter(subject):
    before = np.array(subject.network(subject.slices))
    head = confidence_network(subject.network, 3, "finetune", filters=(4,))
    confidence = head(subject.slices)
    assert (confidence.shape, keras.backend.standardize_dtype(confidence.dtype)) == ((2, *subject.row.sides, 3), "float32")
    features = [keras.Model(model.input, model.get_layer(models.FEATURES).output) for model in (subject.network, head)]
    np.testing.assert_array_equal(*(model(subject.slices) for model in features))
    for variable in head.trainable_variables:
        variable.assign(variable + 1.0)
    np.testing.assert_array_equal(subject.network(subject.slices), before)
