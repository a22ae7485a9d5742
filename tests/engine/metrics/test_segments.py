"""What is summed from changes equals what the screen measures bar by bar."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.metrics.accounts import STRIDE
from engine.metrics.convention import Convention, chosen_for
from engine.metrics.segmented import Scratch, Span, ground_of, segmented_metrics
from engine.vectorized import DELAY, VectorizedEngine

BARS = pl.read_parquet("reference_data/bars/crypto_1m_binance_perp/BTCUSDT.parquet").head(1500)
RELATIVE = 1e-12
# They need every return at once and are the engine's own.
LACKING = {
    "value_at_risk",
    "conditional_value_at_risk",
    "tail_ratio",
    "common_sense_ratio",
    "stability",
}


def ground_under(bars, engine, rate):
    opened = engine.execution == "next_open"
    close = bars["close"].to_numpy()
    since = np.concatenate([[np.nan], close[:-1]])
    start = bars["open"].to_numpy() if opened else since
    moves = np.nan_to_num(start / since - 1.0), np.nan_to_num(close / start - 1.0)
    ground = ground_of(
        bars["timestamp"],
        (*moves, np.full(len(close), rate)),
        delay=DELAY[engine.execution],
        lead=0 if opened else 1,
        target=engine.convention.target,
    )
    return ground, Span(0, len(close), chosen_for(bars["timestamp"], engine.convention))


def segmented(bars, signal, engine, rate):
    ground, span = ground_under(bars, engine, rate)
    scratch = Scratch(1, len(signal))
    scratch.signals[0] = signal
    return segmented_metrics(ground, scratch, 1, span)[0]


def assert_same(found, screen):
    for name, value in screen.items():
        if name in LACKING or name not in found:
            assert name in LACKING or math.isnan(value), name
        elif math.isnan(value):
            assert math.isnan(found[name]), name
        else:
            assert found[name] == pytest.approx(value, rel=RELATIVE, abs=0), name


def compare(bars, signal, execution="next_open", rate=0.0005, **convention):
    engine = VectorizedEngine(execution, fee=rate, convention=Convention(**convention))
    frame = bars.with_columns(signal=pl.Series(signal))
    screen = dict(engine.run(frame).metrics.iter_rows())
    assert_same(segmented(bars, signal, engine, rate), screen)


def blocks_of(sides, lengths):
    return np.repeat(np.array(sides, dtype=np.int8), lengths)


@pytest.mark.parametrize("execution", ["next_open", "close", "next_close"])
@pytest.mark.parametrize("rate", [0.0, 0.0005])
def test_runs_of_all_lengths(execution, rate):
    # long, flat and short for one bar, for two, across a block of running sums, and for hundreds
    lengths = [1, 1, 2, 1, 3, 300, 1, 1, 257, 2, 400, 30, 1, 500]
    sides = [1, -1, 1, 0, -1, 1, 0, 1, -1, 0, 1, -1, 1, 0]
    signal = blocks_of(sides, lengths)
    compare(BARS, signal, execution, rate)
    compare(BARS, signal, execution, rate, target=2e-5, risk_free=1e-6)
    compare(BARS, -signal, execution, rate, target=-1e-5)


LONG = pl.read_parquet("reference_data/bars/crypto_1m_binance_perp/DOGEUSDT.parquet").head(9_000)


@pytest.mark.parametrize("execution", ["next_open", "close", "next_close"])
def test_changes_at_the_edge_of_a_stride(execution):
    # in and out on the last bar of a stride, on the first of the next, and held across both
    edges = [STRIDE - 3, 1, 1, 1, 1, 1, STRIDE - 3, 2, 2 * STRIDE, 9_000 - 4 * STRIDE - 1]
    sides = [0, 1, -1, 0, 1, 0, 1, -1, 1, 0]
    compare(LONG, blocks_of(sides, edges), execution)


@pytest.mark.parametrize("tick", [0.0005, 0.002, 0.02])
def test_wealth_that_comes_back_to_its_peak(tick):
    # On a coarse grid of prices a peak is reached again and again; whether wealth is at it, or the
    # last digit below, is a matter of every product before.
    grid = [(pl.col(name) / tick).round() * tick for name in ("open", "close")]
    bars = LONG.with_columns(grid)
    for sides in ([1, 0], [1, -1], [0, -1]):
        compare(bars, blocks_of(sides, [7_000, 2_000]), rate=0.0)
        compare(bars, blocks_of(sides * 45, [100] * 90), "close", rate=0.0)


def test_wealth_that_is_lost():
    # short while the price trebles: wealth is below 0, and no return brings it back
    bars = LONG.with_columns(close=pl.int_range(pl.len()) * 0.01 + 1.0)
    compare(bars, blocks_of([-1, 1], [1_000, 8_000]), "close", rate=0.0, periods_per_year=252.0)
    tripled = bars.with_columns(
        close=pl.when(pl.int_range(pl.len()) < 50).then(1.0).otherwise(3.0) + pl.col("close") / 1e3
    )
    compare(tripled, blocks_of([-1], [9_000]), "close", rate=0.0, periods_per_year=252.0)


def test_accounts_do_not_touch_each_other():
    rng = np.random.default_rng(3)
    lengths = rng.integers(1, 60, size=(5, 400))
    sides = rng.integers(-1, 2, size=(5, 400))
    engine = VectorizedEngine(fee=0.0005)
    ground, span = ground_under(LONG, engine, 0.0005)
    scratch = Scratch(6, len(LONG))
    for place in range(5):
        scratch.signals[place] = blocks_of(sides[place], lengths[place])[: len(LONG)]
    scratch.signals[5, 4_000] = 2
    together = segmented_metrics(ground, scratch, 6, span)
    assert together[5] is None, "a signal of 2"
    for place in range(5):
        alone = segmented(LONG, scratch.signals[place], engine, 0.0005)
        assert together[place] == pytest.approx(alone, rel=0, abs=0, nan_ok=True)


def test_never_a_position():
    compare(BARS, np.zeros(1500, dtype=np.int8))


def test_held_until_the_end():
    compare(BARS, np.ones(1500, dtype=np.int8))


def test_two_bars():
    compare(BARS.head(2), np.array([1, 0], dtype=np.int8), periods_per_year=252.0)


def test_prices_that_do_not_move():
    still = BARS.with_columns(open=pl.lit(100.0), close=pl.lit(100.0))
    compare(still, blocks_of([1, 0, -1], [500, 500, 500]), rate=0.0)


@settings(max_examples=80)
@given(
    st.lists(st.tuples(st.sampled_from([-1, 0, 1]), st.integers(1, 60)), min_size=1, max_size=40),
    st.sampled_from(["next_open", "close", "next_close"]),
    st.sampled_from([0.0, 0.001]),
    st.integers(0, 400),
)
def test_any_signal(runs, execution, rate, start):
    signal = blocks_of(*zip(*runs, strict=True))[:1000]
    bars = BARS.slice(start, len(signal))
    if len(bars) < 3:
        return
    engine = VectorizedEngine(execution, fee=rate, convention=Convention(525_600.0))
    screen = dict(engine.run(bars.with_columns(signal=pl.Series(signal))).metrics.iter_rows())
    found = segmented(bars, signal, engine, rate)
    for name, value in screen.items():
        if name in found and not math.isnan(value):
            # A return near 0 is a difference of nearly equal numbers: fewer digits in both.
            assert found[name] == pytest.approx(value, rel=RELATIVE, abs=1e-13), name
