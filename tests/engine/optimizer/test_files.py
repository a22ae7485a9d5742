"""Bars by name: a path, a dataset, an object store; and the bar that moves meanwhile."""

import io
import time
from datetime import UTC, datetime

import polars as pl
import pytest
from far import object_store, put
from polars.testing import assert_frame_equal
from rich.console import Console
from searches import FILE, minutes

from engine.data_loader import DataSpec
from engine.errors import DataMissing, SearchError
from engine.optimizer import Files, ParamOptimizer
from engine.optimizer.dataset import opened, version_of
from engine.optimizer.progress import progress_bar
from engine.strategies.sma_cross import SmaCross

SETS = [{"fast": 5, "slow": 20}, {"fast": 8, "slow": 40}]


@pytest.fixture
def store():
    with object_store() as options:
        yield options


def test_from_an_object_store(store, tmp_path):
    put(store, minutes(2000), "minutes/BTCUSDT.parquet", tmp_path)
    far = Files("s3://bars/minutes/*.parquet", storage_options=store)
    found = ParamOptimizer().run_parallel(far, SmaCross, SETS)
    near = ParamOptimizer().run_parallel(minutes(2000), SmaCross, SETS)
    assert_frame_equal(found.table, near.table, check_exact=True)
    with pytest.raises(DataMissing, match="s3://bars/nothing"):
        Files("s3://bars/nothing.parquet", storage_options=store).read()
    address = "s3://bars/minutes/BTCUSDT.parquet"
    one = Files(address, "2025-05-26", timeframe="1h", storage_options=store)
    hours = one.read()
    assert hours.frequency == "1h"
    assert hours.symbols == ("BTCUSDT",)
    assert hours.bars["timestamp"][0] == datetime(2025, 5, 26, tzinfo=UTC)


def test_a_path_a_folder_and_a_frame_are_the_same_bars(tmp_path):
    bars = minutes(2000)
    folder = tmp_path / "symbol=BTCUSDT" / "year=2025" / "month=05"
    folder.mkdir(parents=True)
    bars.drop("symbol").write_parquet(folder / "data.parquet")
    bars.write_parquet(tmp_path / "one.parquet")
    spec = DataSpec(tmp_path, None, precision="float64")
    tables = [
        ParamOptimizer().run_parallel(dataset, SmaCross, SETS).table
        for dataset in (bars, bars.lazy(), spec, tmp_path / "one.parquet", opened(bars))
    ]
    for table in tables[1:]:
        assert_frame_equal(table, tables[0], check_exact=True)


def test_bars_are_named_by_their_content():
    bars = minutes(100)
    assert version_of(opened(bars)) == version_of(opened(bars.lazy()))
    other = bars.with_columns(close=pl.col("close") + 1)
    assert version_of(opened(bars)) != version_of(opened(other))
    assert version_of(opened(FILE)) == version_of(opened(Files(str(FILE))))


def test_no_bars():
    with pytest.raises(SearchError, match="has no bar"):
        ParamOptimizer().run_parallel(minutes(0), SmaCross, SETS)
    with pytest.raises(DataMissing):
        ParamOptimizer().run_parallel("nowhere.parquet", SmaCross, SETS)


def test_the_bar_shows_rate_time_left_and_failures():
    screen = Console(file=io.StringIO(), force_terminal=True, width=120)
    with progress_bar("sma_cross", screen) as heard:
        for done, failed in ((0, 0), (20, 3), (40, 3)):
            heard(done, 100, failed)
            time.sleep(0.05)
    shown = screen.file.getvalue()
    assert "sma_cross" in shown and "40/100" in shown and "3 failed" in shown and "/s" in shown
