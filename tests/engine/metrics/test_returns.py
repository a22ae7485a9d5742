"""Metrics of a few returns, worked by hand."""

import math

import numpy as np
import pytest

from engine.errors import MetricsError
from engine.metrics import Convention, measure_returns
from engine.metrics.returns import probabilistic_sharpe

# Wealth 1.10, 0.55, 0.66, 1.32: half of it is lost, then doubled and more.
STORY = [0.1, -0.5, 0.2, 1.0]


def measured(returns, benchmark=None, **told):
    convention = Convention(**{"periods_per_year": 4, **told})
    return dict(measure_returns(returns, benchmark, convention=convention).iter_rows())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_bars", 4),
        ("total_return", 0.32),
        ("cagr", 0.32),  # four bars are a year here
        ("mean_return", 0.2),
        ("geometric_mean_return", 1.32**0.25 - 1),
        # distances from the mean: -0.1, -0.7, 0, 0.8; squares add up to 1.14
        ("volatility", math.sqrt(1.14 / 3) * 2),
        ("sharpe", 0.2 / math.sqrt(1.14 / 3) * 2),
        ("downside_risk", math.sqrt(0.25 / 4) * 2),
        ("sortino", 0.8 / 0.5),
        ("omega", 1.3 / 0.5),
        ("gain_to_pain", 0.8 / 0.5),
        ("skew", (-0.001 - 0.343 + 0.512) / 4 / 0.285**1.5),
        ("kurtosis", (0.0001 + 0.2401 + 0.4096) / 4 / 0.285**2 - 3),
        ("best_return", 1.0),
        ("worst_return", -0.5),
        ("bar_win_rate", 0.75),
        ("bar_average_win", 1.3 / 3),
        ("bar_average_loss", -0.5),
        ("bar_payoff_ratio", 1.3 / 3 / 0.5),
        ("bar_profit_factor", 2.6),
        ("bar_kelly", 0.75 - 0.25 / (2.6 / 3)),
        ("bar_win_run", 2),
        ("bar_loss_run", 1),
    ],
)
def test_four_bars(name, value):
    assert measured(STORY)[name] == pytest.approx(value, rel=1e-13)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_drawdown", -0.5),
        ("max_drawdown_bars", 3),  # from the peak at bar 0 to the recovery at bar 3
        ("longest_drawdown_bars", 3),
        ("mean_drawdown", -0.5),
        ("drawdown_count", 1),
        ("time_under_water", 0.5),
        ("ulcer_index", math.sqrt((0.25 + 0.16) / 4)),
        ("ulcer_performance", 0.32 / math.sqrt((0.25 + 0.16) / 4)),
        ("calmar", 0.64),
        ("recovery_factor", 0.64),
    ],
)
def test_the_drawdown_of_four_bars(name, value):
    assert measured(STORY)[name] == pytest.approx(value, rel=1e-13)


def test_a_drawdown_may_begin_before_the_first_bar_and_never_end():
    values = measured([-0.5, 0.2, -0.5, 0.1])
    assert values["max_drawdown"] == pytest.approx(-0.7)
    assert values["max_drawdown_bars"] == 5  # from before bar 0 to the end after bar 3
    assert values["drawdown_count"] == 1


def test_the_deepest_drawdown_is_not_always_the_longest():
    values = measured([-0.1, 0.0, 0.05, 0.2, -0.5, 1.5])
    assert values["max_drawdown"] == pytest.approx(-0.5)
    assert values["max_drawdown_bars"] == 2
    assert values["longest_drawdown_bars"] == 4
    assert values["drawdown_count"] == 2
    assert values["mean_drawdown"] == pytest.approx(-0.3)


def test_rates_are_per_bar():
    values = measured(STORY, risk_free=0.1, target=0.2)
    assert values["sharpe"] == pytest.approx(0.1 / math.sqrt(1.14 / 3) * 2)
    # below the target by 0.1, 0.7, 0, 0
    assert values["downside_risk"] == pytest.approx(math.sqrt((0.01 + 0.49) / 4) * 2)
    assert values["sortino"] == pytest.approx(0.0, abs=1e-15)
    assert values["omega"] == pytest.approx(0.8 / 0.8)


def test_quantiles_lie_between_neighbours():
    # -10 % ... +10 % in steps of 1 %: the 5 % quantile is the second lowest
    values = measured([step / 100 for step in range(10, -11, -1)])
    assert values["value_at_risk"] == pytest.approx(-0.09)
    assert values["conditional_value_at_risk"] == pytest.approx(-0.095)
    assert values["tail_ratio"] == pytest.approx(1.0)
    # of 4 bars it lies 15 % of the way from the lowest to the next
    assert measured(STORY)["value_at_risk"] == pytest.approx(-0.5 + 0.15 * 0.6)
    assert measured(STORY, tail=0.25)["value_at_risk"] == pytest.approx(-0.5 + 0.75 * 0.6)


def test_growth_without_a_bend_is_straight():
    assert measured([0.01] * 9)["stability"] == pytest.approx(1.0, rel=1e-12)
    # log wealth 0, log 2, 0: a line explains nothing of a hill
    assert measured([0.0, 1.0, -0.5])["stability"] == pytest.approx(0.0, abs=1e-15)


