"""Bars of a request: from folders, a file or a folder of files, and what is wrong with them."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from engine.dataset import frequency_of, open_dataset
from engine.errors import BarsError, DataMissing, InputError, SchemaDrift

sys.path.append(str(Path(__file__).parent / "data"))
from datasets import bars, dataset, write


def flat(folder, *symbols, named=False):
    """One file a symbol; closes 100, 101, 102 and 1100, 1101, 1102."""
    for number, symbol in enumerate(symbols):
        frame = bars(first=100.0 + 1000 * number)
        frame = frame if named else frame.with_columns(symbol=pl.lit(symbol))
        frame.write_parquet(folder / f"{symbol}.parquet")
    return folder


def closes(found):
    return found.bars["close"].to_list()


def test_a_file_a_folder_of_files_and_folders_of_months_give_the_same_bars(tmp_path):
    folders = dataset(tmp_path / "hive", months=(1,))
    files = tmp_path / "files"
    files.mkdir()
    for symbol, first in (("BTC", 100.0), ("ETH", 1100.0)):
        bars(first=first).with_columns(symbol=pl.lit(symbol)).write_parquet(
            files / f"{symbol}.parquet"
        )
    pl.concat(pl.read_parquet(file) for file in sorted(files.iterdir())).write_parquet(
        tmp_path / "both.parquet"
    )
    found = [open_dataset(path) for path in (folders, files, tmp_path / "both.parquet")]
    assert all(one.symbols == ("BTC", "ETH") for one in found)
    assert all(one.bars.equals(found[0].bars) for one in found)
    assert found[0].bars["close"].dtype == pl.Float64()
    assert found[0].frequency == "1m"


def test_a_file_without_a_symbol_column_is_named_by_its_symbol(tmp_path):
    assert open_dataset(flat(tmp_path, "000001", named=True)).symbols == ("000001",)


def test_some_symbols_and_a_span_whose_end_is_not_in_it(tmp_path):
    folder = flat(tmp_path, "AAA", "BBB")
    times = ("2023-01-01T00:01", datetime(2023, 1, 1, 0, 2, tzinfo=UTC))
    found = open_dataset(folder, symbols=("BBB",), start=times[0], end=times[1])
    assert closes(found) == [1101.0]
    assert closes(open_dataset(folder, symbols=("AAA",), end=times[1])) == [100.0, 101.0]


@pytest.mark.parametrize(
    ("span", "wanted"),
    [
        ({"start": date(2023, 2, 1)}, [200.0, 201.0, 202.0]),
        ({"end": "2023-02-01"}, [100.0, 101.0, 102.0]),
        ({"start": "2023-01-01", "end": "2023-03-01"}, [100.0, 101.0, 102.0, 200.0, 201.0, 202.0]),
    ],
)
def test_a_span_of_months_may_be_open_at_either_end(tmp_path, span, wanted):
    assert closes(open_dataset(dataset(tmp_path), symbols=("BTC",), **span)) == wanted


def test_longer_bars(tmp_path):
    found = open_dataset(flat(tmp_path, "AAA"), timeframe="1h")
    assert (found.frequency, closes(found)) == ("1h", [102.0])


def test_the_version_is_that_of_what_was_asked_for(tmp_path):
    folder = flat(tmp_path, "AAA", "BBB")
    same = open_dataset(folder, symbols=("AAA",)).version
    assert open_dataset(folder, symbols=("AAA",)).version == same
    assert open_dataset(folder).version != same
    assert open_dataset(folder, symbols=("AAA",), end="2023-01-02").version != same
    bars(first=7.0).with_columns(symbol=pl.lit("AAA")).write_parquet(folder / "AAA.parquet")
    assert open_dataset(folder, symbols=("AAA",)).version != same


@pytest.mark.parametrize(
    ("step", "told"), [("1s", "1s"), ("5m", "5m"), ("4h", "4h"), ("1d", "1d"), ("1w", "1w")]
)
def test_how_far_bars_are_apart(step, told):
    start = datetime(2024, 1, 1, tzinfo=UTC)
    clock = pl.datetime_range(start, datetime(2024, 3, 1, tzinfo=UTC), step, eager=True)[:20]
    frame = pl.DataFrame({"timestamp": clock, "symbol": "A"})
    assert frequency_of(frame) == told
    assert frequency_of(frame.head(1)) == "1d"


# --- what is wrong -------------------------------------------------------------------------------


def test_nothing_lies_in_the_span(tmp_path):
    told = r"no bars from 2024-01-01 00:00; they are from 2023-01-01 00:00 to 2023-01-01 00:02"
    with pytest.raises(DataMissing, match=told):
        open_dataset(flat(tmp_path, "AAA"), start="2024-01-01")
    hours = {"start": "2023-01-01T05:00", "end": "2023-01-01T06:00"}
    with pytest.raises(DataMissing, match="no bars from 2023-01-01 05:00 until"):
        open_dataset(dataset(tmp_path / "hive"), **hours)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"start": "31.1.2024"}, "from is '31.1.2024'; write it as 2024-01-31"),
        ({"start": "2024-02-01", "end": "2024-01-01"}, "not before to"),
    ],
)
def test_times_that_cannot_be(tmp_path, asked, told):
    with pytest.raises(InputError, match=told):
        open_dataset(flat(tmp_path, "AAA"), **asked)


def test_bars_that_are_not_there(tmp_path):
    with pytest.raises(DataMissing, match=r"nowhere: there are no bars; name a Parquet file"):
        open_dataset(tmp_path / "nowhere")
    with pytest.raises(DataMissing, match="has no bars of CCC"):
        open_dataset(flat(tmp_path, "AAA"), symbols=("AAA", "CCC"))
    with pytest.raises(DataMissing, match="symbol=CCC"):
        open_dataset(dataset(tmp_path / "hive"), symbols=("CCC",))


def test_columns_that_are_not_those_of_bars(tmp_path):
    file = tmp_path / "AAA.parquet"
    bars().drop("close").write_parquet(file)
    with pytest.raises(SchemaDrift, match=r"AAA\.parquet: column 'close' is missing"):
        open_dataset(file)
    bars().with_columns(timestamp=pl.lit("today")).write_parquet(file)
    with pytest.raises(SchemaDrift, match="column 'timestamp' is String, not a time"):
        open_dataset(file)
    bars().with_columns(open=pl.lit("1")).write_parquet(file)
    with pytest.raises(SchemaDrift, match="column 'open' is String, not a number"):
        open_dataset(file)
    file.write_text("prices", encoding="utf-8")
    with pytest.raises(SchemaDrift, match="is no Parquet file"):
        open_dataset(file)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (pl.col("timestamp").max(), "AAA at 2023-01-01 00:02:00.* does not come after the bar"),
        (pl.lit(float("inf")).alias("close"), "has close inf, no price"),
        (pl.lit(0.0).alias("open"), "has open 0.0, no price"),
    ],
)
def test_bars_that_cannot_be(tmp_path, change, told):
    file = tmp_path / "AAA.parquet"
    bars().with_columns(change).write_parquet(file)
    with pytest.raises(BarsError, match=told):
        open_dataset(file)


def test_a_missing_price_is_no_fault(tmp_path):
    file = tmp_path / "AAA.parquet"
    gap = pl.when(pl.int_range(pl.len()) == 1).then(None).otherwise(pl.col("close"))
    bars().with_columns(gap.alias("close")).write_parquet(file)
    assert closes(open_dataset(file)) == [100.0, None, 102.0]


def test_a_folder_named_by_another_layout(tmp_path):
    write(tmp_path, "BTC", bars(), year=2023, month=1)
    assert open_dataset(str(tmp_path)).symbols == ("BTC",)
