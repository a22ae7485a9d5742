"""Days that a clock shows, and those on which something is held."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from engine.metrics.clock import Pace, clock_of, days_in_market, pace_of

FRIDAY = datetime(2024, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURS = 3_600_000


def times(*hours, unit="ms", zone="UTC"):
    return pl.Series([FRIDAY + HOUR * hour for hour in hours], dtype=pl.Datetime(unit, zone))


def test_days_weekends_and_the_usual_step():
    assert pace_of(clock_of(times(21, 22, 23))) == Pace(1, False, HOURS)
    assert pace_of(clock_of(times(22, 23, 24, 25))) == Pace(2, True, HOURS)  # into Saturday
    assert pace_of(clock_of(times(-1, 0, 72, 73, 74))) == Pace(3, False, HOURS)


def test_no_step_is_usual():
    assert pace_of(clock_of(times(0, 1, 3, 6, 10))).step == 2.5 * HOURS
    assert pace_of(clock_of(times(0, 1, 3, 5, 6))).step == 1.5 * HOURS  # half of them is not most
    assert pace_of(clock_of(times(0, 2, 3, 5, 7))).step == 2 * HOURS


def test_a_clock_that_falls_is_sorted():
    assert pace_of(clock_of(times(24, 0, 23, 1, 22, 21))) == Pace(2, True, HOURS)


def test_one_time_or_none_has_no_step():
    assert pace_of(clock_of(times(3))) == Pace(1, False, 0.0)
    assert pace_of(clock_of(times())) == Pace(0, False, 0.0)


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_units_do_not_matter(unit):
    clock = clock_of(times(0, 24, 48, unit=unit))
    assert pace_of(clock).step == clock.day
    assert pace_of(clock).days == 3


def test_dates_and_years_before_1970():
    days = pl.Series([date(1969, 12, 27), date(1969, 12, 28), date(1969, 12, 29)])
    assert pace_of(clock_of(days)) == Pace(3, True, 24 * HOURS)
    assert not pace_of(clock_of(days[2:])).weekends  # a Monday


def test_days_are_those_of_the_clocks_own_zone():
    # Friday 23:00 in New York is Saturday in UTC.
    late = pl.Series([FRIDAY + HOUR * 28], dtype=pl.Datetime("ms", "UTC"))
    assert pace_of(clock_of(late)).weekends
    assert not pace_of(clock_of(late.dt.convert_time_zone("America/New_York"))).weekends


def test_days_on_which_something_is_held():
    clock = times(0, 1, 24, 25, 48, 49)
    held = np.array([True, True, False, False, False, True])
    assert days_in_market(clock, held) == 2
    assert days_in_market(clock.reverse(), held[::-1]) == 2
    assert days_in_market(clock, np.zeros(6, dtype=bool)) == 0
    assert days_in_market(times(), np.zeros(0, dtype=bool)) == 0
