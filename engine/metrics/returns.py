"""Returns per bar -> metrics. Missing bars (NaN) are skipped and counted; time passes on them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from engine.errors import MetricsError
from engine.execution.records import Floats
from engine.metrics.convention import Convention
from engine.metrics.kernels import (
    BLOCK,
    Falls,
    Spread,
    Tally,
    fade,
    falls,
    spread,
    straightness,
    tally,
)
from engine.metrics.tails import tails_of

NAN = float("nan")
# All bars but one vary by less than this share of it: what rounding leaves, not what they did.
DUST = 1e-12


class Shape(NamedTuple):
    """What is measured from the mean; ``deviation`` has ddof 1."""

    deviation: float
    skew: float
    kurtosis: float
    autocorrelation: float


def returns_metrics(returns: Floats, convention: Convention) -> dict[str, float]:
    """Everything that returns alone can tell, by the names of the catalogue.

    Raises MetricsError where a return is infinite.
    """
    sums = tally(returns, convention.target)
    if not math.isfinite(sums.total):
        checked(returns)
    far = spread(returns, ratio(sums.total, sums.observed))
    return {
        **summed_metrics(len(returns), sums, falls(returns), far, convention),
        "stability": straightness(returns, np.empty(BLOCK)),
        **_tails(returns, sums, convention.tail),
    }


def summed_metrics(
    bars: int, sums: Tally, fell: Falls, far: Spread, convention: Convention
) -> dict[str, float]:
    """What sums over returns and the falls of wealth can tell; ``far`` is from their mean."""
    year, shape = convention.year, shape_of(far, sums)
    mean = ratio(sums.total, sums.observed)
    excess = mean - convention.risk_free
    return {
        "n_bars": float(bars),
        "n_nans": float(bars - sums.observed),
        "periods_per_year": year,
        **_growth(sums, fell, year / bars if bars else NAN),
        **_risk(sums, shape, convention),
        "mean_return": mean,
        "sharpe": ratio(excess, shape.deviation, inf=True) * math.sqrt(year),
        "smart_sharpe": _smart(excess, shape, sums.observed) * math.sqrt(year),
        "probabilistic_sharpe": probabilistic_sharpe(
            ratio(excess, shape.deviation), shape.skew, shape.kurtosis, sums.observed
        ),
        **_drawdowns(fell, sums.observed),
        **_bars(sums),
        "skew": shape.skew,
        "kurtosis": shape.kurtosis,
        "autocorrelation": shape.autocorrelation,
    }


def checked(returns: Floats, where: str = "returns") -> Floats:
    """Float64 in one row of memory; an infinite return is an error, for no figure survives it."""
    array = np.ascontiguousarray(returns, dtype=np.float64)
    if array.ndim != 1:
        raise MetricsError(f"{where} have the shape {array.shape}; give one return per bar")
    # One sum tells of most arrays that all is well: it is finite unless a cell is not.
    with np.errstate(invalid="ignore", over="ignore"):
        total = array.sum()
    if not math.isfinite(total):
        endless = np.flatnonzero(np.isinf(array))
        if len(endless):
            raise MetricsError(
                f"{where}: bar {endless[0]} is {array[endless[0]]}; a missing return is NaN"
            )
    return array


def ratio(above: float, below: float, *, inf: bool = False) -> float:
    """A quotient that is NaN where there is nothing to divide by; or infinite, with a sign."""
    if below:
        return above / below
    return math.copysign(math.inf, above) if inf and above else NAN


def grown(growth: float, exponent: float) -> float:
    """Growth over another span of time less 1; NaN for what was lost more than once."""
    if not growth >= 0 or math.isnan(exponent):
        return NAN
    try:
        return float(growth**exponent - 1.0)
    except OverflowError:
        return math.inf


def shape_of(sums: Spread, tally: Tally) -> Shape:
    """Deviation, skew, kurtosis (biased) and correlation of neighbours."""
    n, square = tally.observed, sums.square
    if n < 2:
        return Shape(NAN, NAN, NAN, NAN)
    if tally.best == tally.worst:  # a mean that is rounded leaves dust where nothing varies
        return Shape(0.0, NAN, NAN, NAN)
    variance = square / n
    head, tail = -sums.last, -sums.first  # sums of all but the last, and of all but the first
    products = sums.lagged - head * tail / (n - 1)
    squares = square - sums.last**2 - head**2 / (n - 1)
    later = square - sums.first**2 - tail**2 / (n - 1)
    varied = min(squares, later) > DUST * square
    return Shape(
        math.sqrt(square / (n - 1)),
        ratio(sums.cube / n, variance**1.5),
        ratio(sums.fourth / n, variance**2) - 3.0,
        products / math.sqrt(squares * later) if varied else NAN,
    )


def _growth(sums: Tally, fell: Falls, years: float) -> dict[str, float]:
    if not sums.observed:
        return {}
    annual = grown(sums.growth, years)
    deepest, total = abs(fell.depth), sums.growth - 1.0
    ulcer = math.sqrt(fell.square / sums.observed)
    calmar = ratio(annual, deepest)
    return {
        "total_return": total,
        "cagr": annual,
        "geometric_mean_return": grown(sums.growth, 1.0 / sums.observed),
        "calmar": NAN if math.isinf(calmar) else calmar,
        "recovery_factor": ratio(total, deepest),
        "ulcer_index": ulcer,
        "ulcer_performance": ratio(annual, ulcer),
    }


def _risk(sums: Tally, shape: Shape, convention: Convention) -> dict[str, float]:
    n, root = sums.observed, math.sqrt(convention.year)
    if not n:
        return {}
    downside = math.sqrt(sums.below_square / n) * root
    over = ratio(sums.total, n) - convention.target
    return {
        "volatility": shape.deviation * root,
        "downside_risk": downside,
        "sortino": ratio(over * convention.year, downside, inf=True) if n > 1 else NAN,
        "omega": ratio(sums.above, -sums.below) if n > 1 else NAN,
    }


def _smart(excess: float, shape: Shape, observed: int) -> float:
    """A Sharpe ratio whose deviation is stretched by what neighbours have in common."""
    correlation = abs(shape.autocorrelation)
    together = 0.0 if math.isnan(correlation) else fade(correlation, observed)
    return ratio(excess, shape.deviation * math.sqrt(1.0 + 2.0 * together), inf=True)


def probabilistic_sharpe(sharpe: float, skew: float, kurtosis: float, observed: int) -> float:
    """The probability that a Sharpe ratio per bar that was seen comes from one above 0.

    ``kurtosis`` is in excess of 3. Bailey and Lopez de Prado, The Sharpe Ratio Efficient Frontier
    (2012).
    """
    variance = 1.0 - skew * sharpe + (kurtosis + 2.0) / 4.0 * sharpe**2
    if not variance > 0:
        return NAN
    score = sharpe * math.sqrt((observed - 1) / variance)
    return 0.5 * math.erfc(-score / math.sqrt(2.0))


def _drawdowns(fell: Falls, observed: int) -> dict[str, float]:
    if not observed:
        return {}
    return {
        "max_drawdown": fell.depth,
        "max_drawdown_bars": float(fell.recovery - fell.peak),
        "longest_drawdown_bars": float(fell.longest),
        "mean_drawdown": ratio(fell.depths, fell.number),
        "drawdown_count": float(fell.number),
        "time_under_water": ratio(fell.under, observed),
    }


def _tails(returns: Floats, sums: Tally, tail: float) -> dict[str, float]:
    found = tails_of(returns, sums.observed, tail)
    tail_ratio = ratio(abs(found.high), abs(found.low), inf=True)
    return {
        "value_at_risk": found.low,
        "conditional_value_at_risk": found.mean_of_lowest,
        "tail_ratio": tail_ratio,
        "common_sense_ratio": ratio(sums.gain, -sums.loss) * tail_ratio,
    }


def _bars(sums: Tally) -> dict[str, float]:
    if not sums.observed:
        return {}
    wins = ratio(sums.gains, sums.gains + sums.losses)
    win, loss = ratio(sums.gain, sums.gains), ratio(sums.loss, sums.losses)
    payoff = ratio(win, -loss)
    return {
        "best_return": sums.best,
        "worst_return": sums.worst,
        "gain_to_pain": ratio(sums.total, -sums.loss),
        "bar_win_rate": wins,
        "bar_average_win": win,
        "bar_average_loss": loss,
        "bar_payoff_ratio": payoff,
        "bar_profit_factor": ratio(sums.gain, -sums.loss),
        "bar_kelly": kelly(wins, payoff),
        "bar_win_run": float(sums.win_run),
        "bar_loss_run": float(sums.loss_run),
    }


def kelly(wins: float, payoff: float) -> float:
    """The share of wealth that grows it fastest, were every bet a win or a loss of mean size."""
    return wins - ratio(1.0 - wins, payoff)
