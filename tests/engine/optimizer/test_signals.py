"""Compiled signals: many at once, one by one, or by expressions, always the same."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from searches import minutes

from engine.errors import StrategyError
from engine.optimizer import ParamOptimizer, Scorer, generate_grid
from engine.optimizer.pool import Job, Threads
from engine.optimizer.shared import SharedIndicators
from engine.optimizer.signals import sets_at_once
from engine.strategies.sma_cross import SmaCross, cross, crosses, mean_close
from engine.strategy import TOGETHER, Batch, StrategyBase
from engine.vectorized import VectorizedEngine

BARS = minutes(3000)
ENGINE = VectorizedEngine(fee=0.0005)
GRID = generate_grid({"fast": "5:25:1", "slow": "30:60:10"})


class Single(SmaCross):
    """The same cross, one set at a time."""

    def batch_kernel(self):
        return Batch(cross, ("fast", "slow"), (int(self.short),))


class Mixed(SmaCross):
    """One set in three by expressions, one alone, one with others."""

    def batch_kernel(self):
        ways = (None, Batch(cross, ("fast", "slow"), (0,)), super().batch_kernel())
        return ways[self.fast % 3]


class Breaks(SmaCross):
    """A kernel for many that cannot take them."""

    def batch_kernel(self):
        return Batch(cross, ("fast", "slow"), (int(self.short),), together=broken)


class Strange(SmaCross):
    """A set whose signal is 2."""

    def batch_kernel(self):
        return Batch(twice if self.fast == 6 else cross, ("fast", "slow"), (0,))


class Lacking(SmaCross):
    """A set that asks for a column that no bars have."""

    def indicators(self):
        own = {"slow": pl.col("nowhere")} if self.fast == 6 else {}
        return {**super().indicators(), **own}


def broken(*_given):
    raise ValueError("too many")


def twice(fast, slow, short, out):
    cross(fast, slow, short, out)
    out[out == 1] = 2


@pytest.mark.parametrize("kind", [Single, Mixed, Breaks])
@pytest.mark.parametrize("sets", [GRID, GRID.head(TOGETHER), GRID.head(TOGETHER + 3), GRID.head(1)])
def test_sets_come_out_the_same_however_their_signals_are_made(kind, sets):
    own = ParamOptimizer(ENGINE, jobs=1).run_parallel(BARS, SmaCross, sets).table
    other = ParamOptimizer(ENGINE, jobs=1).run_parallel(BARS, kind, sets).table
    assert own["trade_count"].min() > 0
    assert_frame_equal(own, other, check_exact=True)


def test_many_crosses_at_once():
    # long while above, short while below, flat on the bar that has no mean yet and where they tie
    fast = np.array([np.nan, 2.0, 3.0, 1.0])
    slow = np.array([1.0, 1.0, 3.0, 2.0])
    out = np.full((TOGETHER, 8), 9, dtype=np.int8)
    crosses((fast,) * TOGETHER, (slow,) * TOGETHER, np.array([-1, 0] * (TOGETHER // 2)), out)
    assert out[0].tolist() == [0, 1, 0, -1, 9, 9, 9, 9]
    assert out[1].tolist() == [0, 1, 0, 0, 9, 9, 9, 9]


@pytest.mark.parametrize(("kind", "said"), [(Strange, "none of -1, 0 and 1"), (Lacking, "nowhere")])
def test_one_bad_signal_is_one_failure(kind, said):
    table = ParamOptimizer(ENGINE, jobs=1).run_parallel(BARS, kind, GRID).table
    assert set(table.filter(pl.col("status") == "failed")["fast"]) == {6}
    good = ParamOptimizer(ENGINE, jobs=1).run_parallel(BARS, SmaCross, GRID).table
    fine = pl.col("fast") != 6
    assert_frame_equal(table.filter(fine), good.filter(fine), check_exact=True)
    assert said in table.filter(~fine)["error"][0]


def test_a_bad_signal_alone_is_an_error():
    with pytest.raises(StrategyError, match="none of -1, 0 and 1"):
        Scorer(BARS, ENGINE).score(Strange(6, 30))


def test_indicators_of_many_sets_are_computed_at_once_and_once():
    shared = SharedIndicators(BARS)
    shared.prepare([mean_close(5), mean_close(9), mean_close(5)])
    shared.prepare([mean_close(9), mean_close(11)])
    assert shared.computed == 3
    own = BARS.select(pl.col("close").rolling_mean(9)).to_series()
    assert np.array_equal(shared.floats(mean_close(9)), own.fill_null(np.nan), equal_nan=True)
    assert shared.computed == 3
    with pytest.raises(ValueError, match="read-only"):
        shared.floats(mean_close(9))[0] = 1.0


def test_one_number_for_all_bars_is_a_column():
    shared = SharedIndicators(BARS)
    top = shared.floats(pl.col("close").max().over("symbol"))
    assert top.tolist() == [BARS["close"].max()] * 3000


def test_windows_by_symbol_stay_where_there_are_several():
    both = pl.concat([BARS.head(50), BARS.head(50).with_columns(symbol=pl.lit("B"))])
    mean = SharedIndicators(both).floats(mean_close(5))
    assert np.array_equal(mean[:50], mean[50:], equal_nan=True)
    assert np.isnan(mean[50:54]).all()


def test_more_bars_are_scored_with_fewer_sets():
    assert [sets_at_once(bars) for bars in (100, 100_000, 300_000, 10_000_000)] == [
        128,
        128,
        48,
        16,
    ]


def test_batches_are_large_where_sets_are_quick_and_small_at_the_end():
    quick, slow = Job(SmaCross, ENGINE), Job(Plain, ENGINE)
    assert Threads(2).size(quick, 100_000) == 128
    assert [Threads(2).size(quick, left) for left in (400, 100, 4)] == [100, 25, 16]
    assert Threads(2).size(slow, 100_000) == 32
    assert Threads(1).size(quick, 100) == 100


class Plain(StrategyBase):
    """A strategy of expressions."""

    name = "plain"

    def signal(self):
        return pl.lit(1.0)
