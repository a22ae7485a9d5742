"""The race of the research engine: what our sides tell, and what counts as the same."""

import json
import sys
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from engine.metrics import Convention, summarize
from engine.vectorized import VectorizedEngine
from parity.bench.engine import Rival, bench_engine, differences
from parity.bench.minutes import long_minutes
from parity.bench.race import Runner, Side
from parity.bench.stopwatch.crossing import CLEAR, FAST, SLOW, trips_of

RIVAL = Rival("other", (), 4, 1e-9)


def told(module, folder, arrays):
    with Runner(Side("ours", (sys.executable, "-m", f"parity.bench.stopwatch.{module}"))) as runner:
        runner.load(folder, arrays)
        assert runner.run() > 0
        runner.fills(folder / "found.npy")
    return np.load(folder / "found.npy")


def write(folder, arrays, settings):
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    (folder / "settings.json").write_text(json.dumps(settings))


def test_our_side_tells_the_round_trips_of_the_screen(tmp_path):
    prices, _ = long_minutes(5_000)
    write(tmp_path, prices, {})
    rows = told("cross_on_truefill", tmp_path, list(prices))
    close = pl.Series(prices["close"])
    above = (close.rolling_mean(FAST) > close.rolling_mean(SLOW) * CLEAR).fill_null(value=False)
    inside = above.to_numpy()
    entries = np.flatnonzero(inside & ~np.r_[False, inside[:-1]])
    exits = np.flatnonzero(~inside & np.r_[False, inside[:-1]])
    assert rows["entry"][:-1].tolist() == entries[: len(exits)].tolist()
    assert rows["exit"][:-1].tolist() == exits.tolist()
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    clock = [begin + timedelta(minutes=bar) for bar in range(len(close))]
    bars = pl.DataFrame({"timestamp": clock, "symbol": "X", "close": close, "signal": above})
    equity = VectorizedEngine("close").run(bars).account.collect()["equity"]
    assert rows["return"][-1] == pytest.approx(equity[-1], rel=1e-12)


def test_our_side_tells_nine_figures(tmp_path):
    returns = np.random.default_rng(2).normal(0, 0.01, 252)
    write(tmp_path, {"returns": returns}, {"times": 3})
    assert told("nine_on_truefill", tmp_path, ["returns"]).tolist() == list(
        summarize(returns, Convention(252.0))
    )


def test_one_trip_that_differs_is_found_and_one_that_is_missing():
    ours = trips_of([1, 5], [3, 9], [0.1, 0.2], 1.32)
    later = trips_of([1, 6], [3, 9], [0.1, 0.2], 1.32)
    fewer = trips_of([1], [3], [0.1], 1.1)
    assert [figure.missed for figure in differences("", ours, ours, RIVAL)] == [False, False]
    assert [figure.missed for figure in differences("", ours, later, RIVAL)] == [True, False]
    assert [figure.missed for figure in differences("", ours, fewer, RIVAL)] == [True, True]


@pytest.mark.peer
def test_the_real_peers_find_the_same():
    document = bench_engine(rounds=1, smoke=True)
    assert document["missed"] == []
