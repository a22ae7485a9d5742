"""What is loaded, what is not even opened, and what is wrong with a dataset."""

import math
import os
import re
from datetime import UTC, date, datetime

import polars as pl
import pytest
from datasets import bars, dataset, write

from engine.data_loader import DataSpec, ParquetLoader, data_version
from engine.errors import BarsError, DataMissing, InputError, SchemaDrift

LOADER = ParquetLoader()
JANUARY = (date(2023, 1, 1), date(2023, 2, 1))
BOTH = (date(2023, 1, 1), date(2023, 3, 1))


@pytest.fixture
def source(tmp_path):
    return dataset(tmp_path / "data")


def closes(lazy):
    return lazy.collect()["close"].to_list()


def test_bars_of_a_month_are_sorted_by_symbol_and_time(source):
    frame = LOADER.load_dataset(source, JANUARY).collect()
    assert frame.schema == {
        "timestamp": pl.Datetime("ms", "UTC"),
        "symbol": pl.String(),
        **dict.fromkeys(("open", "high", "low", "close", "volume"), pl.Float32()),
    }
    assert frame["symbol"].to_list() == ["BTC"] * 3 + ["ETH"] * 3
    assert frame["close"].to_list() == [100.0, 101.0, 102.0, 1100.0, 1101.0, 1102.0]


def test_float64_for_execution(source):
    spec = DataSpec(source, JANUARY, ("BTC",), precision="float64")
    assert LOADER.load(spec).collect()["close"].dtype == pl.Float64()


def test_the_end_is_exclusive_and_an_instant_cuts_a_month(source):
    span = (datetime(2023, 1, 1, 0, 1, tzinfo=UTC), datetime(2023, 2, 1, 0, 1, tzinfo=UTC))
    assert closes(LOADER.load_dataset(source, span, ("BTC",))) == [101.0, 102.0, 200.0]


def test_without_a_range_everything_comes(source):
    assert LOADER.load_dataset(source, None).collect().height == 12


def test_files_of_other_symbols_and_months_are_never_opened(source):
    """They hold no Parquet at all: opening one would be an error."""
    for file in source.glob("symbol=*/year=2023/month=*/bars.parquet"):
        if "symbol=BTC" not in str(file) or "month=01" not in str(file):
            file.write_bytes(b"no parquet")
    assert closes(LOADER.load_dataset(source, JANUARY, ("BTC",))) == [100.0, 101.0, 102.0]


def test_columns_and_times_are_asked_of_the_scan_itself(source):
    until = (date(2023, 1, 1), date(2023, 1, 31))
    lazy = LOADER.load_dataset(source, until, ("BTC",), ("close",))
    assert lazy.collect().columns == ["timestamp", "symbol", "close"]
    plan = lazy.explain()
    scan = plan[plan.index("Parquet SCAN") :]
    assert "month=01" in scan
    assert "month=02" not in plan
    assert re.search(r"PROJECT 3/\d+ COLUMNS", scan)
    assert re.search(r'SELECTION: col\("timestamp"\).is_between\(\[2023-01-01 00:00:00 UTC', scan)
    assert "FILTER" not in plan


def test_a_column_asked_for_later_narrows_the_scan_too(source):
    plan = LOADER.load_dataset(source, JANUARY, ("BTC",)).select("close").explain()
    # the order needs the time, and the paths in a plan may hold any word
    assert re.search(r"PROJECT 2/\d+ COLUMNS", plan[plan.index("Parquet SCAN") :])


@pytest.mark.parametrize("symbol", ["000001", "600519", "1e5", "BRK.B", "BTC%2FUSDT"])
def test_a_symbol_is_text(tmp_path, symbol):
    write(tmp_path, symbol, bars(), year=2023, month=1)
    name = symbol.replace("%2F", "/")
    frame = LOADER.load_dataset(tmp_path, JANUARY, (name,)).collect()
    assert frame["symbol"].unique().to_list() == [name]


