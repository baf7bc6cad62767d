"""Whether the machines of a Dask cluster have the same software as this one: only then they give the same results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import distributed

from tfpartial.errors import TfpartialError

PACKAGES = ("tfpartial", "dask", "distributed", "numpy", "scipy", "scikit-image", "SimpleITK", "h5py")
"""Those that carry the work there and those that make the bytes of the results."""


def require_same_versions(client: distributed.Client) -> None:
    """Compares Python (without its patch level) and `PACKAGES` of the scheduler and of every worker with those of this process.

    Raises:
        TfpartialError: one differs or is missing.
    """
    found: Any = client.get_versions(packages=list(PACKAGES))
    here = _versions(found["client"])
    nodes = {"scheduler": found["scheduler"], **{f"worker {address}": node for address, node in found["workers"].items()}}
    for node, content in nodes.items():
        for package, version in _versions(content).items():
            if version != here[package]:
                raise TfpartialError(
                    f"Dask {node}: expected {package} {here[package]} as on this machine, got {version or 'none'}; "
                    "install the same versions there"
                )


def _versions(node: Mapping[str, Any]) -> dict[str, str | None]:
    packages = node["packages"]
    python = ".".join(packages["python"].split(".")[:2])
    return {"python": python} | {package: packages.get(package) for package in PACKAGES}
