"""Which Dask scheduler to ask, and how long to look for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tfpartial.errors import TfpartialError


@dataclass(frozen=True)
class Scheduler:
    """A Dask scheduler whose workers do the cases.

    Args:
        address: such as `tcp://host:port`.
        connect_timeout_s: how long to look for it; None takes what Dask's configuration says, or a few seconds.

    Raises:
        TfpartialError: no time to look for it.
    """

    address: str
    connect_timeout_s: float | None = None

    def __post_init__(self) -> None:
        if self.connect_timeout_s is not None and not self.connect_timeout_s > 0:
            raise TfpartialError(f"connect_timeout_s: expected more than 0 seconds, got {self.connect_timeout_s:g}")


class OnCluster(Protocol):
    """The options of a verb that can work on a cluster."""

    @property
    def scheduler(self) -> str | None:
        """Address of the scheduler; None works on this machine."""

    @property
    def connect_timeout_s(self) -> float | None:
        """As of `Scheduler`."""


def scheduler_of(config: OnCluster) -> Scheduler | None:
    """The scheduler that the options name; None for this machine."""
    return None if config.scheduler is None else Scheduler(config.scheduler, config.connect_timeout_s)
