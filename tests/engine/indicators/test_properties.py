"""What holds for every indicator on any bars: its warm-up, no bleed, no future, true digits."""

import inspect
import json
import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import indicators
from engine.indicators import INDICATORS
from parity.environments import PROJECT

ARGS = {"source": "close", "other": "high", "market": "high", "volume": "volume"}
SHORT = {"length": 4, "fast": 3, "slow": 5, "signal": 2, "window": 3, "smooth": 2}


def call(name):
    """Every indicator with short windows, so that few bars show much."""
    wanted = inspect.signature(INDICATORS[name]).parameters
    given = {key: ARGS[key] for key in ARGS if key in wanted}
    return given | {key: SHORT[key] for key in SHORT if key in wanted}


def expression(name):
    return INDICATORS[name](**call(name))


def walk(count, seed, symbol="A"):
    """Bars of a random walk; volumes vary."""
    source = np.random.default_rng(seed)
    close = 100 + source.normal(0, 1, count).cumsum()
    spread = source.uniform(0.1, 1, (2, count))
    return pl.DataFrame(
        {
            "symbol": [symbol] * count,
            "bar": np.arange(count),
            "open": close - 0.05,
            "high": close + spread[0],
            "low": close - spread[1],
            "close": close,
            "volume": source.uniform(1, 9, count),
        }
    )


def flat(column):
    """A struct as its fields."""
    fields = column.struct.fields if isinstance(column.dtype, pl.Struct) else ()
    return [column.struct.field(name) for name in fields] or [column]


def compute(frame, name):
    return flat(frame.select(expression(name).over("symbol").alias(name))[name])


@pytest.mark.parametrize("name", INDICATORS)
def test_the_first_value_comes_after_the_declared_warmup(name):
    warmup = INDICATORS[name].warmup(**call(name))
    for line in compute(walk(60, 1), name):
        assert line.is_not_null().arg_max() == warmup
        assert line.null_count() == warmup
        assert line.is_nan().sum() == 0
    for line in compute(walk(warmup, 1), name) if warmup else ():
        assert line.null_count() == warmup, "one bar less has no value"


@pytest.mark.parametrize("name", INDICATORS)
def test_no_symbol_bleeds_into_another(name):
    apart = [walk(40, seed, symbol) for seed, symbol in enumerate("ABC")]
    alone = pl.concat([one.with_columns(expression(name).alias("own")) for one in apart])
    mixed = pl.concat(apart).sample(fraction=1.0, shuffle=True, seed=5).sort("bar")
    for frame in (pl.concat(apart[::-1]), mixed):
        found = frame.with_columns(expression(name).over("symbol").alias("own"))
        assert found.sort("symbol", "bar").equals(alone.sort("symbol", "bar"))


@pytest.mark.parametrize("name", INDICATORS)
def test_the_future_changes_nothing(name):
    whole = compute(walk(60, 3), name)
    part = compute(walk(60, 3).head(41), name)
    for one, other in zip(part, whole, strict=True):
        assert one.equals(other.head(41))


@pytest.mark.parametrize("name", INDICATORS)
def test_leading_holes_only_put_it_off(name):
    bars = walk(40, 4)
    prices = ("open", "high", "low", "close", "volume")
    hole = bars.head(3).with_columns(pl.lit(None, pl.Float64()).alias(one) for one in prices)
    for late, line in zip(compute(pl.concat([hole, bars]), name), compute(bars, name), strict=True):
        assert late.tail(40).equals(line)


values = st.lists(
    st.floats(-1e6, 1e6, allow_subnormal=False) | st.sampled_from([0.0, 1.0, 1e5 + 0.1]),
    min_size=1,
    max_size=60,
)


@given(values, st.integers(1, 9))
def test_windows_are_true_to_rational_arithmetic(prices, length):
    frame = pl.DataFrame({"x": prices})
    means = frame.select(indicators.sma("x", length))["x"]
    variances = frame.select(indicators.var("x", length))["x"]
    scale = max(map(abs, prices))
    for t in range(length - 1, len(prices)):
        window = [Fraction(price) for price in prices[t - length + 1 : t + 1]]
        mean = sum(window) / length
        variance = sum((one - mean) ** 2 for one in window) / length
        assert means[t] == pytest.approx(float(mean), rel=0, abs=1e-14 * scale)
        assert variances[t] == pytest.approx(float(variance), rel=0, abs=1e-13 * scale**2)


@given(values, st.integers(1, 9))
def test_extremes_are_those_of_polars(prices, length):
    frame = pl.DataFrame({"x": prices})
    found = frame.select(
        high=indicators.highest("x", length),
        low=indicators.lowest("x", length),
        top=pl.col("x").rolling_max(length),
        bottom=pl.col("x").rolling_min(length),
    )
    assert found["high"].equals(found["top"])
    assert found["low"].equals(found["bottom"])


def test_a_million_bars_lose_no_digit():
    """A running sum would be 1e-9 off by then; ours is taken afresh."""
    steps = np.random.default_rng(2).normal(0, 1, 1_000_000).cumsum() + 1e5
    frame = pl.DataFrame({"x": steps})
    found = frame.select(mean=indicators.sma("x", 200), spread=indicators.std("x", 200)).tail(1)
    window = [Fraction(float(x)) for x in steps[-200:]]
    mean = sum(window) / 200
    variance = sum((x - mean) ** 2 for x in window) / 200
    assert found["mean"][0] == pytest.approx(float(mean), rel=1e-15)
    assert found["spread"][0] == pytest.approx(float(variance) ** 0.5, rel=1e-11)


PLAY = """
import json, sys, polars as pl
sys.path.append("tests/engine/indicators")
from test_properties import INDICATORS, compute, walk
print(json.dumps({n: [x.to_list() for x in compute(walk(50, 9), n)] for n in INDICATORS}))
"""


def test_compiled_loops_say_what_plain_python_says():
    told = []
    for plain in ("0", "1"):
        environ = {**os.environ, "NUMBA_DISABLE_JIT": plain, "PYTHONPATH": str(PROJECT)}
        done = subprocess.run(
            [sys.executable, "-c", PLAY],
            capture_output=True, text=True, check=True, cwd=PROJECT, env=environ,
        )  # fmt: skip
        told.append(json.loads(done.stdout))
    assert told[0] == told[1]
