"""A package that a user has installed, made by a test: a segmenter put together as KerasHub's are."""

import sys

import keras
import pytest

PACKAGE = "outside_tfpartial"
SOURCE = '''
import keras

register = keras.saving.register_keras_serializable(package="outside")


@register
class Doubled(keras.layers.Layer):
    """A layer of its own."""

    def call(self, x):
        return 2.0 * x


@register
class Backbone(keras.Model):
    """A functional subclass, which becomes one layer of the segmenter."""

    def __init__(self, image_shape, filters, **options):
        inputs = keras.Input(image_shape)
        x = keras.layers.Conv2D(filters, 3, padding="same")(inputs)
        x = Doubled()(keras.layers.ReLU()(keras.layers.BatchNormalization()(x)))
        super().__init__(inputs=inputs, outputs=x, **options)
        self.settings = {"image_shape": image_shape, "filters": filters}

    def get_config(self):
        return {"name": self.name, "trainable": self.trainable, **self.settings}


@register
class Segmenter(keras.Model):
    def __init__(self, backbone, num_classes, activation=None, **options):
        inputs = keras.Input(backbone.input_shape[1:])
        outputs = keras.layers.Conv2D(num_classes, 1, activation=activation)(backbone(inputs))
        super().__init__(inputs=inputs, outputs=outputs, **options)


def segmenter(num_logits, input_shape, filters: int = 4, activation: str | None = None):
    """A segmenter.

    Args:
        filters: of its one hidden layer.
        activation: the last one.
    """
    return Segmenter(Backbone(input_shape, filters), num_logits, activation)


def ends_in(num_logits, input_shape, what: str = "plain"):
    """Models that end in this and that."""
    layers = keras.layers
    inputs = keras.Input(input_shape)
    features = layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    low = layers.Conv2D(4, 3, 2, padding="same")(inputs)
    logits = layers.Conv2D(num_logits, 1)
    ends = {
        "plain": lambda: logits(features),
        "identity": lambda: layers.Activation("linear")(logits(features)),
        "upsampling": lambda: layers.UpSampling2D(2, interpolation="bilinear")(logits(low)),
        "operation": lambda: keras.ops.subtract(logits(features), 1.0),
        "slice": lambda: logits(inputs),
        "shared": lambda: logits(layers.Concatenate()([logits(features), layers.Conv2D(4 - num_logits, 1)(features)])),
        "named": lambda: layers.Conv2D(num_logits, 1, name="logits")(layers.Conv2D(3, 1, name="features")(features)),
        "sigmoid": lambda: layers.Conv2D(num_logits, 1, activation="sigmoid")(features),
        "softmax": lambda: layers.Softmax()(logits(features)),
        "small sigmoid": lambda: layers.UpSampling2D(2)(layers.Conv2D(num_logits, 1, activation="sigmoid")(low)),
        "sigmoid operation": lambda: keras.ops.sigmoid(logits(features)),
        "nested sigmoid": lambda: segmenter(num_logits, input_shape, activation="sigmoid")(inputs),
        "lambda": lambda: layers.Lambda(lambda x: x)(logits(features)),
        "unregistered": lambda: Unregistered()(logits(features)),
        "half": lambda: logits(low),
        "two": lambda: [logits(features), features],
        "early logits": lambda: layers.Conv2D(num_logits, 1)(layers.Conv2D(4, 1, name="logits")(features)),
        "small features": lambda: layers.UpSampling2D(2)(logits(layers.ReLU(name="features")(low))),
    }
    return keras.Model(inputs, ends[what]())


class Unregistered(keras.layers.Layer):
    def call(self, x):
        return x


class OwnCall(Segmenter):
    def call(self, x):
        return -super().call(x)


class Subclassed(keras.Model):
    def call(self, x):
        return x


def own_call(num_logits, input_shape):
    return OwnCall(Backbone(input_shape, 2), num_logits)


def subclassed(num_logits, input_shape):
    return Subclassed()


def a_list(num_logits, input_shape):
    return [num_logits]


def fails(num_logits, input_shape):
    raise RuntimeError("no luck\\nat all")


def other_arguments(num_classes, image_shape):
    return None


def typed_for_a_checker(num_logits, input_shape, kind: "Unknown" = None):
    return None


NOT_A_FUNCTION = 3
'''


def forget():
    """As a new process is: neither module nor registered classes."""
    sys.modules.pop(PACKAGE, None)
    for name in [name for name in keras.saving.get_custom_objects() if name.startswith("outside>")]:
        del keras.saving.get_custom_objects()[name]


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """Name of the package; it is installed, and forgotten afterwards."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / f"{PACKAGE}.py").write_text(SOURCE)
    (folder / f"{PACKAGE}_broken.py").write_text("import no_such_module_at_all")
    monkeypatch.syspath_prepend(folder)
    yield PACKAGE
    forget()
