"""How much of a Sharpe ratio is luck: of a short record, of fat tails, and of many trials.

All ratios are per bar; times sqrt(bars per year) they are annual. Sources: Bailey and Lopez de
Prado, The Sharpe Ratio Efficient Frontier (2012) and The Deflated Sharpe Ratio (2014); Bailey,
Borwein, Lopez de Prado and Zhu, Pseudo-Mathematics and Financial Charlatanism (2014).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from engine.errors import OverfitError
from engine.execution.records import Floats
from engine.metrics.kernels import spread, tally
from engine.metrics.returns import checked, ratio, shape_of
from engine.overfit.normal import probabilities, probability, quantile

EULER: Final = 0.5772156649015329


@dataclass(frozen=True, slots=True)
class Track:
    """A track record as far as its Sharpe ratio goes.

    ``sharpe`` per bar (deviation with ddof 1), ``bars`` observed, ``skew`` and ``kurtosis`` biased,
    the latter in excess of 3: both are 0 for normal returns.
    """

    sharpe: float
    bars: int
    skew: float = 0.0
    kurtosis: float = 0.0

    @classmethod
    def of(cls, returns: Floats, risk_free: float = 0.0) -> Self:
        """The record of returns per bar; missing ones (NaN) are skipped."""
        known = checked(returns)
        sums = tally(known, 0.0)
        mean = ratio(sums.total, sums.observed)
        shape = shape_of(spread(known, mean), sums)
        return cls(
            ratio(mean - risk_free, shape.deviation), sums.observed, shape.skew, shape.kurtosis
        )

    @property
    def variance(self) -> float:
        """Of the Sharpe ratio's estimate, times (bars - 1); NaN if the moments allow none."""
        return float(estimate_variance(self.sharpe, self.skew, self.kurtosis))


def estimate_variance(
    sharpe: Floats | float, skew: Floats | float, kurtosis: Floats | float
) -> Floats:
    """1 - skew x SR + (kurtosis + 2) / 4 x SR^2, NaN where it is not above 0."""
    found = np.asarray(1.0 - skew * sharpe + (kurtosis + 2.0) / 4.0 * sharpe * sharpe)
    return np.where(found > 0, found, np.nan)


def probabilistic_sharpe(track: Track, benchmark: float = 0.0) -> float:
    """The probability that the true Sharpe ratio is above ``benchmark`` (per bar).

    Phi[(SR - benchmark) sqrt(bars - 1) / sqrt(variance)]; NaN where it cannot be told.
    """
    variance = track.variance
    if track.bars < 2 or math.isnan(variance):
        return math.nan
    return probability((track.sharpe - benchmark) * math.sqrt((track.bars - 1) / variance))


def expected_max_sharpe(trials: float, variance: float = 1.0) -> float:
    """The Sharpe ratio that the luckiest of so many worthless trials is expected to show.

    sqrt(variance) x ((1 - g) z(1 - 1/N) + g z(1 - 1/(N e))), g Euler's constant, z the normal
    quantile, ``variance`` that of the Sharpe ratios of all trials. One trial has nothing to choose
    from: 0.
    """
    if not (trials >= 1 and variance >= 0):
        raise OverfitError(
            f"{trials} trials with a variance of {variance}: give at least one trial and a "
            "variance that is not negative"
        )
    if trials == 1:
        return 0.0
    # By symmetry; 1 - 1/N would lose the digits of 1/N.
    high, higher = -quantile(1.0 / trials), -quantile(1.0 / (trials * math.e))
    return math.sqrt(variance) * ((1.0 - EULER) * high + EULER * higher)


def deflated_sharpe(track: Track, *, trials: float, variance: float) -> float:
    """The probability that the best of so many trials is better than luck alone would make it.

    The probabilistic Sharpe ratio above ``expected_max_sharpe``; ``variance`` is that of the Sharpe
    ratios per bar of all trials.
    """
    return probabilistic_sharpe(track, expected_max_sharpe(trials, variance))


@dataclass(frozen=True, slots=True)
class Deflated:
    """Every trial of a search beside its chance: one number a trial.

    ``benchmark`` is the Sharpe ratio per bar that luck alone is expected to reach.
    """

    probabilistic: Floats
    deflated: Floats
    benchmark: float
    trials: float


def deflate(
    sharpes: Floats,
    bars: Floats | float,
    skews: Floats | float = 0.0,
    kurtoses: Floats | float = 0.0,
    *,
    trials: float | None = None,
    blind: int | None = None,
) -> Deflated:
    """The probabilistic and the deflated Sharpe ratio of every trial of one search.

    All arrays have one number a trial, ratios per bar. ``trials`` is how many of them count as
    independent, all whose ratio is known if None. A trial that failed (NaN) stays NaN.

    ``blind``: only the first so many were tried without knowing what others came to. A search that
    is guided crowds where it is good, and so understates how far trials lie apart; the wider spread
    counts, that of all trials or that of the blind ones.
    """
    ratios = np.asarray(sharpes, dtype=np.float64)
    known = ratios[np.isfinite(ratios)]
    count = float(max(len(known), 1)) if trials is None else trials
    spread_of_trials = max(_spread(ratios), _spread(ratios[:blind]))
    benchmark = expected_max_sharpe(count, spread_of_trials)
    with np.errstate(invalid="ignore"):
        length = np.asarray(bars, dtype=np.float64) - 1.0
        scale = np.sqrt(length / estimate_variance(ratios, skews, kurtoses))
        scores = [(ratios - level) * scale for level in (0.0, benchmark)]
    return Deflated(probabilities(scores[0]), probabilities(scores[1]), benchmark, count)


def _spread(ratios: Floats) -> float:
    """The variance of those that are known."""
    known = ratios[np.isfinite(ratios)]
    return float(known.var(ddof=1)) if len(known) > 1 else 0.0


def min_track_record(track: Track, benchmark: float = 0.0, confidence: float = 0.95) -> float:
    """The fewest bars after which ``track.sharpe`` is above ``benchmark`` with this confidence.

    1 + variance x (z(confidence) / (SR - benchmark))^2; infinite if it is not above it at all.
    """
    above = track.sharpe - benchmark
    if not above > 0:
        return math.nan if math.isnan(above) else math.inf
    score = quantile(confidence) / above
    return 1.0 + track.variance * score * score


def min_backtest_years(trials: float, target: float = 1.0) -> float:
    """The years below which the luckiest of so many worthless trials shows an annual Sharpe ratio
    of ``target``: a backtest must be longer to say anything. (E[max] / target)^2.
    """
    if not target > 0:
        raise OverfitError(f"target is {target}; it is an annual Sharpe ratio above 0")
    return (expected_max_sharpe(trials) / target) ** 2


def independent_trials(trials: int, correlation: float) -> float:
    """How many independent trials so many alike amount to: c + (1 - c) x trials.

    ``correlation`` is the mean between any two (Bailey and Lopez de Prado 2014, appendix A.3).
    """
    shared = min(max(correlation, 0.0), 1.0)
    return shared + (1.0 - shared) * trials
