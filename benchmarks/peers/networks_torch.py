"""Networks as a PyTorch user would write or take them, timed as `benchmarks.networks_worker` times ours.

`unet` has the layers of ours; `monai_unet` and `monai_attention_unet` are MONAI's, with the widths of ours. It runs under the
peer's own interpreter, which has neither TensorFlow nor this package; `benchmarks.networks` starts it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.timing import measure, peak_rss, worker_arguments


def conv(channels: int, filters: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(channels, filters, 3, padding="same"), nn.ReLU(inplace=True))


def conv_bn(channels: int, filters: int, size: int = 3) -> nn.Module:
    convolution = nn.Conv2d(channels, filters, size, padding="same", bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(filters), nn.ReLU(inplace=True))


def two_convs(channels: int, filters: int) -> nn.Module:
    return nn.Sequential(conv(channels, filters), conv_bn(filters, filters))


class UNet(nn.Module):
    """The layers of `tfpartial.models.unet`, in its order."""

    def __init__(self, width: int, organs: int) -> None:
        super().__init__()
        w = width
        self.encoders = nn.ModuleList([two_convs(1, w), two_convs(w, 2 * w), two_convs(2 * w, 4 * w), two_convs(4 * w, 8 * w)])
        self.decoders = nn.ModuleList(
            [two_convs(8 * w, 16 * w), two_convs(16 * w, 8 * w), two_convs(8 * w, 4 * w), two_convs(4 * w, 2 * w)]
        )
        self.ups = nn.ModuleList(conv_bn(filters, filters // 2, size=2) for filters in (16 * w, 8 * w, 4 * w, 2 * w))
        self.final = nn.Sequential(conv(2 * w, w), conv(w, w), nn.Conv2d(w, organs, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skips = []
        for encoder in self.encoders:
            x = encoder(x)
            skips.append(x)
            x = functional.max_pool2d(x, 2)
        for decoder, up in zip(self.decoders, self.ups, strict=True):
            x = up(functional.interpolate(decoder(x), scale_factor=2.0))
            x = torch.cat([skips.pop(), x], dim=1)
        return self.final(x)


def monai_unet(width: int, organs: int) -> nn.Module:
    from monai.networks.nets import BasicUNet

    features = (*(width * 2**level for level in range(5)), width)
    return BasicUNet(2, 1, organs, features, act="relu", norm="batch")


def monai_attention_unet(width: int, organs: int) -> nn.Module:
    from monai.networks.nets import AttentionUnet

    return AttentionUnet(2, 1, organs, [width * 2**level for level in range(5)], (2, 2, 2, 2))


NETWORKS: dict[str, Callable[[int, int], nn.Module]] = {
    "unet": UNet,
    "monai_unet": monai_unet,
    "monai_attention_unet": monai_attention_unet,
}


def main() -> None:
    parser = worker_arguments(__doc__)
    parser.add_argument("--compile", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    library_gib = peak_rss() / 2**30
    device = torch.device("cuda" if arguments.device == "gpu" else "cpu")
    size = (arguments.size, arguments.size)
    layout = {"device": device, "memory_format": torch.channels_last}
    slices = torch.randn(arguments.batch, 1, *size).to(**layout)
    targets = (torch.rand(arguments.batch, arguments.organs, *size) < 0.05).float().to(**layout)
    network = NETWORKS[arguments.network](arguments.width, arguments.organs).to(**layout)
    flops = flops_of(network, slices[:1])
    network.train(arguments.task == "train")
    optimizer = torch.optim.Adam(network.parameters(), 1e-4, fused=True)
    logits = torch.compile(network) if arguments.compile else network
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=arguments.precision == "bfloat16")

    def train() -> float:
        optimizer.zero_grad(set_to_none=True)
        with autocast:
            output = logits(slices)
        loss = functional.binary_cross_entropy_with_logits(output.float(), targets, reduction="sum")
        (loss / (arguments.batch * arguments.size**2)).backward()
        optimizer.step()
        return loss.item()

    @torch.inference_mode()
    def forward() -> None:
        with autocast:
            logits(slices).float()
        if device.type == "cuda":
            torch.cuda.synchronize()

    peak = torch.cuda.max_memory_allocated if device.type == "cuda" else None
    parameters = sum(parameter.numel() for parameter in network.parameters())
    step = train if arguments.task == "train" else forward
    told = {"parameters": parameters, "flops": flops, "library_gib": library_gib}
    measure(step, arguments.steps, arguments.batch, peak, **told)


@torch.inference_mode()
def flops_of(network: nn.Module, slices: torch.Tensor) -> int:
    """Two for each product of the convolutions and matrices of a forward pass."""
    with FlopCounterMode(display=False) as counter:
        network.eval()(slices)
    return counter.get_total_flops()


if __name__ == "__main__":
    main()
