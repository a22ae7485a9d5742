"""How rates are quoted: the length of a year, what is free of risk, what counts as enough."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from engine.errors import MetricsError
from engine.metrics.clock import clock_of, pace_of

# Longer bars have one count per year in everyday use; the calendar's own quotient is none of them.
LONG_BARS: Final = ((6, 8, 52.0), (27, 32, 12.0), (85, 95, 4.0), (350, 380, 1.0))


@dataclass(frozen=True, slots=True)
class Convention:
    """What a figure needs besides the returns.

    ``periods_per_year`` counts bars per year; None reads it from the clock of a run
    (``periods_per_year``), and is 252 where there is no clock. ``risk_free`` and ``target`` are
    returns per bar: what is earned without risk, and below which a return counts as a loss in
    downside risk, Sortino and omega. ``tail`` is the share of bars in a tail.
    """

    periods_per_year: float | None = None
    risk_free: float = 0.0
    target: float = 0.0
    tail: float = 0.05

    def __post_init__(self) -> None:
        if self.periods_per_year is not None and not self.periods_per_year > 0:
            raise MetricsError(f"periods_per_year is {self.periods_per_year}; it must be above 0")
        if not 0 < self.tail < 0.5:
            raise MetricsError(f"tail is {self.tail}; it must lie between 0 and 0.5")
        for name in ("risk_free", "target"):
            value = getattr(self, name)
            if not -1 < value < 1:
                raise MetricsError(f"{name} is {value}; it is a return per bar, as 0.0001")

    @property
    def year(self) -> float:
        """Bars per year."""
        return 252.0 if self.periods_per_year is None else float(self.periods_per_year)


def periods_per_year(clock: pl.Series) -> float:
    """Bars per year as the clock itself shows them.

    A market with a bar on a Saturday or Sunday trades 365 days a year, any other 252. Bars shorter
    than a day: bars per day that has any, times those days. Daily bars: those days. Weeks, months,
    quarters and years: 52, 12, 4 and 1. Anything else: 365.25 days over the median step. Fewer
    than two bars tell nothing: NaN.
    """
    shown = clock_of(clock)
    days, weekends, step = pace_of(shown)
    if step <= 0:
        return float("nan")
    length = step / shown.day
    open_days = 365.0 if weekends else 252.0
    if length < 1:
        return len(clock) / days * open_days
    if length < 2:
        return open_days
    known = [count for low, high, count in LONG_BARS if low <= length <= high]
    return known[0] if known else 365.25 / length


def chosen_for(clock: pl.Series, convention: Convention) -> Convention:
    """The convention with the length of a year that the clock shows, unless it names its own."""
    if convention.periods_per_year is not None:
        return convention
    seen = periods_per_year(clock)
    return convention if math.isnan(seen) else replace(convention, periods_per_year=seen)
