import re

import pytest

from tfpartial import models
from tfpartial.errors import TfpartialError


def test_names_the_networks_when_one_does_not_exist():
    with pytest.raises(TfpartialError, match="network 'vnet' does not exist; expected one of unet"):
        models.build("vnet", 2, (16, 16, 1))


def test_names_the_options_when_one_does_not_exist():
    with pytest.raises(TfpartialError, match="network 'unet' has no option depth, heads; expected some of width"):
        models.build("unet", 2, (16, 16, 1), width=2, heads=8, depth=3)


@pytest.mark.parametrize(
    ("num_organs", "input_shape", "message"),
    [
        (0, (16, 16, 1), "network 'unet': expected at least 1 logit per voxel, got 0"),
        (2, (16, 16), "unet: expected input_shape (H, W, C), got (16, 16)"),
    ],
)
def test_refuses_a_size_that_no_network_has(num_organs, input_shape, message):
    with pytest.raises(TfpartialError, match=re.escape(message)):
        models.build("unet", num_organs, input_shape)
