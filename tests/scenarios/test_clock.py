"""US/Central wall time plus seven hours: one hour ahead of UTC in winter, two in summer."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BarsError
from scenarios.clock import WallClock, to_utc, to_wall

CENTRAL = WallClock("US/Central", 7)


def bars(*times: datetime) -> pl.DataFrame:
    return pl.DataFrame(
        {"timestamp": list(times), "symbol": ["X"] * len(times), "close": range(len(times))},
        schema_overrides={"timestamp": pl.Datetime("ms", "UTC")},
    )


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2024, month, day, hour, minute, tzinfo=UTC)


def labels(frame: pl.DataFrame) -> list[tuple[int, int]]:
    return [(time.hour, time.minute) for time in frame["timestamp"]]


@pytest.mark.parametrize(("month", "ahead"), [(1, 1), (7, 2)])
def test_winter_is_one_hour_ahead_and_summer_two(month: int, ahead: int) -> None:
    told = to_wall(bars(at(month, 5, 12)), CENTRAL)
    assert told["timestamp"][0] - at(month, 5, 12) == timedelta(hours=ahead)


def test_the_spring_night_skips_an_hour() -> None:
    told = to_wall(bars(at(3, 10, 7, 30), at(3, 10, 8)), CENTRAL)
    assert labels(told) == [(8, 30), (10, 0)]


@pytest.mark.parametrize(("keep", "closes"), [("first", [0, 1, 2, 5]), ("last", [0, 3, 4, 5])])
def test_the_autumn_night_keeps_one_of_two_hours(keep: str, closes: list[int]) -> None:
    times = [at(11, 3, 5, 30) + timedelta(minutes=30 * n) for n in range(6)]
    told = to_wall(bars(*times), WallClock("US/Central", 7, repeated=keep))
    assert labels(told) == [(7, 30), (8, 0), (8, 30), (9, 0)]
    assert told["close"].to_list() == closes


def test_the_autumn_night_is_an_error_unless_an_hour_is_chosen() -> None:
    with pytest.raises(BarsError, match=r"twice.*repeated"):
        to_wall(bars(at(11, 3, 6), at(11, 3, 7)), CENTRAL)


def test_a_label_of_the_skipped_hour_has_no_instant() -> None:
    times = [at(3, 10, 8, 30), at(3, 10, 9, 30), at(3, 10, 10)]
    with pytest.raises(BarsError, match=r"row 1: .* never shows 2024-03-10 09:30"):
        to_utc(bars(*times), CENTRAL)
    told = to_utc(bars(*times), WallClock("US/Central", 7, skipped="drop"))
    assert labels(told) == [(7, 30), (8, 0)]


@pytest.mark.parametrize(("keep", "hour"), [("first", 6), ("last", 7)])
def test_a_label_of_the_repeated_hour_has_two_instants(keep: str, hour: int) -> None:
    label = bars(at(11, 3, 8, 15))
    with pytest.raises(BarsError, match="shows twice"):
        to_utc(label, CENTRAL)
    assert labels(to_utc(label, WallClock("US/Central", 7, repeated=keep))) == [(hour, 15)]


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(BarsError, match="Mars/Olympus"):
        to_wall(bars(at(1, 1, 0)), WallClock("Mars/Olympus"))
    with pytest.raises(BarsError, match="Mars/Olympus"):
        to_utc(bars(at(1, 1, 0)), WallClock("Mars/Olympus"))


@given(
    st.lists(st.integers(0, 400 * 24), min_size=1, max_size=30, unique=True).map(sorted),
    st.sampled_from(["first", "last"]),
    st.sampled_from(["US/Central", "Asia/Kolkata", "UTC", "Australia/Lord_Howe"]),
)
def test_labels_rise_strictly_whatever_night_they_cross(
    hours: list[int], keep: str, zone: str
) -> None:
    times = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in hours]
    clock = WallClock(zone, 7, repeated=keep, skipped="drop")
    for turn in (to_wall, to_utc):
        told = turn(bars(*times), clock)["timestamp"]
        assert (told.diff().drop_nulls() > timedelta(0)).all()


@given(st.integers(0, 3 * 366 * 24 * 60), st.sampled_from(["first", "last"]))
def test_there_and_back_is_the_same_or_the_other_showing(minute: int, keep: str) -> None:
    clock = WallClock("US/Central", 7, repeated=keep)
    start = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    (back,) = to_utc(to_wall(bars(start), clock), clock)["timestamp"]
    assert abs(back - start) in (timedelta(0), timedelta(hours=1))
    assert to_wall(bars(back), clock).equals(to_wall(bars(start), clock))
