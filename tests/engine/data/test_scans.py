"""Files that are out of order, hold what is not theirs, or change after they were read."""

import os
import random
import re
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from datasets import MINUTE, bars, write

from engine import scans
from engine.data_loader import ParquetLoader
from engine.errors import SchemaDrift

LOADER = ParquetLoader()
JANUARY = (date(2023, 1, 1), date(2023, 2, 1))
LONG_AGO = 1_700_000_000


def load(source, span=JANUARY):
    return LOADER.load_dataset(source, span, ("BTC",))


def settled(file, seconds=LONG_AGO):
    """As a file that was written a while ago."""
    os.utime(file, (seconds, seconds))
    return file


@pytest.fixture
def shuffled(tmp_path):
    """Closes 100 to 104, a minute each, in the order 102, 104, 100, 103, 101."""
    frame = bars(count=5)[[2, 4, 0, 3, 1]].cast({pl.Float64(): pl.Float32()})
    write(tmp_path, "BTC", frame, year=2023, month=1)
    return tmp_path


def test_a_file_that_is_out_of_order_is_sorted(shuffled):
    assert load(shuffled).collect()["close"].to_list() == [100.0, 101.0, 102.0, 103.0, 104.0]


def test_its_head_is_the_first_in_time(shuffled):
    assert load(shuffled).head(2).collect()["close"].to_list() == [100.0, 101.0]
    assert load(shuffled).select("close").head(2).collect().to_series().to_list() == [100.0, 101.0]
    assert load(shuffled).tail(1).collect()["close"].to_list() == [104.0]


def test_a_column_alone_is_in_time_too(shuffled):
    column = load(shuffled).select("close").collect()
    assert column.columns == ["close"]
    assert column.to_series().to_list() == [100.0, 101.0, 102.0, 103.0, 104.0]


def test_a_bar_before_is_the_one_before_in_time(shuffled):
    rises = load(shuffled).filter(pl.col("close").shift() == 102.0).collect()
    assert rises["close"].to_list() == [103.0]


def test_bars_of_one_time_stay_in_the_order_of_their_file(tmp_path):
    """The second minute comes three times: 101, 7, 8, and the first one after them."""
    frame = bars(count=2)
    again = [frame[1].with_columns(pl.lit(price).alias("close")) for price in (7.0, 8.0)]
    write(tmp_path, "BTC", pl.concat([frame[1], *again, frame[0]]), year=2023, month=1)
    assert load(tmp_path).collect()["close"].to_list() == [100.0, 101.0, 7.0, 8.0]


def test_two_files_of_a_month_that_interlock(tmp_path):
    frame = bars(count=4)
    write(tmp_path, "BTC", frame[[0, 2]], name="even", year=2023, month=1)
    write(tmp_path, "BTC", frame[[1, 3]], name="odd", year=2023, month=1)
    assert load(tmp_path).collect()["close"].to_list() == [100.0, 101.0, 102.0, 103.0]


def test_bars_that_are_not_of_the_folders_month_are_left_out(tmp_path):
    stray = [bars(year=2022, month=12, day=31, count=1, first=1.0), bars(month=2, first=2.0)]
    frame = pl.concat([stray[1], bars(), stray[0]])
    write(tmp_path, "BTC", frame, year=2023, month=1)
    assert load(tmp_path).collect()["close"].to_list() == [100.0, 101.0, 102.0]
    assert load(tmp_path).filter(pl.col("close") < 50).collect().is_empty()


def test_bars_without_a_time_are_left_out_of_a_span(tmp_path):
    frame = bars().with_columns(
        pl.when(pl.col("close") != 101.0).then(pl.col("timestamp")).alias("timestamp")
    )
    write(tmp_path, "BTC", frame, year=2023, month=1)
    assert load(tmp_path).collect()["close"].to_list() == [100.0, 102.0]


def test_a_month_without_a_bar(tmp_path):
    write(tmp_path, "BTC", bars().clear(), year=2023, month=1)
    assert load(tmp_path).collect().is_empty()