def test_partitions_by_day(tmp_path):
    for day in (2, 3):
        write(tmp_path, "BTC", bars(day=day, first=day), year=2023, month=1, day=day)
    assert closes(LOADER.load_dataset(tmp_path, JANUARY)) == [2.0, 3.0, 4.0, 3.0, 4.0, 5.0]


@pytest.mark.parametrize("stored", [("us", "UTC"), ("ns", None), ("ms", "America/New_York")])
def test_times_leave_as_utc_milliseconds(tmp_path, stored):
    unit, zone = stored
    write(tmp_path, "BTC", bars(unit=unit, zone=zone), year=2023, month=1)
    span = (datetime(2023, 1, 1, 0, 1, tzinfo=UTC), datetime(2023, 1, 2, tzinfo=UTC))
    times = LOADER.load_dataset(tmp_path, span).collect()["timestamp"]
    assert times.dtype == pl.Datetime("ms", "UTC")
    assert times.to_list() == [datetime(2023, 1, 1, 0, minute, tzinfo=UTC) for minute in (1, 2)]


def test_a_missing_symbol_names_those_there_are(source):
    with pytest.raises(DataMissing, match=r"symbol=SOL; the symbols are \['BTC', 'ETH'\]"):
        LOADER.load_dataset(source, JANUARY, ("SOL",))


def test_a_missing_month_is_named(source):
    span = (date(2023, 1, 1), date(2023, 4, 1))
    with pytest.raises(DataMissing, match="symbol=BTC/year=2023/month=03"):
        LOADER.load_dataset(source, span)
    assert LOADER.load(DataSpec(source, span, partial=True)).collect().height == 12


def test_folders_that_name_no_month(source):
    (source / "symbol=BTC" / "year=2023" / "month=13").mkdir()
    with pytest.raises(InputError, match="symbol=BTC/year=2023/month=13: there is no month 13"):
        LOADER.load_dataset(source, JANUARY)
    (source / "symbol=BTC" / "year=2023" / "month=13").rename(source / "symbol=BTC" / "year=next")
    with pytest.raises(InputError, match="symbol=BTC/year=next: year is 'next', not a number"):
        LOADER.load_dataset(source, JANUARY)


def test_a_folder_that_is_no_dataset(tmp_path):
    with pytest.raises(DataMissing, match="no folder symbol="):
        LOADER.load_dataset(tmp_path, JANUARY)
    with pytest.raises(DataMissing, match="is no folder"):
        LOADER.load_dataset(tmp_path / "nowhere", JANUARY)


def test_a_column_of_another_type_names_both_files(source):
    odd = write(source, "BTC", bars().cast({"close": pl.Float32()}), year=2023, month=2)
    with pytest.raises(SchemaDrift, match=r"column 'close' is Float32, but Float64 in .*month=01"):
        LOADER.load_dataset(source, BOTH, ("BTC",))
    assert odd.exists()


def test_a_column_that_is_not_there(source):
    write(source, "BTC", bars(month=2).drop("volume"), year=2023, month=2)
    with pytest.raises(SchemaDrift, match=r"month=02/bars.parquet: column 'volume' is missing"):
        LOADER.load_dataset(source, BOTH, ("BTC",))
    assert len(closes(LOADER.load_dataset(source, BOTH, ("BTC",), ("close",)))) == 6


def test_mixed_zones(source):
    write(source, "BTC", bars(month=2, zone="Asia/Tokyo"), year=2023, month=2)
    with pytest.raises(SchemaDrift, match=r"'timestamp' is Datetime.*Asia/Tokyo.*but.*UTC"):
        LOADER.load_dataset(source, BOTH, ("BTC",))


def test_columns_nobody_asked_for_may_differ(source):
    write(source, "BTC", bars(month=2).with_columns(note=pl.lit("x")), year=2023, month=2)
    assert LOADER.load_dataset(source, BOTH, ("BTC",)).collect().height == 6


