"""Bars of one length from bars of another, a handful at a time."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from datasets import bars

from engine.errors import InputError
from engine.resample import resample_data


def told(frame, *columns):
    return [tuple(row) for row in frame.collect().select(columns).iter_rows()]


def at(hour, minute=0, day=1):
    return datetime(2023, 1, day, hour, minute, tzinfo=UTC)


def minutes(symbol="BTC", count=5, first=100.0):
    return bars(count=count, first=first).insert_column(1, pl.lit(symbol).alias("symbol"))


def timed(*times):
    """Bars at these times."""
    column = pl.Series("timestamp", times).cast(pl.Datetime("ms", "UTC"))
    return minutes(count=len(times)).with_columns(column)


def test_two_minutes_become_one_bar():
    found = resample_data(minutes().lazy(), "2m")
    assert told(found, "timestamp", "open", "high", "low", "close", "volume") == [
        (at(0, 0), 99.5, 102.0, 99.0, 101.0, 20.0),
        (at(0, 2), 101.5, 104.0, 101.0, 103.0, 20.0),
        (at(0, 4), 103.5, 105.0, 103.0, 104.0, 10.0),
    ]
    assert found.collect().columns == minutes().columns


def test_bars_named_by_their_end():
    found = resample_data(minutes().lazy(), "2m", closed="right", label="right")
    assert told(found, "timestamp", "close") == [
        (at(0, 0), 100.0),
        (at(0, 2), 102.0),
        (at(0, 4), 104.0),
    ]


def test_symbols_do_not_mix():
    both = pl.concat([minutes("BTC", 3), minutes("ETH", 3, first=7.0)])
    found = resample_data(both.lazy(), "1h")
    assert told(found, "symbol", "high", "close") == [("BTC", 103.0, 102.0), ("ETH", 10.0, 9.0)]


def test_an_hour_nobody_traded_does_not_appear():
    found = resample_data(timed(at(0), at(0, 1), at(5)).lazy(), "1h")
    assert told(found, "timestamp", "close") == [(at(0), 101.0), (at(5), 102.0)]


def test_hours_from_the_opening_of_new_york():
    """9:30 there is 14:30 UTC in January, in the middle of an hour of UTC."""
    frame = timed(*(at(14, 30) + timedelta(minutes=step) for step in range(0, 120, 30)))
    found = resample_data(frame.lazy(), "1h", zone="America/New_York", offset="30m")
    assert told(found, "timestamp", "close") == [(at(14, 30), 101.0), (at(15, 30), 103.0)]


def test_days_begin_where_the_market_is():
    frame = timed(at(4), at(6))
    assert len(told(resample_data(frame.lazy(), "1d"), "close")) == 1
    found = resample_data(frame.lazy(), "1d", zone="America/New_York")
    assert told(found, "timestamp", "close") == [
        (datetime(2022, 12, 31, 5, tzinfo=UTC), 100.0),
        (at(5), 101.0),
    ]


def test_shorter_bars_repeat_the_last_close_without_volume():
    found = resample_data(minutes(count=2).lazy(), "30s")
    assert told(found, "timestamp", "open", "high", "close", "volume") == [
        (at(0, 0), 99.5, 101.0, 100.0, 10.0),
        (at(0, 0).replace(second=30), 100.0, 100.0, 100.0, 0.0),
        (at(0, 1), 100.5, 102.0, 101.0, 10.0),
    ]


def test_upwards_each_symbol_has_its_own_span():
    late = minutes("ETH", 2).with_columns(pl.col("timestamp").dt.offset_by("1h"))
    found = resample_data(pl.concat([minutes("BTC", 2), late]).lazy(), "30s")
    assert told(found, "symbol", "timestamp")[3] == ("ETH", at(1))
    assert found.collect().height == 6


def test_the_same_length_changes_nothing():
    assert resample_data(minutes().lazy(), "1m").collect().equals(minutes())


def test_thin_bars_need_to_be_told_the_way():
    """Two bars five hours apart do not show that they are bars of a minute."""
    thin = timed(at(0), at(5)).lazy()
    assert resample_data(thin, "1h").collect().height == 6
    assert told(resample_data(thin, "1h", way="down"), "timestamp") == [(at(0),), (at(5),)]


def test_only_the_columns_there_are():
    frame = minutes().select("timestamp", "symbol", "close")
    assert told(resample_data(frame.lazy(), "5m"), "close") == [(104.0,)]


@pytest.mark.parametrize("timeframe", ["", "hour", "0m", "1 h", "-1d"])
def test_a_timeframe_that_is_none(timeframe):
    with pytest.raises(InputError, match="timeframe"):
        resample_data(minutes().lazy(), timeframe)


def test_bars_without_a_symbol():
    with pytest.raises(InputError, match=r"lack \['symbol'\]"):
        resample_data(bars().lazy(), "1h")


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("timeframe", ["7m", "1h", "1d", "1mo"])
def test_one_symbol_alone_or_among_others(timeframe, side):
    """Alone it takes another way; mixed in time, or one after the other, it is the same."""
    one = timed(*(at(9) + timedelta(minutes=n * n) for n in range(60))).lazy()
    other = one.with_columns(pl.lit("ETH").alias("symbol"), close=pl.col("close") * 2)
    how = {"closed": side, "label": side, "zone": "Europe/Berlin", "way": "down"}
    alone = pl.concat([resample_data(own, timeframe, **how) for own in (one, other)]).collect()
    for both in (pl.concat([one, other]), pl.concat([one, other]).sort("timestamp")):
        found = resample_data(both, timeframe, **how).collect()
        assert found.sort("symbol", "timestamp").equals(alone)


def test_no_bars_make_none():
    assert resample_data(minutes().lazy().head(0), "1h", way="down").collect().height == 0
