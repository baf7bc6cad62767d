"""Options of the random changes of training slices."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from tfpartial.config.common import require


@dataclass(frozen=True)
class RandomRange:
    """A random change of the intensities.

    Args:
        share: share of the slices that are changed; 0 leaves the change out.
        low: end of the range that its strength is drawn from, evenly.
        high: the other end.
    """

    share: float = 0.0
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True)
class IntensityConfig:
    """Random changes of the normalised intensities, in this order. Each is left out until its `share` is above 0; the ranges
    are those of nnU-Net (Isensee et al. 2021, supplement 4), whose shares are 0.1, 0.2, 0.15, 0.15, 0.25, 0.1, 0.3.

    Args:
        noise: Gaussian noise; its variance is drawn, in squared standard deviations of the normalised numbers.
        blur: Gaussian blur; its standard deviation is drawn, in pixels.
        brightness: factor of the numbers.
        contrast: factor of the distance from the slice's mean; the range of the slice's numbers is kept.
        low_resolution: scale to which a slice is made coarser, and back.
        inverted_gamma: exponent of the slice's numbers, scaled to 0..1 and negative; mean and standard deviation are kept.
        gamma: the same, not negative.
    """

    noise: RandomRange = RandomRange(0.0, 0.0, 0.1)
    blur: RandomRange = RandomRange(0.0, 0.5, 1.0)
    brightness: RandomRange = RandomRange(0.0, 0.75, 1.25)
    contrast: RandomRange = RandomRange(0.0, 0.75, 1.25)
    low_resolution: RandomRange = RandomRange(0.0, 0.5, 1.0)
    inverted_gamma: RandomRange = RandomRange(0.0, 0.7, 1.5)
    gamma: RandomRange = RandomRange(0.0, 0.7, 1.5)

    def __post_init__(self) -> None:
        for change in fields(self):
            drawn: RandomRange = getattr(self, change.name)
            option = f"augment.intensity.{change.name}"
            require(0 <= drawn.share <= 1, f"{option}.share", "0 to 1", drawn.share)
            ends = (drawn.low, drawn.high)
            require(ends[0] <= ends[1], option, "a `low` that is not above `high`", ends)
            if change.name in ("noise", "blur"):
                require(ends[0] >= 0, f"{option}.low", "0 or more", ends[0])
            else:
                require(ends[0] > 0, f"{option}.low", "above 0", ends[0])
        require(self.low_resolution.high <= 1, "augment.intensity.low_resolution.high", "1 or less", self.low_resolution.high)

    @property
    def used(self) -> bool:
        """True when anything is changed."""
        return any(getattr(self, change.name).share > 0 for change in fields(self))


@dataclass(frozen=True)
class AugmentConfig:
    """Ranges of the random augmentation; each slice draws its own.

    Args:
        translation: largest shift, as a share of the slice's side.
        rotation_deg: largest rotation in degrees.
        rotation_share: share of the slices that are rotated.
        scale: largest relative change of size; or the smallest and the largest size, such as `[0.7, 1.4]`, of which half of the
            draws are above 1.
        scale_share: share of the slices whose size changes.
        flip: flip left and right, by chance. Off: left and right organs differ.
        intensity: changes of the image alone.
    """

    translation: float = 0.05
    rotation_deg: float = 10.0
    rotation_share: float = 1.0
    scale: float | tuple[float, float] = 0.1
    scale_share: float = 1.0
    flip: bool = False
    intensity: IntensityConfig = field(default_factory=IntensityConfig)

    def __post_init__(self) -> None:
        require(self.translation >= 0, "augment.translation", "0 or more", self.translation)
        require(self.rotation_deg >= 0, "augment.rotation_deg", "0 or more", self.rotation_deg)
        if isinstance(self.scale, tuple):
            low, high = self.scale
            require(
                0 < low <= 1 <= high, "augment.scale", "a smallest size up to 1, above 0, and a largest from 1 on", self.scale
            )
        else:
            require(0 <= self.scale < 1, "augment.scale", "0 or more, below 1", self.scale)
        for option in ("rotation_share", "scale_share"):
            require(0 <= getattr(self, option) <= 1, f"augment.{option}", "0 to 1", getattr(self, option))

    @property
    def scale_changes(self) -> tuple[float, float]:
        """How much smaller and how much larger a slice may become, relative to its size."""
        return (1 - self.scale[0], self.scale[1] - 1) if isinstance(self.scale, tuple) else (self.scale, self.scale)
