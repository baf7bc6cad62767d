"""TensorFlow's errors of a full disk, and no others, name the folder."""

import pytest
import tensorflow as tf

from tfpartial.errors import TfpartialError
from tfpartial.tensorflow_files import naming_for_tensorflow


def test_curves_on_a_full_disk_name_their_folder(tmp_path, full_after):
    writer = tf.summary.create_file_writer(str(tmp_path))
    full = pytest.raises(TfpartialError, match=rf"^{tmp_path}: cannot be written: File too large$")
    with full_after(100), full, naming_for_tensorflow(tmp_path), writer.as_default():
        for step in range(9):
            tf.summary.scalar("loss", 1.0, step)
        writer.flush()


def test_another_error_stays_what_it_is(tmp_path):
    with pytest.raises(tf.errors.ResourceExhaustedError, match="out of memory"), naming_for_tensorflow(tmp_path):
        raise tf.errors.ResourceExhaustedError(None, None, "out of memory")
