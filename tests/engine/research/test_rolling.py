"""A window that moves along a run, against the same window measured by itself."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from engine.metrics import Convention, measure_returns
from engine.research.rolling import rolling

START = datetime(2024, 1, 1, tzinfo=UTC)


def account(count, step=timedelta(days=1), seed=1):
    rng = np.random.default_rng(seed)
    returns = rng.normal(0.001, 0.01, (2, count))
    returns[0] += 0.5 * returns[1]
    equity, benchmark = np.cumprod(1 + returns, axis=1)
    times = [START + step * at for at in range(count)]
    frame = pl.DataFrame({"timestamp": times, "equity": equity, "benchmark": benchmark})
    return frame.with_columns(pl.col("timestamp").cast(pl.Datetime("ms", "UTC")))


def test_the_last_window_is_what_metrics_say_of_it():
    curve = account(200)
    found = rolling(curve, window=50)
    own, other = (
        (curve[name] / curve[name].shift() - 1).to_numpy()[-50:] for name in ("equity", "benchmark")
    )
    told = measure_returns(own, other, convention=Convention(periods_per_year=365))
    metrics = dict(told.iter_rows())
    last = found.frame.row(-1, named=True)
    for name in ("sharpe", "volatility", "beta"):
        assert last[name] == pytest.approx(metrics[name], rel=1e-9)
    assert found.words == "over 50 days"


def test_nothing_is_said_before_the_first_window_is_full():
    frame = rolling(account(200), window=50).frame
    # the first bar has no return, so 50 returns need 51 bars
    assert frame["sharpe"].null_count() == 50
    assert frame.height == 200


def test_half_a_year_or_a_quarter_of_the_run():
    assert rolling(account(600)).window == 126
    assert rolling(account(100)).window == 25


def test_shorter_bars_are_taken_day_by_day():
    found = rolling(account(24 * 80, step=timedelta(hours=1)))
    assert (found.window, found.unit, found.frame.height) == (20, "days", 80)


def test_of_few_days_the_bars_themselves_are_taken():
    found = rolling(account(24 * 10, step=timedelta(hours=1)))
    assert (found.window, found.unit, found.frame.height) == (24, "bars", 240)


def test_where_nothing_moves_there_is_no_sharpe():
    curve = account(40).with_columns(equity=pl.lit(1.0))
    frame = rolling(curve, window=10).frame
    assert frame["sharpe"].null_count() == 40
    assert frame["volatility"][-1] == 0.0


def test_no_benchmark_no_beta():
    assert "beta" not in rolling(account(100).drop("benchmark")).frame.columns
