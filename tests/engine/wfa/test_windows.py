"""Where to train and where to test, counted by hand on calendars and on bars."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import WindowError
from engine.wfa import Months, Rolling, Window, checked_windows, read_length
from engine.wfa.lengths import later, told


def days(start, count):
    first = datetime.fromisoformat(start).replace(tzinfo=UTC)
    last = first + timedelta(days=count - 1)
    return pl.datetime_range(first, last, "1d", time_unit="ms", eager=True)


def dates(clock, window):
    edges = (window.train_start, window.train_end - 1, window.test_start, window.test_end - 1)
    return [f"{clock[bar]:%Y-%m-%d}" for bar in edges]


def test_ten_bars_train_on_four_test_on_two():
    clock = days("2024-01-01", 10)
    assert Rolling(4, 2).plan(clock) == [
        Window(0, 4, 4, 6),
        Window(2, 6, 6, 8),
        Window(4, 8, 8, 10),
    ]
    assert Rolling(4, 2, anchored=True).plan(clock)[-1] == Window(0, 8, 8, 10)


def test_a_purge_moves_the_test_and_keeps_the_training_long():
    assert Rolling(4, 2, purge=1).plan(days("2024-01-01", 9)) == [
        Window(0, 4, 5, 7),
        Window(2, 6, 7, 9),
    ]


def test_a_last_test_that_the_data_cut_short():
    clock = days("2024-01-01", 9)
    assert Rolling(4, 2).plan(clock)[-1] == Window(4, 8, 8, 9)
    assert Rolling(4, 2, keep_short=False).plan(clock)[-1] == Window(2, 6, 6, 8)


def test_windows_laid_from_the_end():
    assert Rolling(4, 2, from_end=True).plan(days("2024-01-01", 9)) == [
        Window(1, 5, 5, 7),
        Window(3, 7, 7, 9),
    ]


def test_two_years_and_a_half_of_months():
    clock = days("2022-01-01", 912)  # until 2024-06-30
    found = Rolling("1y", "6mo").plan(clock)
    assert [dates(clock, one) for one in found] == [
        ["2022-01-01", "2022-12-31", "2023-01-01", "2023-06-30"],
        ["2022-07-01", "2023-06-30", "2023-07-01", "2023-12-31"],
        ["2023-01-01", "2023-12-31", "2024-01-01", "2024-06-30"],
    ]
    assert Rolling("1y", "6mo", keep_short=False).plan(clock) == found


def test_in_time_a_purge_ends_the_training_earlier():
    clock = days("2022-01-01", 200)
    one = Rolling("3mo", "1mo", purge=5).plan(clock)[0]
    assert dates(clock, one) == ["2022-01-01", "2022-03-26", "2022-04-01", "2022-04-30"]


def test_durations():
    hours = pl.datetime_range(
        datetime(2024, 1, 1), datetime(2024, 1, 3, 23), "1h", time_unit="ms", eager=True
    )
    assert Rolling("1d", timedelta(hours=12)).plan(hours) == [
        Window(0, 24, 24, 36),
        Window(12, 36, 36, 48),
        Window(24, 48, 48, 60),
        Window(36, 60, 60, 72),
    ]


def test_a_closed_market_has_no_window():
    clock = pl.concat([days("2024-01-01", 60), days("2024-06-01", 60)])
    found = Rolling("1mo", "1mo", anchored=True).plan(clock)
    months = [f"{clock[one.test_start]:%m}" for one in found]
    assert months == ["02", "06", "07"]


def test_time_may_be_counted_from_a_day_before_the_data():
    clock = days("2022-01-04", 100)
    start = datetime(2022, 1, 1, tzinfo=UTC)
    found = Rolling("1mo", "1mo", start=start).plan(clock)
    assert dates(clock, found[0]) == ["2022-01-04", "2022-01-31", "2022-02-01", "2022-02-28"]


def test_the_last_day_of_a_month():
    assert later(datetime(2024, 1, 31), Months(1)) == datetime(2024, 2, 29)
    assert later(datetime(2024, 1, 31), Months(2)) == datetime(2024, 3, 31)
    assert later(datetime(2024, 3, 31), Months(13), -1) == datetime(2023, 2, 28)


@pytest.mark.parametrize("text", ["500", "30min", "12h", "90d", "6w", "6mo"])
def test_lengths_as_text(text):
    assert told(read_length(text)) == text


@pytest.mark.parametrize("text", ["", "six months", "6m", "-5", "1.5y"])
def test_what_is_no_length(text):
    with pytest.raises(WindowError, match="write 500 for bars"):
        read_length(text)


@pytest.mark.parametrize(
    ("rolling", "message"),
    [
        (Rolling(50, 5), "hold no window"),
        (Rolling("2y", "6mo"), "hold no window"),
        (Rolling(4, 3, step=2), "overlap"),
        (Rolling("10d", "6d", step="3d"), "overlap"),
        (Rolling(0, 2), "longer than nothing"),
        (Rolling(4, 2, purge=-1), "negative"),
        (Rolling(4, "6d"), "all in bars or all in time"),
        (Rolling("10d", "5d", from_end=True), "by bars"),
        (Rolling(1, 2), "fewer than two"),
        (Rolling("3d", "2d", purge=2), "fewer than two"),
    ],
)
def test_windows_that_do_not_fit(rolling, message):
    with pytest.raises(WindowError, match=message):
        rolling.plan(days("2024-01-01", 30))


def test_windows_of_ones_own_are_checked():
    good = [Window(0, 5, 5, 8), Window(0, 8, 10, 12)]
    assert checked_windows(good, 12) == good
    with pytest.raises(WindowError, match="does not fit"):
        checked_windows([Window(0, 6, 5, 8)], 12)
    with pytest.raises(WindowError, match="does not fit"):
        checked_windows(good, 11)
    with pytest.raises(WindowError, match="overlap"):
        checked_windows([Window(0, 5, 5, 8), Window(0, 5, 7, 9)], 12)
    with pytest.raises(WindowError, match="no window"):
        checked_windows([], 12)


@given(st.integers(5, 300), st.integers(2, 60), st.integers(1, 40), st.integers(0, 5))
def test_every_bar_after_the_first_training_is_tested_once(bars, train, test, purge):
    clock = days("2024-01-01", bars)
    if train + purge >= bars:
        with pytest.raises(WindowError):
            Rolling(train, test, purge=purge).plan(clock)
        return
    found = Rolling(train, test, purge=purge).plan(clock)
    tested = [bar for one in found for bar in range(one.test_start, one.test_end)]
    assert tested == list(range(train + purge, bars))
    assert all(one.train_end == one.test_start - purge for one in found)
