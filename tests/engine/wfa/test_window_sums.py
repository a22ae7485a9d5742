"""Windows put together from segments equal windows run by themselves."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markets import bars_of, noise

from engine.errors import StrategyError, WindowError
from engine.metrics import Convention, measure_returns
from engine.strategies.sma_cross import SmaCross
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine
from engine.wfa.kernels import Flow, add_up
from engine.wfa.segments import FIELDS, KNOWN, Segments, edges_of, measured
from engine.wfa.tape import Course

CONVENTION = Convention(periods_per_year=365.0, risk_free=0.0001, target=0.0002)


def segments_of(course, signal, edges, target=0.0):
    flow = course.play(signal, course.room())
    sums = np.empty((1, len(edges) - 1, len(FIELDS)))
    add_up(flow, edges, target, sums[0])
    return Segments(edges, sums), flow


def test_edges_are_those_of_all_spans():
    assert edges_of([(0, 4), (4, 6), (2, 8)]).tolist() == [0, 2, 4, 6, 8]


@pytest.mark.parametrize("execution", ["close", "next_open", "next_close"])
def test_one_symbol_is_traded_to_the_bit_as_the_engine_does(execution):
    engine = VectorizedEngine(execution, fee=0.001, slippage=0.0005)
    bars, strategy = noise(400, 3), SmaCross(5, 20, -1.0)
    course = Course.of(bars, engine)
    flow = course.play(course.signal(strategy), course.room())
    account = engine.run(strategy.run(bars.lazy(), debug=True)).account.collect()
    for name in ("net", "turnover", "exposure", "cost"):
        assert np.array_equal(getattr(flow, name), account[name].to_numpy()), name


def test_several_symbols_with_gaps_and_weights():
    one, other = noise(300, 1), bars_of(np.random.default_rng(2).normal(0, 0.02, 300), "Y")
    bars = pl.concat([one, other.filter(pl.int_range(pl.len()) % 7 != 3)]).sample(
        fraction=1.0, shuffle=True, seed=1
    )
    engine = VectorizedEngine(fee={"X": 0.001, "Y": 0.002}, weights={"X": 0.3, "Y": 0.5})
    strategy = SmaCross(4, 15)
    course = Course.of(bars, engine)
    flow = course.play(course.signal(strategy), course.room())
    rows = bars.sort("symbol", "timestamp")
    account = engine.run(strategy.run(rows.lazy(), debug=True)).account.collect()
    assert np.allclose(flow.net, account["net"].to_numpy(), rtol=0, atol=1e-16)
    begun = engine.run(strategy.run(rows.lazy(), debug=True)).trades.collect().height
    assert flow.entries.sum() == begun


@pytest.mark.parametrize("strategy", [SmaCross(5, 20), SmaCross(3, 12, -1.0)])
def test_metrics_of_a_window_are_those_of_its_returns(strategy):
    course = Course.of(noise(500, 4), VectorizedEngine(fee=0.001))
    edges = np.array([0, 30, 31, 150, 320, 500], dtype=np.int64)
    segments, flow = segments_of(course, course.signal(strategy), edges, CONVENTION.target)
    for start, end in [(0, 500), (30, 320), (31, 150), (150, 500), (30, 31)]:
        found = measured(segments.window(start, end), CONVENTION)
        whole = measure_returns(flow.net[start:end], convention=CONVENTION)
        known = dict(whole.iter_rows())
        for name in KNOWN:
            own = found[name][0]
            if name in ("turnover", "annual_turnover", "commission", "exposure", "trade_count"):
                continue
            assert own == pytest.approx(known[name], rel=1e-12, abs=1e-15, nan_ok=True), name
        assert found["turnover"][0] == pytest.approx(flow.turnover[start:end].sum(), rel=1e-12)
        assert found["trade_count"][0] == flow.entries[start:end].sum()


@given(st.lists(st.integers(1, 299), max_size=12), st.integers(0, 2**32 - 1))
def test_however_time_is_cut_the_whole_is_the_same(cuts, seed):
    net = np.random.default_rng(seed).normal(0.0005, 0.02, 300)
    flow = Flow(net, *np.zeros((4, 300)))
    edges = np.array(sorted({0, 300, *cuts}), dtype=np.int64)
    many, one = np.empty((1, len(edges) - 1, len(FIELDS))), np.empty((1, 1, len(FIELDS)))
    add_up(flow, edges, 0.0, many[0])
    add_up(flow, np.array([0, 300], dtype=np.int64), 0.0, one[0])
    whole = Segments(edges, many).window(0, 300)[0]
    assert whole == pytest.approx(one[0, 0], rel=1e-10, abs=1e-15)


def test_a_trial_that_never_trades_has_no_ratio():
    course = Course.of(noise(60, 5), VectorizedEngine())
    segments, _ = segments_of(course, np.zeros(60), np.array([0, 30, 60], dtype=np.int64))
    found = measured(segments.window(0, 60), CONVENTION)
    assert np.isnan(measured(segments.window(0, 60), Convention())["sharpe"][0])
    assert found["total_return"][0] == found["max_drawdown"][0] == 0.0


def test_a_drawdown_over_a_seam():
    """Up 10 %, down 20 % | down 10 %, up 50 %: the deepest point lies behind the seam."""
    net = np.array([0.1, -0.2, -0.1, 0.5])
    course = Course.of(noise(4, 1), VectorizedEngine())
    flow = course.room()._replace(net=net, entries=np.zeros(4), turnover=np.zeros(4))
    sums = np.empty((1, 2, len(FIELDS)))
    add_up(flow, np.array([0, 2, 4], dtype=np.int64), 0.0, sums[0])
    whole = Segments(np.array([0, 2, 4]), sums).window(0, 4)
    found = measured(whole, CONVENTION)
    assert found["max_drawdown"][0] == pytest.approx(0.8 * 0.9 - 1.0)
    assert found["total_return"][0] == pytest.approx(1.1 * 0.8 * 0.9 * 1.5 - 1.0)


def test_a_span_that_is_not_made_of_segments():
    segments = Segments(np.array([0, 5, 10]), np.zeros((1, 2, len(FIELDS))))
    for span in [(0, 7), (5, 5), (1, 10), (5, 12)]:
        with pytest.raises(WindowError, match="begin and end"):
            segments.window(*span)


def test_a_strategy_that_drops_rows_is_told():
    class Drops(StrategyBase):
        name = "drops"

        def add_indicators(self, lf):
            return lf.filter(pl.col("close") > 100)

        def signal(self):
            return pl.lit(1.0)

    course = Course.of(noise(50, 1), VectorizedEngine())
    with pytest.raises(StrategyError, match="keep the rows"):
        course.signal(Drops())
