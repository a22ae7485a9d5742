"""Resampled returns and trades: what stays, what varies, and by how much."""

import math

import numpy as np
import pytest

from engine.errors import OverfitError
from engine.overfit import (
    block_length,
    bootstrap_returns,
    bootstrap_trades,
    shuffle_trades,
    stationary_bars,
)

TRADES = np.array([0.10, -0.05, 0.02, -0.10, 0.08, 0.01])


def test_a_shuffle_keeps_where_wealth_ends_and_moves_its_drawdown():
    told = shuffle_trades(TRADES, shuffles=5000, seed=3)
    assert told.seen == pytest.approx(0.95 * 1.02 * 0.90 - 1.0)
    # Both losses in a row is the worst, one at a time with gains between them the best.
    assert told.drawdown.min() == pytest.approx(0.95 * 0.90 - 1.0)
    assert told.drawdown.max() == pytest.approx(-0.10)


def test_the_share_of_orders_that_fall_deeper_by_counting_all():
    """Three trades, six orders: the losses meet in four of them."""
    told = shuffle_trades(np.array([-0.1, 0.05, -0.1]), shuffles=30_000, seed=1)
    assert told.seen == pytest.approx(1.0 - 0.9 * 1.05 * 0.9 - 2 * (1.0 - 0.9 * 1.05 * 0.9))
    assert told.deeper == pytest.approx(4 / 6, abs=0.01)


def test_every_order_is_as_likely():
    told = shuffle_trades(np.array([-0.5, 0.1, 0.3]), shuffles=60_000, seed=5)
    # The fall is always the one loss: whatever the order, the drawdown is a half.
    assert np.allclose(told.drawdown, -0.5)


def test_trades_drawn_with_replacement_vary_where_wealth_ends():
    told = bootstrap_trades(TRADES, resamples=40_000, seed=2)
    mean = np.mean(1.0 + TRADES)
    assert told.growth.mean() == pytest.approx(mean**6, rel=0.005)
    assert told.growth.max() <= 1.10**6 + 1e-12
    assert told.seen_growth == pytest.approx(np.prod(1.0 + TRADES))
    assert told.block == 1.0


def test_resamples_do_not_depend_on_how_many_there_are():
    few, many = (bootstrap_returns(TRADES, resamples=n, block=2.0, seed=9) for n in (10, 100))
    assert few.growth.tolist() == many.growth[:10].tolist()
    other = bootstrap_returns(TRADES, resamples=10, block=2.0, seed=10)
    assert few.growth.tolist() != other.growth.tolist()
    rows = stationary_bars(6, 90, 2.0, seed=9, first=10)
    assert np.prod(1.0 + TRADES[rows[0]]) == pytest.approx(many.growth[10], rel=1e-15)


def test_a_resample_measures_what_it_drew():
    told = bootstrap_returns(TRADES, resamples=50, block=3.0, seed=4)
    for row, bars in enumerate(stationary_bars(6, 50, 3.0, seed=4)):
        drawn = TRADES[bars]
        wealth = np.concatenate([[1.0], np.cumprod(1.0 + drawn)])
        falls = wealth / np.maximum.accumulate(wealth) - 1.0
        assert told.drawdown[row] == pytest.approx(falls.min(), abs=1e-15)
        if np.ptp(drawn) > 0:
            assert told.sharpe[row] == pytest.approx(drawn.mean() / drawn.std(ddof=1), rel=1e-9)


def test_blocks_go_on_around_the_end_and_have_the_mean_length_asked_for():
    rows = stationary_bars(1000, 200, 8.0, seed=6)
    goes_on = (rows[:, 1:] - rows[:, :-1]) % 1000 == 1
    assert goes_on.mean() == pytest.approx(1 - 1 / 8, abs=0.004)
    assert rows.min() == 0
    assert rows.max() == 999


def test_single_bars_are_drawn_evenly():
    rows = stationary_bars(50, 2000, 1.0, seed=8)
    counts = np.bincount(rows.ravel(), minlength=50)
    # Chi-square with 49 degrees of freedom: mean 49, deviation 9.9.
    chi = float(((counts - 2000) ** 2 / 2000).sum())
    assert 49 - 4 * 9.9 < chi < 49 + 4 * 9.9


def test_memory_asks_for_longer_blocks():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=2000)
    echo = noise.copy()
    for t in range(1, 2000):
        echo[t] += 0.7 * echo[t - 1]
    assert block_length(noise) < 5.0 < block_length(echo)
    assert block_length(np.full(100, 0.01)) == 1.0
    assert block_length(noise[:5]) == 1.0


def test_a_chance_of_loss_and_quantiles():
    told = bootstrap_trades(np.array([0.1, -0.1]), resamples=20_000, seed=1)
    # 1.21 once in four, 0.99 twice, 0.81 once.
    assert told.loss == pytest.approx(0.75, abs=0.01)
    assert told.quantiles((0.5,))["growth"] == [pytest.approx(0.99)]


def test_missing_returns_are_left_out():
    with_gap = bootstrap_returns(np.array([0.1, math.nan, -0.1]), resamples=20, block=1.0)
    without = bootstrap_returns(np.array([0.1, -0.1]), resamples=20, block=1.0)
    assert with_gap.growth.tolist() == without.growth.tolist()


@pytest.mark.parametrize(
    ("returns", "more", "message"),
    [
        ([], {}, "no return"),
        ([math.nan], {}, "no return"),
        ([0.1, 0.2], {"block": 0.5}, "at least 1 bar"),
        ([0.1, 0.2], {"block": math.nan}, "at least 1 bar"),
        ([0.1, 0.2], {"resamples": 0}, "at least 1"),
    ],
)
def test_what_cannot_be_resampled(returns, more, message):
    with pytest.raises(OverfitError, match=message):
        bootstrap_returns(np.array(returns), **more)
    with pytest.raises(OverfitError, match="at least 1"):
        shuffle_trades(TRADES, shuffles=0)
