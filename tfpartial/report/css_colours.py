"""The organs' colours, as the page writes them."""

from __future__ import annotations

from tfpartial.pictures.colours import organ_colours


def hex_colours(count: int) -> list[str]:
    """The colours of organs 1..`count`, as `#rrggbb`."""
    return ["#" + bytes((255 * colour).round().astype("uint8").tolist()).hex() for colour in organ_colours(count)]
