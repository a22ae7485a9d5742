"""The nine figures of one pass are those of the catalogue."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import MetricsError
from engine.metrics import Convention, measure_returns, summarize
from engine.metrics.kernels import log_growth, near_log
from engine.metrics.summary import nine

NAN = math.nan
DAYS = Convention()
RETURNS = st.floats(-0.3, 0.5) | st.just(0.0) | st.just(NAN) | st.just(-0.01)


def same(returns, convention=DAYS, rel=1e-12):
    """Each figure is the catalogue's; a Sharpe ratio of dust over dust is left to the catalogue."""
    summary = summarize(returns, convention)._asdict()
    whole = dict(measure_returns(returns, convention=convention).iter_rows())
    for name, value in summary.items():
        assert value == pytest.approx(whole[name], rel=rel, abs=1e-15, nan_ok=True), name


@pytest.mark.parametrize(
    "returns",
    [
        [], [0.01], [NAN], [NAN, NAN], [0.0, 0.0, 0.0], [0.01] * 5, [-0.01] * 300, [0.1, NAN, -0.2],
        [0.01, 0.02, 0.03], [-1.0, 0.5], [-1.5, 0.5], [0.1, -0.5, 0.2, 1.0], [1e-9, -1e-9] * 100,
    ],
)  # fmt: skip
@pytest.mark.parametrize("convention", [DAYS, Convention(365.0, risk_free=1e-4, target=2e-4)])
def test_the_odd_ones(returns, convention):
    same(np.array(returns, dtype=np.float64), convention)


def test_four_bars_by_hand():
    """1.1 x 0.5 x 1.2 x 2 = 1.32; the deepest fall is the half lost on the second bar."""
    summary = summarize(np.array([0.1, -0.5, 0.2, 1.0]), Convention(4.0))
    assert summary.total_return == pytest.approx(0.32)
    assert summary.cagr == pytest.approx(0.32)
    assert summary.max_drawdown == -0.5
    assert summary.calmar == pytest.approx(0.64)
    assert summary.omega == pytest.approx(1.3 / 0.5)


@given(st.lists(RETURNS, max_size=300))
def test_whatever_the_returns(returns):
    array = np.array(returns, dtype=np.float64)
    seen = array[~np.isnan(array)]
    # Around a mean of nothing, or where nothing but dust varies, the last digits are nobody's.
    if len(seen) > 1 and (abs(seen.mean()) < 1e-3 * np.abs(seen).mean() or seen.std() < 1e-9):
        return
    same(array, rel=1e-10)


def test_a_million_bars():
    same(np.random.default_rng(7).normal(2e-6, 1e-3, 1_000_000))


def test_interest_that_hardly_varies():
    """One pass alone would lose every digit of its deviation."""
    same(1e-3 + np.random.default_rng(3).normal(0, 1e-9, 5_000), rel=1e-9)


def test_a_list_is_taken_too_and_an_infinite_return_is_not():
    assert summarize([0.1, 0.2]).total_return == pytest.approx(0.32)
    with pytest.raises(MetricsError, match="bar 1 is inf"):
        summarize(np.array([0.1, math.inf]))


@pytest.mark.parametrize("r", [0.0, 1e-12, -1e-5, 0.01, -0.05, 0.0624, -0.0624])
def test_the_logarithm_near_one(r):
    assert near_log(r) == pytest.approx(math.log1p(r), rel=3e-16, abs=0)
    assert log_growth(r) == pytest.approx(math.log1p(r), rel=3e-16, abs=0)


def test_compiled_and_plain_give_the_same_bits():
    returns = np.random.default_rng(1).normal(0.0, 0.03, 500)
    returns[::50] = NAN
    given_ = returns, 252.0, 1e-4, 2e-4
    one, other = nine(*given_)[1], nine.py_func(*given_)[1]
    assert np.array(one).tobytes() == np.array(other).tobytes()
