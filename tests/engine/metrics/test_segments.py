"""What is summed from changes equals what the screen measures bar by bar."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.metrics.convention import Convention, chosen_for
from engine.metrics.segmented import Scratch, Span, allow_shorts, ground_of, segmented_metrics
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


def segmented(bars, signal, engine, rate):
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
    allow_shorts(ground)
    scratch = Scratch(len(close))
    scratch.signal[:] = signal
    span = Span(0, len(close), chosen_for(bars["timestamp"], engine.convention))
    return segmented_metrics(ground, scratch, span)


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
