"""Networks of other libraries, brought as users bring them."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.models.test_brought import stage_folder
from tfpartial import models
from tfpartial.confidence.network import confidence_network
from tfpartial.errors import TfpartialError
from tfpartial.segmenter.network import load_network

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "use-another-network.md"
MEDICAI = """
from medicai.models import UNet

def unet(num_logits, input_shape, encoder: str = "resnet18", last: str | None = None):
    return UNet(input_shape=input_shape, num_classes=num_logits, encoder_name=encoder, classifier_activation=last)
"""


def install(folder, monkeypatch, name, source):
    (folder / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, name, raising=False)


def trains_and_comes_back(name, shape, folder, **options):
    network = models.build(name, 2, shape, **options)
    image = np.random.default_rng(0).normal(size=(1, *shape)).astype("float32")
    network.compile("sgd", "mse")
    assert np.isfinite(network.train_on_batch(image, np.zeros((1, *shape[:2], 2), "float32")))
    stage_folder(folder, network, name, 2, shape, **options)
    expected = np.array(network(image, training=False))
    np.testing.assert_allclose(load_network(folder, "last")(image, training=False), expected, rtol=1e-4, atol=1e-4)
    assert confidence_network(network, 2, "finetune", [2])(image).shape == (1, *shape[:2], 2)


@pytest.mark.slow
def test_keras_hubs_deeplab_of_the_page(tmp_path, monkeypatch):
    (source,) = re.findall(r"^\$ cat our_networks\.py\n(.*?)^\$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    install(tmp_path, monkeypatch, "our_networks", source.replace("[64, 128, 256]", "[64, 8, 8]"))
    trains_and_comes_back("our_networks:deeplab", (64, 64, 1), tmp_path / "model", dilation=[2, 4, 6])


@pytest.mark.slow
def test_medicais_unet(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, "our_medicai", MEDICAI)
    trains_and_comes_back("our_medicai:unet", (64, 64, 1), tmp_path / "model")
    with pytest.raises(TfpartialError, match=r"expected logits, got the outcome of '.*', sigmoid"):
        models.build("our_medicai:unet", 2, (64, 64, 1), last="sigmoid")