def test_text_is_no_price_and_a_number_is_no_time(tmp_path):
    write(tmp_path, "A", bars().cast({"close": pl.String()}), year=2023, month=1)
    with pytest.raises(SchemaDrift, match="'close' is String, not a number"):
        LOADER.load_dataset(tmp_path, JANUARY)
    write(tmp_path, "A", bars().cast({"timestamp": pl.Int64()}), year=2023, month=1)
    with pytest.raises(SchemaDrift, match="'timestamp' is Int64, not a time"):
        LOADER.load_dataset(tmp_path, JANUARY)


def test_a_file_that_is_no_parquet(source):
    file = write(source, "BTC", bars(), year=2023, month=1)
    file.write_bytes(b"half a downl")
    with pytest.raises(SchemaDrift, match=r"month=01/bars.parquet is no Parquet file"):
        LOADER.load_dataset(source, JANUARY, ("BTC",))


def test_a_bar_that_comes_twice_is_named_with_its_file(source):
    write(source, "BTC", bars(count=1), year=2023, month=1, name="more")
    with pytest.raises(BarsError, match=r"month=01/\w+.parquet: BTC at 2023-01-01 00:00.* twice"):
        LOADER.verify(DataSpec(source, JANUARY))


def test_an_infinite_price(source):
    frame = bars().with_columns(high=pl.Series([101.0, math.inf, 103.0]))
    write(source, "ETH", frame, year=2023, month=1)
    with pytest.raises(BarsError, match=r"ETH at 2023-01-01 00:01.* infinite high"):
        LOADER.verify(DataSpec(source, JANUARY))


def test_a_hole_in_a_day(source):
    write(source, "BTC", bars(count=5)[[0, 1, 3, 4]], year=2023, month=1)
    spec = DataSpec(source, BOTH)  # between two days there may be one
    with pytest.raises(BarsError, match=r"BTC at 2023-01-01 00:03.* more than 1m after"):
        LOADER.verify(spec, step="1m")
    LOADER.verify(spec)
    LOADER.verify(spec, step="2m")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"date_range": (date(2023, 2, 1), date(2023, 1, 1))}, "not after its start"),
        ({"date_range": (datetime(2023, 1, 1), date(2023, 2, 1))}, "no time zone"),
        ({"symbols": "BTC"}, "symbols is 'BTC'"),
        ({"columns": ()}, r"columns is \(\)"),
        ({"precision": "float16"}, "float16"),
    ],
)
def test_a_spec_that_makes_no_sense(tmp_path, told, words):
    with pytest.raises(InputError, match=words):
        DataSpec(tmp_path, **told)


@pytest.fixture
def private_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.usefixtures("private_cache")
def test_the_version_is_that_of_the_content(source, tmp_path):
    version = data_version(DataSpec(source, JANUARY))
    assert version == data_version(DataSpec(dataset(tmp_path / "copy"), JANUARY))
    assert version != data_version(DataSpec(source, BOTH))
    assert version != data_version(DataSpec(source, JANUARY, columns=("close",)))
    write(source, "ETH", bars(month=2, first=7.0), year=2023, month=2)
    assert version == data_version(DataSpec(source, JANUARY)), "February is not in it"
    write(source, "ETH", bars(first=7.0), year=2023, month=1)
    assert version != data_version(DataSpec(source, JANUARY))


@pytest.mark.usefixtures("private_cache")
def test_a_file_is_read_for_its_version_only_once(source):
    spec = DataSpec(source, JANUARY, ("BTC",))
    version = data_version(spec)
    file = source / "symbol=BTC" / "year=2023" / "month=01" / "bars.parquet"
    seen = file.stat()
    content = bytearray(file.read_bytes())
    content[10] ^= 1
    with file.open("r+b") as same:
        same.write(content)
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert data_version(spec) == version, "size, time and place are as they were"
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns + 1))
    assert data_version(spec) != version
