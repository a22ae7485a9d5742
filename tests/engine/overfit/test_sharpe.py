"""Sharpe ratios and their luck, on the numbers that the papers print."""

import math

import numpy as np
import pytest

from engine.errors import OverfitError
from engine.overfit import (
    Track,
    deflate,
    deflated_sharpe,
    expected_max_sharpe,
    independent_trials,
    min_backtest_years,
    min_track_record,
    probabilistic_sharpe,
)
from engine.overfit.normal import probability, quantile

# The Deflated Sharpe Ratio (2014): an annual 2.5 over five years of 250 days, the trials' annual
# Sharpe ratios with a variance of 1/2.
PAPER = Track(2.5 / math.sqrt(250), 1250, skew=-3.0, kurtosis=7.0)
VARIANCE = 0.5 / 250


@pytest.mark.parametrize(
    ("track", "trials", "value"),
    [
        (PAPER, 100, 0.9003968344493903),
        (PAPER, 46, 0.9505017),
        (Track(PAPER.sharpe, 1250), 88, 0.9504908),
    ],
)
def test_the_deflated_ratio_of_the_paper(track, trials, value):
    found = deflated_sharpe(track, trials=trials, variance=VARIANCE)
    assert found == pytest.approx(value, rel=1e-13 if trials == 100 else 1e-7)


def test_what_luck_alone_is_expected_to_reach():
    assert expected_max_sharpe(100) == pytest.approx(2.5306028932016846, rel=1e-14)
    assert expected_max_sharpe(100, VARIANCE) == pytest.approx(0.1131720, abs=5e-8)
    assert expected_max_sharpe(1) == 0.0


def test_a_hedge_fund_of_two_years():
    """The Sharpe Ratio Efficient Frontier (2012): 0.9132 and not the 0.982 of normal returns."""
    fund = Track(1.585 / math.sqrt(12), 24, skew=-2.448, kurtosis=10.164 - 3.0)
    assert probabilistic_sharpe(fund) == pytest.approx(0.9132343068848602, rel=1e-14)
    assert probabilistic_sharpe(Track(fund.sharpe, 24)) == pytest.approx(0.982, abs=5e-4)


@pytest.mark.parametrize(("periods", "years"), [(250, 2.7311878), (52, 2.8288336), (12, 3.2398007)])
def test_how_long_a_record_must_be(periods, years):
    track = Track(2.0 / math.sqrt(periods), 0)
    bars = min_track_record(track, 1.0 / math.sqrt(periods))
    assert bars / periods == pytest.approx(years, abs=5e-8)


def test_how_long_a_skewed_record_must_be():
    track = Track(3.0 / math.sqrt(12), 0, skew=-0.72, kurtosis=5.78 - 3.0)
    bars = min_track_record(track, 2.5 / math.sqrt(12))
    assert bars / 12 == pytest.approx(27.3529201960403, rel=1e-14)


def test_a_record_that_is_not_above_its_benchmark_is_never_long_enough():
    assert min_track_record(Track(0.1, 100), 0.1) == math.inf
    assert math.isnan(min_track_record(Track(math.nan, 100)))


def test_after_the_minimum_record_the_probability_is_the_confidence():
    short = Track(0.05, 0, skew=-1.0, kurtosis=4.0)
    bars = min_track_record(short, 0.01, confidence=0.9)
    sure = probability((0.05 - 0.01) * math.sqrt((bars - 1) / short.variance))
    assert sure == pytest.approx(0.9, rel=1e-14)


def test_how_long_a_backtest_of_45_trials_must_be():
    assert min_backtest_years(45) == pytest.approx(4.9980870044, abs=5e-11)


def test_a_table_of_trials_says_what_each_of_them_says_alone():
    sharpes = np.array([0.02, 0.05, math.nan, -0.01])
    skews, kurtoses = np.array([0.0, -1.0, 0.0, 0.5]), np.array([0.0, 3.0, 0.0, 1.0])
    table = deflate(sharpes, 500, skews, kurtoses)
    variance = float(np.var([0.02, 0.05, -0.01], ddof=1))
    best = Track(0.05, 500, -1.0, 3.0)
    assert table.trials == 3
    assert table.probabilistic[1] == probabilistic_sharpe(best)
    assert table.deflated[1] == deflated_sharpe(best, trials=3, variance=variance)
    assert np.isnan(table.deflated[2])


def test_a_track_of_returns_is_measured_as_the_catalogue_does():
    track = Track.of(np.array([0.01, -0.01, 0.02, math.nan, 0.0]))
    assert track.bars == 4
    assert track.sharpe == pytest.approx(0.005 / np.std([0.01, -0.01, 0.02, 0.0], ddof=1))
    assert track.skew == 0.0


def test_what_does_not_vary_has_no_probability():
    assert math.isnan(probabilistic_sharpe(Track.of(np.full(10, 0.01))))
    assert math.isnan(probabilistic_sharpe(Track.of(np.array([0.01]))))


def test_trials_that_are_all_alike_count_once():
    assert independent_trials(100, 1.0) == 1.0
    assert independent_trials(100, 0.5) == 50.5
    assert independent_trials(100, -0.1) == 100.0


@pytest.mark.parametrize("trials", [0, -1, math.nan])
def test_no_trial_has_no_best(trials):
    with pytest.raises(OverfitError, match="at least one trial"):
        expected_max_sharpe(trials)


def test_the_normal_distribution_keeps_its_digits_in_the_tail():
    """Abramowitz and Stegun, tables 26.1 and 26.2."""
    assert probability(1.0) == pytest.approx(0.841344746068542949, rel=1e-15)
    assert probability(-10.0) == pytest.approx(7.61985302416053e-24, rel=1e-14)
    assert quantile(0.975) == pytest.approx(1.959963984540054, rel=1e-15)
    with pytest.raises(OverfitError):
        quantile(1.0)


def test_crowding_where_it_is_good_does_not_make_luck_look_smaller():
    """Two blind trials, 0 and 0.2: variance 0.02. Three more at 0.2 make it 0.008 of all five."""
    ratios = np.array([0.0, 0.2, 0.2, 0.2, 0.2])
    assert deflate(ratios, 100.0).benchmark == pytest.approx(expected_max_sharpe(5, 0.008))
    assert deflate(ratios, 100.0, blind=2).benchmark == pytest.approx(expected_max_sharpe(5, 0.02))
    # nor does a search that spreads out later
    ratios = np.array([0.2, 0.2, 0.0, 0.2, 0.2])
    assert deflate(ratios, 100.0, blind=2).benchmark == pytest.approx(expected_max_sharpe(5, 0.008))
