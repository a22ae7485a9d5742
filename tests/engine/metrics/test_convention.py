"""Bars per year as a clock shows them."""

import math
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from engine.metrics import periods_per_year

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def clock(*times):
    return pl.Series("timestamp", times, dtype=pl.Datetime("ms", "UTC"))


def steps(step, count):
    return clock(*(MONDAY + step * number for number in range(count)))


def sessions(opening, minutes, days):
    """So many minutes from an hour on, on so many days from Monday on."""
    times = [
        MONDAY + DAY * day + timedelta(hours=opening, minutes=minute)
        for day in days
        for minute in range(minutes)
    ]
    return clock(*times)


@pytest.mark.parametrize(
    ("times", "bars"),
    [
        (clock(*(MONDAY + DAY * day for day in (0, 1, 2, 3, 4, 7, 8))), 252),
        (steps(DAY, 7), 365),  # a market that is open on Saturday is open all year
        (steps(timedelta(minutes=1), 2 * 1440), 1440 * 252),  # Monday and Tuesday
        (steps(timedelta(minutes=1), 7 * 1440), 1440 * 365),
        (sessions(14, 390, (0, 1, 2, 3, 4)), 390 * 252),
        (steps(timedelta(hours=4), 6 * 7), 6 * 365),
        (steps(DAY * 7, 10), 52),
        (clock(*(datetime(2024, month, 1, tzinfo=UTC) for month in range(1, 13))), 12),
        (clock(*(datetime(2024, month, 1, tzinfo=UTC) for month in (1, 4, 7, 10))), 4),
        (clock(*(datetime(year, 1, 1, tzinfo=UTC) for year in (2021, 2022, 2023))), 1),
        (steps(DAY * 14, 10), 365.25 / 14),
    ],
)
def test_a_year_of(times, bars):
    assert periods_per_year(times) == pytest.approx(bars)


def test_one_bar_tells_nothing():
    assert math.isnan(periods_per_year(steps(DAY, 1)))
    assert math.isnan(periods_per_year(clock()))
