"""Ask empyrical-reloaded, and scipy for the two moments that pyfolio takes from it.

Run by the empyrical environment's own Python; see ``parity/peers/answers.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

# Appended, never put first: beside answers.py lies a folder that is called as the library is.
sys.path.append(str(Path(__file__).resolve().parents[1]))

import empyrical as ep
from answers import Library, Returns, main
from empyrical.utils import down, up
from scipy import stats


def capture(periods: float) -> Callable[[Returns, Returns], float]:
    """Its own capture knows the names of periods only, none of them a minute."""
    return lambda own, other: (
        ep.annual_return(own, annualization=periods)
        / ep.annual_return(other, annualization=periods)
    )


ALONE = {
    "cum_returns_final": lambda c: ep.cum_returns_final(c.returns),
    "annual_return": lambda c: ep.annual_return(c.returns, annualization=c.periods),
    "annual_volatility": lambda c: ep.annual_volatility(c.returns, annualization=c.periods),
    "downside_risk": lambda c: ep.downside_risk(c.returns, c.target, annualization=c.periods),
    "sharpe_ratio": lambda c: ep.sharpe_ratio(c.returns, c.risk_free, annualization=c.periods),
    "sortino_ratio": lambda c: ep.sortino_ratio(c.returns, c.target, annualization=c.periods),
    "calmar_ratio": lambda c: ep.calmar_ratio(c.returns, annualization=c.periods),
    "omega_ratio": lambda c: ep.omega_ratio(
        c.returns, required_return=c.annual_target, annualization=c.periods
    ),
    "stability_of_timeseries": lambda c: ep.stability_of_timeseries(c.returns),
    "max_drawdown": lambda c: ep.max_drawdown(c.returns),
    "value_at_risk": lambda c: ep.value_at_risk(c.returns),
    "conditional_value_at_risk": lambda c: ep.conditional_value_at_risk(c.returns),
    "tail_ratio": lambda c: ep.tail_ratio(c.returns),
    "scipy.stats.skew": lambda c: stats.skew(c.returns, nan_policy="omit"),
    "scipy.stats.kurtosis": lambda c: stats.kurtosis(c.returns, nan_policy="omit"),
}
AGAINST = {
    "beta": lambda c: ep.beta(c.returns, c.benchmark, c.risk_free),
    "alpha": lambda c: ep.alpha(c.returns, c.benchmark, c.risk_free, annualization=c.periods),
    "excess_sharpe": lambda c: ep.excess_sharpe(c.returns, c.benchmark),
    "capture": lambda c: capture(c.periods)(c.returns, c.benchmark),
    "up_capture": lambda c: up(c.returns, c.benchmark, function=capture(c.periods)),
    "down_capture": lambda c: down(c.returns, c.benchmark, function=capture(c.periods)),
    "batting_average": lambda c: ep.batting_average(c.returns, c.benchmark).iloc[0],
}

PACKAGES = ("empyrical-reloaded", "scipy", "numpy", "pandas", "bottleneck")

if __name__ == "__main__":
    library = Library("empyrical", version(PACKAGES[0]), PACKAGES, ALONE, AGAINST)
    main(library, Path(__file__))
