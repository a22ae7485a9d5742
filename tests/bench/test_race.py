"""The race: real minutes without gaps of our making, both sides in processes, fills to the bit."""

import sys
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError, OptionError, PeerFailed
from parity.bench.minutes import SOURCE, SYMBOLS, long_minutes, read_minutes
from parity.bench.race import Runner, Side, differing_fills
from parity.bench.stopwatch.loop import FILL, checksum
from parity.bench.suite import run_bench
from parity.bench.workloads import WORKLOADS, dense_arrays, sparse_arrays, write_arrays

ROOT = Path(__file__).parents[2]
DOUBLER = f"""
import sys
sys.path.append({str(ROOT)!r})
import numpy as np
from parity.bench.stopwatch.loop import FILL, serve

def prepare(arrays, settings):
    return lambda: arrays["close"] * 2

def read(prices):
    rows = np.zeros(len(prices), dtype=FILL)
    rows["price"] = prices
    return rows

serve(prepare, read)
"""


def side(source):
    return Side("doubler", [sys.executable, "-c", source])


def test_the_series_continues_without_a_gap_where_one_symbol_ends():
    first = read_minutes(SOURCE / f"{SYMBOLS[0]}.parquet")
    seam = len(first)
    prices, told = long_minutes(seam + 100)
    assert len(prices["close"]) == seam + 100
    assert prices["close"][0] == first[0, 3]
    assert prices["open"][seam] == pytest.approx(prices["close"][seam - 1], rel=1e-12)
    second = read_minutes(SOURCE / f"{SYMBOLS[1]}.parquet")
    move = prices["close"][seam + 99] / prices["open"][seam]
    assert move == pytest.approx(second[99, 3] / second[0, 0], rel=1e-12)
    assert "BTCUSDT, ETHUSDT" in told


def test_the_series_starts_again_when_the_real_minutes_end():
    prices, told = long_minutes(216_100)
    assert (prices["high"] >= prices["low"]).all()
    assert "1.00 times through" in told


def test_without_the_stored_bars_the_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"BTCUSDT\.parquet is not there"):
        long_minutes(10, tmp_path)


def test_dense_and_sparse_signals_are_the_same(tmp_path):
    prices, _ = long_minutes(2000)
    folder = write_arrays(WORKLOADS[1], prices, 3, tmp_path)
    for signal in ("entry", "short_entry"):
        dense = np.load(folder / f"{signal}.npy")
        start = np.load(folder / f"{signal}_start.npy")
        bars = np.load(folder / f"{signal}_bars.npy")
        for column in range(3):
            mine = bars[start[column] : start[column + 1]]
            assert mine.tolist() == np.flatnonzero(dense[:, column]).tolist()
        assert 0.001 < dense.mean() < 0.01
    assert set(dense_arrays(WORKLOADS[1])) & {"entry_start", "entry_bars"} == set()
    assert "entry" not in sparse_arrays(WORKLOADS[1])
    assert np.load(folder / "trails.npy").tolist() == [False, True, False]


def test_a_side_loads_runs_and_tells_its_fills(tmp_path):
    prices = dict.fromkeys(("open", "high", "low", "close"), np.array([10.0, 12.0]))
    write_arrays(WORKLOADS[0], prices, 1, tmp_path)
    with Runner(side(DOUBLER)) as runner:
        runner.load(tmp_path, ["close"])
        assert runner.run() > 0
        told = runner.fills(tmp_path / "fills.npy")
        assert runner.memory() > 1e6
    rows = np.load(tmp_path / "fills.npy")
    assert rows["price"].tolist() == [20.0, 24.0]
    assert told == {"fills": 2, "checksum": checksum(rows)}


def test_a_side_that_dies_is_named_with_its_last_words():
    with pytest.raises(PeerFailed, match=r"doubler ended with exit code 1: .*no such engine"):
        Runner(side("raise SystemExit('no such engine')"))


def test_fills_are_compared_in_every_bit(tmp_path):
    ours = np.zeros(3, dtype=FILL)
    ours["price"] = [10.0, 11.0, 0.1 + 0.2]
    theirs = ours.copy()
    theirs["price"][2] = 0.3
    np.save(tmp_path / "ours.npy", ours)
    np.save(tmp_path / "theirs.npy", theirs)
    np.save(tmp_path / "fewer.npy", ours[:1])
    assert differing_fills(tmp_path / "ours.npy", tmp_path / "ours.npy") == 0
    assert differing_fills(tmp_path / "ours.npy", tmp_path / "theirs.npy") == 1
    assert differing_fills(tmp_path / "ours.npy", tmp_path / "fewer.npy") == 2
    assert checksum(ours) != checksum(theirs)


def test_an_unknown_benchmark_names_the_known_ones():
    with pytest.raises(OptionError, match=r"unknown benchmark 'lunch'; .* parity"):
        run_bench("lunch")
