"""Signals out of packed bits, and bars on the clock of the files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import copy_stored, minutes, run, write_bars

from engine.errors import ClockClash, FileCorrupt
from parity.replicate.ledger import bar_numbers
from parity.replicate.names import find_column
from parity.replicate.prices import read_prices
from parity.replicate.settings import SIDES, Settings, read_settings
from parity.replicate.signals import bars_of, role_of
from parity.replicate.store import Place

FLAT = (10.0, 10.0, 10.0, 10.0)


@settings(max_examples=150)
@given(
    st.lists(st.sampled_from([True, False, False, None]), max_size=300),
    st.integers(0, 20),
)
def test_packed_bits_are_the_rows_that_are_true(flags: list[bool | None], skip: int) -> None:
    """Also of a slice, whose bits begin in the middle of a byte; what is missing is false."""
    column = pl.Series("a", flags, dtype=pl.Boolean())[skip:]
    assert bars_of(column, "here").tolist() == [n for n, on in enumerate(column.to_list()) if on]


def test_a_column_in_many_chunks(tmp_path: Path) -> None:
    flags = pl.Series("a", [n % 7 == 0 for n in range(1000)])
    path = tmp_path / "a.parquet"
    pl.DataFrame([flags]).write_parquet(path, row_group_size=130)
    assert bars_of(pl.read_parquet(path)["a"], "here").tolist() == list(range(0, 1000, 7))


@pytest.mark.parametrize(
    ("name", "direction", "role"),
    [
        ("a", "long", ("a", "entry")),
        ("a", "short", ("a", "short_entry")),
        ("a_exit", "long", ("a", "exit")),
        ("a_exit", "short", ("a", "short_exit")),
        ("a_long", "longshort", ("a", "entry")),
        ("a_short", "longshort", ("a", "short_entry")),
        ("a_long_exit", "longshort", ("a", "exit")),
        ("a_short_exit", "longshort", ("a", "short_exit")),
        ("_long", "long", ("_long", "entry")),
    ],
)
def test_what_a_column_of_signals_is(name: str, direction: str, role: tuple[str, str]) -> None:
    assert role_of(name, direction, SIDES, "here") == role


def test_a_column_of_a_longshort_batch_says_its_side() -> None:
    with pytest.raises(FileCorrupt, match="does not say its side"):
        role_of("a", "longshort", SIDES, "here")


def test_a_name_in_the_settings_counts_first() -> None:
    there = ["strategy", "Column", "Config"]
    assert find_column("trades", "strategy", there, {}) == "strategy"
    assert find_column("trades", "strategy", there, {"trades": {"strategy": "Config"}}) == "Config"
    assert find_column("trades", "strategy", there, {"trades": {"strategy": "gone"}}) is None


def clocked(tmp_path: Path, start: datetime, count: int, repeated: str) -> list[datetime]:
    """The times of consecutive minutes from a UTC time on, as US/Central plus seven hours."""
    write_bars(tmp_path / "bars" / "X.parquet", [FLAT] * count, start)
    text = f'[clock]\nzone = "US/Central"\nplus_hours = 7\nrepeated = "{repeated}"\n'
    prices = read_prices(Place(str(tmp_path)), read_settings(text), "X")
    return pl.Series(prices.times).cast(pl.Datetime("ms")).to_list()


def test_winter_and_summer_of_us_central_plus_seven_hours(tmp_path: Path) -> None:
    """UTC+1 in winter, UTC+2 in summer."""
    assert clocked(tmp_path, datetime(2024, 1, 15, 12), 1, "raise") == [datetime(2024, 1, 15, 13)]
    assert clocked(tmp_path, datetime(2024, 7, 15, 12), 1, "raise") == [datetime(2024, 7, 15, 14)]


def test_the_spring_night_skips_an_hour_and_loses_nothing(tmp_path: Path) -> None:
    """At 08:00 UTC of 10 March 2024 Chicago goes from 02:00 to 03:00."""
    times = clocked(tmp_path, datetime(2024, 3, 10, 7, 58), 4, "raise")
    assert times == [
        datetime(2024, 3, 10, 8, 58),
        datetime(2024, 3, 10, 8, 59),
        datetime(2024, 3, 10, 10, 0),
        datetime(2024, 3, 10, 10, 1),
    ]


def test_the_autumn_night_shows_an_hour_twice(tmp_path: Path) -> None:
    """At 07:00 UTC of 3 November 2024 Chicago goes from 02:00 back to 01:00."""
    start, hour = datetime(2024, 11, 3, 6, 0), minutes(60, datetime(2024, 11, 3, 8, 0))
    with pytest.raises(ClockClash, match="shows 2024-11-03 08:00:00"):
        clocked(tmp_path, start, 180, "raise")
    following = minutes(60, datetime(2024, 11, 3, 9, 0))
    for keep in ("first", "last"):
        assert clocked(tmp_path, start, 180, keep) == hour + following


def test_which_bar_of_the_repeated_hour_is_kept(tmp_path: Path) -> None:
    rows = [(float(n), float(n), float(n), float(n)) for n in range(1, 121)]
    write_bars(tmp_path / "bars" / "X.parquet", rows, datetime(2024, 11, 3, 6, 0))
    for keep, first in (("first", 1.0), ("last", 61.0)):
        text = f'[clock]\nzone = "US/Central"\nrepeated = "{keep}"\n'
        prices = read_prices(Place(str(tmp_path)), read_settings(text), "X")
        assert prices.market.close[0, 0] == first
        assert len(prices.times) == 60


def test_bars_in_a_hive(tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {"timestamp": minutes(4), **dict.fromkeys(("open", "high", "low", "close"), 1.0)}
    ).with_columns(symbol=pl.lit("XUSD"))
    other = rows.with_columns(symbol=pl.lit("other"))
    for month, part in (("02", rows[2:]), ("01", rows[:2]), ("03", other)):
        folder = tmp_path / "hive" / f"month={month}"
        folder.mkdir(parents=True)
        part.write_parquet(folder / "bars.parquet")
    text = '[bars]\npath = "hive"\nsymbols = { X = "XUSD" }\n'
    prices = read_prices(Place(str(tmp_path)), read_settings(text), "X")
    assert np.diff(prices.times).tolist() == [60_000] * 3


@given(
    st.lists(st.integers(0, 60), unique=True, max_size=30).map(sorted),
    st.lists(st.integers(-5, 70), max_size=30),
)
def test_bars_are_found_by_their_time_on_any_clock(times: list[int], when: list[int]) -> None:
    found = bar_numbers(np.array(when, dtype=np.int64), np.array(times, dtype=np.int64))
    assert found.tolist() == [times.index(one) if one in times else -1 for one in when]


def test_trades_in_any_order_of_strategies(tmp_path: Path) -> None:
    tree = copy_stored(tmp_path / "tree", "ETH_short/batch_001")
    path = tree / "ETH_short/batch_001/trades.parquet"
    rows = pl.read_parquet(path)
    rows.sort("Exit Timestamp", maintain_order=True).write_parquet(path)
    assert run(tree, tmp_path / "out")["exit_code"] == 0


def test_addresses_of_an_object_store() -> None:
    place = Place("s3://bucket/a/tree")
    assert place.at("x/y.parquet") == "s3://bucket/a/tree/x/y.parquet"
    assert place.at("../bars/X.parquet") == "s3://bucket/a/bars/X.parquet"
    assert Settings().digest != Settings(fees=0.1).digest
