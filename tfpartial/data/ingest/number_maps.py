"""How the numbers of each channel become int16: one map for all cases, and what a user is told of it."""

from __future__ import annotations

from collections.abc import Sequence

from tfpartial.data.ingest.case_report import CT, CaseReport
from tfpartial.data.number_map import NumberMap, NumberMaps, choose_map, is_fine, map_of
from tfpartial.data.problem import Problem


def choose_maps(reports: Sequence[CaseReport], channel_names: Sequence[str]) -> NumberMaps:
    """One map per channel, from the numbers of all cases; none when all are plain.

    Args:
        reports: of cases whose images could be read.
        channel_names: names of the channels.
    """
    channels = zip(*(report.numbers for report in reports), strict=True)
    maps = tuple(choose_map(ranges, clip=name.lower() == CT) for name, ranges in zip(channel_names, channels, strict=False))
    return () if all(one.plain for one in maps) else maps


def map_warnings(maps: NumberMaps, reports: Sequence[CaseReport], channel_names: Sequence[str]) -> list[Problem]:
    """Says which channels are scaled, and in which cases that takes more than 1/1000 of the range."""
    return [
        Problem(report.case.id, str(report.case.images[channel].path), kind, message)
        for channel, name in enumerate(channel_names)
        for report in reports
        for kind, message in _warnings(map_of(maps, channel), name, report, channel)
    ]


def _warnings(number_map: NumberMap, name: str, report: CaseReport, channel: int) -> list[tuple[str, str]]:
    if number_map.plain:
        return []
    why = "the numbers are fractions, or more than int16 holds"
    found = [("scaled", f"channel '{name}': {why}; they are stored in steps of {number_map.slope:.3g} of their unit")]
    numbers = report.numbers[channel]
    if numbers.rounding and not is_fine(number_map.slope / 2, numbers):
        reason = f"99 % of the numbers lie in {numbers.low:.4g}..{numbers.high:.4g}"
        advice = f"all cases together are in steps of {number_map.slope:.3g}; expected cases of one scale, without a far number"
        found.append(("coarse", f"channel '{name}': {reason}, {advice}"))
    return found
