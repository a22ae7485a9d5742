"""What a clock of bars shows: its days, whether it has weekends, its usual step."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.execution.kernel import entry_of
from engine.execution.records import Ints

entry = entry_of(Path(__file__).parent)

UNITS: Final = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
DAY_SECONDS: Final = 86_400
# Day 0 is a Thursday.
MONDAY, SATURDAY = 3, 5


class Clock(NamedTuple):
    """Times of bars that never fall, as a count of units, and how many of those are a day.

    Days are those of the column's time zone, in which midnight is a multiple of ``day``.
    """

    times: Ints
    day: int


class Pace(NamedTuple):
    """Days that have a bar, whether one is a Saturday or Sunday, and the median step in units."""

    days: int
    weekends: bool
    step: float


def clock_of(times: pl.Series) -> Clock:
    """The clock of a column of dates or times."""
    local = _local(times)
    return _counted(local if local.is_sorted() else local.sort())


def pace_of(clock: Clock) -> Pace:
    """How often there is a bar; the step is 0 where there is no second one."""
    days, weekends, usual, steps = look(*clock)
    if len(clock.times) > 1 and 2 * steps <= len(clock.times) - 1:
        return Pace(days, weekends, float(np.median(np.diff(clock.times))))
    return Pace(days, weekends, float(usual))


def days_in_market(times: pl.Series, held: NDArray[np.bool_]) -> int:
    """Days on which any bar is ``held``."""
    local = _local(times)
    if not local.is_sorted():
        local = local.filter(pl.Series(held)).sort()
        held = np.ones(local.len(), dtype=np.bool_)
    return int(count_days(*_counted(local), held))


def _local(times: pl.Series) -> pl.Series:
    """Times as the clocks of their own time zone show them, in which days are all as long."""
    if times.dtype == pl.Date:
        return times.cast(pl.Datetime("ms"))
    zone = getattr(times.dtype, "time_zone", None)
    return times if zone in (None, "UTC") else times.dt.replace_time_zone(None)


def _counted(times: pl.Series) -> Clock:
    unit = UNITS[times.dtype.time_unit]  # type: ignore[attr-defined]
    return Clock(times.to_physical().to_numpy(), unit * DAY_SECONDS)


@entry
def look(times: Ints, day: int) -> tuple[int, bool, int, int]:
    """Days, whether some are weekends, and the step of most bars, if one is, with its count.

    The step is found by the vote of Boyer and Moore; it is of no use if the count is not of most.
    """
    days, weekends, midnight = 0, False, 0
    usual, votes, steps = 0, 0, 0
    for t in range(len(times)):
        if t == 0 or times[t] >= midnight:
            number = times[t] // day
            midnight = (number + 1) * day
            days += 1
            weekends = weekends or (number + MONDAY) % 7 >= SATURDAY
        if t > 0:
            step = times[t] - times[t - 1]
            if votes == 0:
                usual = step
            votes += 1 if step == usual else -1
    for t in range(1, len(times)):
        steps += times[t] - times[t - 1] == usual
    return days, weekends, usual, steps


@entry
def count_days(times: Ints, day: int, held: NDArray[np.bool_]) -> int:
    """Days on which any bar is held."""
    days, midnight = 0, 0
    for t in range(len(times)):
        if held[t] and (days == 0 or times[t] >= midnight):
            midnight = (times[t] // day + 1) * day
            days += 1
    return days