def test_smart_sharpe_counts_what_neighbours_share():
    # each bar undoes the one before
    values = measured([0.03, -0.01, 0.03, -0.01])
    assert values["autocorrelation"] == pytest.approx(-1.0)
    # (1 - k/4) for k = 1, 2, 3 adds up to 1.5
    assert values["smart_sharpe"] == pytest.approx(values["sharpe"] / math.sqrt(1 + 2 * 1.5))


def test_the_probabilistic_sharpe_ratio_of_the_paper():
    """A fund of 24 months, Bailey and Lopez de Prado (2012)."""
    value = probabilistic_sharpe(1.585 / math.sqrt(12), -2.448, 10.164 - 3, 24)
    assert value == pytest.approx(0.9132343068848602, rel=1e-13)


def test_a_missing_bar_is_counted_skipped_and_takes_its_time():
    nan = math.nan
    values = measured([0.1, nan, -0.5, 0.2, nan, 1.0], periods_per_year=6)
    assert (values["n_bars"], values["n_nans"]) == (6, 2)
    assert values["cagr"] == pytest.approx(0.32)
    assert values["volatility"] == pytest.approx(math.sqrt(1.14 / 3) * math.sqrt(6))
    assert values["value_at_risk"] == pytest.approx(-0.5 + 0.15 * 0.6)
    assert values["max_drawdown_bars"] == 5


@pytest.mark.parametrize(
    ("returns", "name", "value"),
    [
        ([0.01] * 3, "volatility", 0.0),  # exactly: rounding is no risk
        ([0.1] * 3, "sharpe", math.inf),
        ([-0.1] * 3, "sharpe", -math.inf),
        ([0.0] * 3, "sharpe", math.nan),
        ([0.1, 0.2], "sortino", math.inf),
        ([0.1, 0.2], "calmar", math.nan),
        ([0.1, 0.2], "bar_profit_factor", math.nan),
        ([-1.0, 0.5], "cagr", -1.0),
        ([-1.5, 0.5], "cagr", math.nan),
        ([-1.5, 0.5], "max_drawdown", -1.75),
        ([-1.0, 0.5], "stability", math.nan),
        ([0.1], "volatility", math.nan),
        ([0.1], "value_at_risk", 0.1),
        ([], "total_return", math.nan),
        ([math.nan], "total_return", math.nan),
        ([math.nan], "n_nans", 1.0),
    ],
)
def test_the_edges(returns, name, value):
    assert measured(returns)[name] == pytest.approx(value, nan_ok=True)


def test_two_bars_against_a_benchmark():
    values = measured([0.03, -0.01], [0.02, 0.0], periods_per_year=2)
    assert values["beta"] == pytest.approx(2.0)  # moves of 0.02 against moves of 0.01
    assert values["alpha"] == pytest.approx((1 + 0.01 - 2 * 0.01) ** 2 - 1)
    assert values["correlation"] == pytest.approx(1.0)
    assert values["information_ratio"] == pytest.approx(0.0, abs=1e-14)
    assert values["tracking_error"] == pytest.approx(math.sqrt(2 * 0.01**2) * math.sqrt(2))
    assert values["treynor"] == pytest.approx(0.01)
    assert values["capture"] == pytest.approx((1.03 * 0.99 - 1) / 0.02)
    assert values["up_capture"] == pytest.approx((1.03**2 - 1) / (1.02**2 - 1))
    assert math.isnan(values["down_capture"])
    assert values["batting_average"] == 0.5


def test_without_a_benchmark_its_metrics_are_nan():
    assert math.isnan(measured(STORY)["beta"])


def test_an_infinite_return_is_named():
    with pytest.raises(MetricsError, match="returns: bar 1 is -inf"):
        measured([0.1, -math.inf, math.inf])
    with pytest.raises(MetricsError, match="benchmark: bar 0 is inf"):
        measured([0.1], [math.inf])


def test_large_returns_are_not_infinite():
    assert measured([1e308, 1e308])["best_return"] == 1e308


def test_a_benchmark_has_a_return_for_every_bar():
    with pytest.raises(MetricsError, match="benchmark has 2 returns and the strategy 1"):
        measured([0.1], [0.1, 0.2])


def test_returns_stand_in_one_row():
    with pytest.raises(MetricsError, match=r"shape \(2, 2\)"):
        measured(np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"periods_per_year": 0}, "periods_per_year is 0"),
        ({"tail": 0.5}, "tail is 0.5"),
        ({"risk_free": 5}, "risk_free is 5"),
        ({"target": math.nan}, "target is nan"),
    ],
)
def test_a_convention_that_makes_no_sense(told, words):
    with pytest.raises(MetricsError, match=words):
        Convention(**told)


def test_neighbours_have_nothing_in_common_where_only_the_last_bar_moved():
    """All bars but the last vary by what rounding leaves of 0, which correlates with nothing."""
    assert math.isnan(measured([0.0, 0.0, 0.0, 0.0, -8.39698716e-05])["autocorrelation"])
    assert math.isnan(measured([0.3, 0.0, 0.0, 0.0])["autocorrelation"])
    assert measured([0.1, -0.1, 0.1, -0.1])["autocorrelation"] == pytest.approx(-1.0)
