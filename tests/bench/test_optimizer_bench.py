"""The race of searches: what it writes, and that it tells equal results from others."""

import json

import numpy as np
import pytest

from parity.bench import optimizer as bench
from parity.bench.goals import Figure, at_least, at_most
from parity.bench.race import Runner
from parity.bench.stopwatch.loop import FILL, checksum


class Found:
    """A side that has found what it is told."""

    def __init__(self, equities, trades=2):
        self.rows = np.zeros(len(equities), dtype=FILL)
        self.rows["price"], self.rows["quantity"], self.rows["bar"] = equities, trades, trades

    def fills(self, into):
        np.save(into, self.rows)
        return {"fills": len(self.rows), "checksum": checksum(self.rows)}


def test_sets_of_the_peers_are_the_first_of_ours(tmp_path):
    folder, told = bench.write_arrays(bench.FULL, tmp_path)
    fast, slow = np.load(folder / "fast.npy"), np.load(folder / "slow.npy")
    assert (len(fast), len(np.load(folder / "many_fast.npy"))) == (100, 100_000)
    assert np.load(folder / "kernel_fast.npy")[:100].tolist() == fast.tolist()
    assert np.load(folder / "polars_slow.npy")[:100].tolist() == slow.tolist()
    assert len(np.load(folder / "close.npy")) == 100_000
    assert json.loads((folder / "settings.json").read_text())["few"] == 3
    assert "no means tie" in told


@pytest.mark.parametrize(("off", "trades", "missed"), [(0, 2, []), (1e-5, 2, 1), (0, 3, 1)])
def test_another_equity_or_other_trades_miss_a_goal(tmp_path, off, trades, missed):
    folder, _ = bench.write_arrays(bench.SMOKE, tmp_path)
    found = {
        bench.KERNEL: Found([1.1, 0.9, 1.0, 1.2, 0.8, 1.0]),
        bench.VECTORBT: Found(np.array([1.1, 0.9, 1.0, 1.2, 0.8 + off, 1.0]) * bench.CASH, trades),
        bench.BACKTESTING: Found(np.array([1.1, 0.9]) * bench.CASH * (1 + 1e-8)),
    }
    figures = bench.same_equity(found, folder)
    count = sum(figure.missed for figure in figures)
    assert count == (missed or 0)
    compared = {f.side: f.value for f in figures if f.name == "sets compared"}
    assert compared == {bench.KERNEL: 6, bench.VECTORBT: 6, bench.BACKTESTING: 2}


def test_both_of_ours_search_alike(tmp_path):
    folder, _ = bench.write_arrays(bench.SMOKE, tmp_path)
    sums = set()
    for name, jobs in ((bench.KERNEL, 1), (bench.KERNEL, 2), (bench.POLARS, 1)):
        with Runner(bench.ours(name, jobs)) as runner:
            runner.load(folder, bench.names_for(name))
            seconds, spent = runner.times()
            assert seconds > 0 and spent > 0
            sums.add(runner.fills(tmp_path / "found.npy")["checksum"])
    assert len(sums) == 1


def test_a_quick_run_only_asks_for_equal_results():
    slow = Figure("sweep", "times vectorbt", 1.0, "x", at_least(60))
    apart = Figure("the same equity", "largest relative difference", 0.5, "", at_most(1e-12))
    assert bench.without_goal(slow).goal is None
    assert bench.without_goal(apart).missed