def test_filters_of_a_query_reach_the_files(shuffled):
    late = datetime(2023, 1, 1, 0, 3, tzinfo=UTC)
    lazy = load(shuffled).filter(pl.col("timestamp") >= late, pl.col("close") < 104)
    plan = lazy.select("high").explain()
    scan = plan[plan.index("Parquet SCAN") : plan.index("RIGHT PLAN")]
    assert re.search(r"PROJECT 3/\d+ COLUMNS", scan)
    assert re.search(r"SELECTION: .*close.*timestamp.* >= 2023-01-01 00:03:00", scan)
    assert lazy.collect()["close"].to_list() == [103.0]


def test_whole_months_need_no_filter_and_parts_have_one_in_the_scan(shuffled):
    assert "SELECTION" not in load(shuffled).explain()
    span = (datetime(2023, 1, 1, 0, 1, tzinfo=UTC), datetime(2023, 1, 1, 0, 3, tzinfo=UTC))
    assert "SELECTION" in load(shuffled, span).explain()
    assert load(shuffled, span).collect()["close"].to_list() == [101.0, 102.0]


def test_a_name_that_looks_like_a_pattern_is_a_name(tmp_path):
    write(tmp_path, "B[TC]", bars(), year=2023, month=1)
    write(tmp_path, "BT", bars(first=7.0), year=2023, month=1)
    frame = LOADER.load_dataset(tmp_path, JANUARY, ("B[TC]",)).collect()
    assert frame["close"].to_list() == [100.0, 101.0, 102.0]


def test_footers_are_read_once(tmp_path, monkeypatch):
    for name in ("one", "two"):
        settled(write(tmp_path, "BTC", bars(), name=name, year=2023, month=1))
    seen = []
    monkeypatch.setattr(scans, "_read_schema", lambda file: seen.append(file) or real(file))
    real = pl.read_parquet_schema
    first, again = load(tmp_path).collect(), load(tmp_path).collect()
    assert [Path(file).name for file in seen] == ["two.parquet"], "the scan has read one"
    assert first.equals(again)


def test_a_file_that_changes_is_read_anew(tmp_path):
    settled(write(tmp_path, "BTC", bars(), year=2023, month=1))
    assert load(tmp_path).collect()["close"].to_list() == [100.0, 101.0, 102.0]
    settled(write(tmp_path, "BTC", bars(count=40, first=5.0), year=2023, month=1), LONG_AGO + 1)
    assert load(tmp_path).collect()["close"].to_list() == [5.0 + n for n in range(40)]
    no_close = bars().drop("close")
    settled(write(tmp_path, "BTC", no_close, year=2023, month=1), LONG_AGO + 2)
    with pytest.raises(SchemaDrift, match="column 'close' is missing"):
        load(tmp_path)


def test_a_file_written_just_now_is_not_remembered(tmp_path, monkeypatch):
    file = write(tmp_path, "BTC", bars(), year=2023, month=1)
    assert scans._mark(str(file)) is None
    assert scans._mark(str(settled(file))) is not None
    assert scans._mark(str(file) + ".gone") is None


@pytest.mark.parametrize("seed", range(20))
def test_any_order_of_rows_files_and_months_gives_the_same_bars(tmp_path, seed):
    """Also with bars that were put into the folder of a neighbouring month."""
    rng = random.Random(seed)
    rows = pl.concat([bars(month=month, count=6, first=100.0 * month) for month in (1, 2, 3)])
    order = list(range(rows.height))
    rng.shuffle(order)
    for number, month in enumerate((1, 2, 3)):
        own = [row for row in order if row // 6 == number]
        cut = rng.randrange(len(own) + 1)
        for name, part in (("a", own[:cut]), ("b", own[cut:])):
            write(tmp_path, "BTC", rows[part], name=name, year=2023, month=month)
    first = datetime(2023, 1, 1, tzinfo=UTC) + MINUTE * rng.randrange(6)
    last = datetime(2023, 3, 1, tzinfo=UTC) + MINUTE * rng.randrange(1, 7)
    wanted = rows.filter(pl.col("timestamp").is_between(first, last, closed="left"))
    found = load(tmp_path, (first, last)).collect()
    assert found["timestamp"].to_list() == wanted["timestamp"].to_list()
    assert found["close"].to_list() == wanted["close"].to_list()
