"""Ask quantstats, which takes rates a year and turns them into rates per bar itself.

Run by the quantstats environment's own Python; see ``parity/peers/answers.py``.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path

# Appended, never put first: beside answers.py lies a folder that is called as the library is.
sys.path.append(str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("MPLBACKEND", "Agg")

import quantstats.stats as qs
from answers import Library, main

ALONE = {
    "comp": lambda c: qs.comp(c.returns),
    "cagr": lambda c: qs.cagr(c.returns, periods=c.periods),
    "expected_return": lambda c: qs.expected_return(c.returns),
    "volatility": lambda c: qs.volatility(c.returns, periods=c.periods),
    "sharpe": lambda c: qs.sharpe(c.returns, rf=c.annual_risk_free, periods=c.periods),
    "smart_sharpe": lambda c: qs.smart_sharpe(c.returns, rf=c.annual_risk_free, periods=c.periods),
    "probabilistic_sharpe_ratio": lambda c: qs.probabilistic_sharpe_ratio(
        c.returns, rf=c.annual_risk_free, periods=c.periods
    ),
    # Its target is its risk-free rate.
    "sortino": lambda c: qs.sortino(c.returns, rf=c.annual_target, periods=c.periods),
    "calmar": lambda c: qs.calmar(c.returns, periods=c.periods),
    "omega": lambda c: qs.omega(c.returns, required_return=c.annual_target, periods=c.periods),
    "max_drawdown": lambda c: qs.max_drawdown(c.returns),
    "ulcer_index": lambda c: qs.ulcer_index(c.returns),
    "ulcer_performance_index": lambda c: qs.ulcer_performance_index(c.returns),
    "recovery_factor": lambda c: qs.recovery_factor(c.returns),
    "gain_to_pain_ratio": lambda c: qs.gain_to_pain_ratio(c.returns),
    "value_at_risk": lambda c: qs.value_at_risk(c.returns),
    "conditional_value_at_risk": lambda c: qs.conditional_value_at_risk(c.returns),
    "conditional_value_at_risk(method='historical')": lambda c: qs.conditional_value_at_risk(
        c.returns, method="historical"
    ),
    "tail_ratio": lambda c: qs.tail_ratio(c.returns),
    "common_sense_ratio": lambda c: qs.common_sense_ratio(c.returns),
    "skew": lambda c: qs.skew(c.returns),
    "kurtosis": lambda c: qs.kurtosis(c.returns),
    "best": lambda c: qs.best(c.returns),
    "worst": lambda c: qs.worst(c.returns),
    "win_rate": lambda c: qs.win_rate(c.returns),
    "avg_win": lambda c: qs.avg_win(c.returns),
    "avg_loss": lambda c: qs.avg_loss(c.returns),
    "payoff_ratio": lambda c: qs.payoff_ratio(c.returns),
    "profit_factor": lambda c: qs.profit_factor(c.returns),
    "kelly_criterion": lambda c: qs.kelly_criterion(c.returns),
    "consecutive_wins": lambda c: qs.consecutive_wins(c.returns),
    "consecutive_losses": lambda c: qs.consecutive_losses(c.returns),
}
AGAINST = {
    "greeks.beta": lambda c: qs.greeks(c.returns, c.benchmark, c.periods)["beta"],
    "greeks.alpha": lambda c: qs.greeks(c.returns, c.benchmark, c.periods)["alpha"],
    "r_squared": lambda c: qs.r_squared(c.returns, c.benchmark),
    "information_ratio": lambda c: qs.information_ratio(c.returns, c.benchmark),
    "treynor_ratio": lambda c: qs.treynor_ratio(c.returns, c.benchmark, c.periods),
}

PACKAGES = ("quantstats", "numpy", "pandas", "scipy")

if __name__ == "__main__":
    library = Library("quantstats", version(PACKAGES[0]), PACKAGES, ALONE, AGAINST)
    main(library, Path(__file__))
