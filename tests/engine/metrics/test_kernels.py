"""Sums that lose nothing, and the same bits compiled and as plain Python."""

import math
from fractions import Fraction

import numpy as np
import pytest

from engine.metrics import kernels, measure_returns
from engine.metrics.pairs import pairs


@pytest.fixture(scope="module")
def minutes():
    """A million returns, and their exact sums by math.fsum."""
    return np.random.default_rng(7).normal(2e-6, 1e-3, 1_000_000)


@pytest.fixture(scope="module")
def values(minutes):
    return dict(measure_returns(minutes).iter_rows())


def test_the_mean_of_a_million_bars_is_rounded_once(minutes, values):
    assert values["mean_return"] == math.fsum(minutes) / len(minutes)


def test_moments_of_a_million_bars(minutes, values):
    away = minutes - math.fsum(minutes) / len(minutes)
    two, three, four = (math.fsum(away**power) / len(away) for power in (2, 3, 4))
    deviation = math.sqrt(two * len(away) / (len(away) - 1) * 252)
    assert values["volatility"] == pytest.approx(deviation, rel=1e-15)
    assert values["skew"] == pytest.approx(three / two**1.5, rel=1e-14)
    assert values["kurtosis"] == pytest.approx(four / two**2 - 3, rel=1e-12)


def test_stability_of_a_million_bars(minutes, values):
    """One-pass sums of products miss this by some 1e-11."""
    level = np.cumsum(np.log1p(minutes).astype(np.longdouble))
    time = np.arange(len(level), dtype=np.longdouble)
    level, time = level - level.mean(), time - time.mean()
    straight = (level @ time) ** 2 / ((level @ level) * (time @ time))
    assert values["stability"] == pytest.approx(float(straight), rel=1e-12)


def test_compensated_sums_keep_what_cancels():
    big = [1e16, 1.0, -1e16, 1.0]
    total = lost = 0.0
    for value in big:
        total, lost = kernels.add(total, lost, value)
    assert kernels.settle(total, lost) == float(sum(map(Fraction, big))) == 2.0


@pytest.mark.parametrize("seed", range(5))
def test_compiled_and_plain_give_the_same_bits(seed):
    rng = np.random.default_rng(seed)
    returns, others = rng.normal(0.0, 0.02, (2, 300))
    returns[rng.integers(0, 300, 20)] = np.nan
    others[rng.integers(0, 300, 20)] = 0.0
    calls = (
        (kernels.tally, (returns, 0.001)),
        (kernels.falls, (returns,)),
        (kernels.straightness, (returns, np.empty(kernels.BLOCK))),
        (kernels.running_line, (returns,)),
        (kernels.spread, (returns, 0.0005)),
        (pairs, (returns, others)),
        (kernels.fade, (0.9, 300)),
    )
    for kernel, given in calls:
        assert bits(kernel(*given)) == bits(kernel.py_func(*given)), kernel


def bits(values):
    return np.atleast_1d(np.array(values, dtype=np.float64)).tobytes()
