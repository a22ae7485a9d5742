"""The races of loading and resampling: what is loaded, that sides must agree, what is missed."""

import json
import sys
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from engine.data_loader import ParquetLoader
from engine.errors import PeerFailed
from parity.bench.data import Heat, hours_heat, load_heat, month_heat, race, write_minutes
from parity.bench.goals import at_least, at_most
from parity.bench.hive import build_hive, month_of
from parity.bench.race import Side
from parity.bench.stopwatch.rows import PRICES, rows_of

OURS = Side("truefill", (sys.executable, "-m", "parity.bench.stopwatch.on_loader", "hours"))
HAND = Side("hand", (sys.executable, "-m", "parity.bench.stopwatch.on_loader", "polars"))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_a_hive_of_text_symbols_is_made_once(cache):
    heard = []
    hive, told = build_hive(2, 2, say=heard.append)
    assert heard == ["writing symbol 1 of 2", "writing symbol 2 of 2"]
    assert told.startswith("2 symbols x 2 months of minutes from January 2022, 169,920 bars in 4")
    span = (date(2022, 2, 1), date(2022, 3, 1))
    bars = ParquetLoader().load_dataset(hive, span, ("000002",)).collect()
    assert bars.height == 28 * 1440
    assert bars["symbol"].unique().to_list() == ["000002"]
    assert bars["timestamp"].max() == datetime(2022, 2, 28, 23, 59, tzinfo=UTC)
    assert build_hive(2, 2, say=heard.append)[0] == hive
    assert len(heard) == 2, "what is there is not made again"


def test_months_roll_over():
    assert month_of(0) == datetime(2022, 1, 1, tzinfo=UTC)
    assert month_of(13) == datetime(2023, 2, 1, tzinfo=UTC)


def test_rows_are_compared_as_bars():
    times = np.array(["2022-01-01T00:01"], dtype="datetime64[ms]")
    rows = rows_of(times, ([float(n)] for n in range(5)))
    assert rows[0].tolist() == (1_640_995_260_000, 0.0, 1.0, 2.0, 3.0, 4.0)
    assert rows.dtype.names == ("time", *PRICES)


def figures_of(tmp_path, *sides, **told):
    minutes = tmp_path / "minutes.parquet"
    write_minutes(minutes, 3_000)
    heat = Heat("hours", {"minutes": str(minutes)}, sides, **told)
    return {(one.side, one.name): one for one in race(heat, tmp_path, 1, lambda _text: None)}


def test_a_race_of_two_sides(tmp_path):
    goals = {"hand": at_least(1e9)}
    found = figures_of(tmp_path, OURS, HAND, goals=goals, within=at_most(1e9), memory=at_most(1))
    assert found["truefill", "bars"].value == 50
    assert found["hand", "first call of a process"].value > 0
    assert found["truefill", "checksum"].value == found["hand", "checksum"].value
    assert found["hand", "times as much as ours"].missed
    assert not found["truefill", "ours over the best"].missed
    assert found["truefill", "peak memory"].missed


def test_other_bars_are_no_race(tmp_path):
    minutes = tmp_path / "other.parquet"
    write_minutes(minutes, 3_000)
    pl.read_parquet(minutes).with_columns(pl.col("close") + 1).write_parquet(minutes)
    liar = tmp_path / "liar.py"
    liar.write_text(
        "from parity.bench.stopwatch import on_loader\n"
        "from parity.bench.stopwatch.loop import serve\n"
        f"told = {{'minutes': {str(minutes)!r}}}\n"
        "serve(lambda arrays, _settings: on_loader.hours(arrays, told), on_loader.read)\n"
    )
    with pytest.raises(PeerFailed, match="hours: liar gives 50 other bars than ours"):
        figures_of(tmp_path, OURS, Side("liar", (sys.executable, str(liar))), goals={})


def test_what_the_sides_are_told(tmp_path):
    heat = load_heat(tmp_path, tmp_path / "python", smoke=False)
    assert json.loads(json.dumps(heat.settings))["symbol"] == "000007"
    assert (heat.settings["start"][:7], heat.settings["end"][:7]) == ("2023-02", "2023-03")
    assert {name: goal.bound for name, goal in heat.goals.items()} == {"duckdb": 2, "pandas": 4}
    month = month_heat(tmp_path, smoke=False)
    assert (month.settings["symbol"], month.memory) == (None, at_most(300.0))
    assert hours_heat(tmp_path, tmp_path, smoke=False).within == at_most(1.2)
    assert hours_heat(tmp_path, tmp_path, smoke=True).within is None
