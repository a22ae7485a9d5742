"""Which function of which library answers the same question as a metric of ours, and how far.

An anchor without ``differs`` is equal on every stored case but those ``apart`` names, each with its
reason. One with ``differs`` follows another rule. Both are strict: what is said to differ must.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from parity.platforms import Platform

LIBRARIES: Final = {
    "empyrical": Platform("empyrical", "0.7.1", "functions", ""),
    "quantstats": Platform("quantstats", "0.0.86", "functions", ""),
}


@dataclass(frozen=True, slots=True)
class Anchor:
    """A metric, and the function of a library that answers it."""

    metric: str
    library: str
    function: str
    differs: str = ""
    apart: Mapping[str, str] = field(default_factory=dict)


def empyrical(metric: str, function: str, **told: str | Mapping[str, str]) -> Anchor:
    """A function of empyrical-reloaded, or of the scipy beside it."""
    return Anchor(metric, "empyrical", function, **told)  # type: ignore[arg-type]


def quantstats(
    metric: str,
    function: str,
    *apart: Mapping[str, str],
    differs: str = "",
    refuses: bool = False,
    prices: bool = True,
) -> Anchor:
    """A function of quantstats; ``refuses`` if it raises where there is no return.

    ``prices`` says that it looks for prices, and is asked of a series it takes for such.
    """
    cases = {**(PRICES if prices else {}), **(REFUSED if refuses else {})}
    for more in apart:
        cases |= more
    return Anchor(metric, "quantstats", function, differs, {} if differs else cases)


NOTHING: Final = "it starts from 0 where no bar is observed; we say NaN"
ALL_MISSING: Final = {"all_missing": NOTHING}
NO_RETURN: Final = {"all_missing": NOTHING, "empty": NOTHING}
PAIRED: Final = "each series has its own missing bars in it; ours counts the bars both have"

# Quantstats takes a series without a loss and with a gain above 100 % for prices.
PRICES: Final = {"tripled": "it takes returns of at least 0 and above 1 for prices"}
REFUSED: Final = dict.fromkeys(("empty", "all_missing"), "it raises DataValidationError")
NO_LOSS: Final = ("no_loss", "constant", "one_bar")
ENDLESS: Final = dict.fromkeys(NO_LOSS, "without a loss it says infinite; we say NaN")
UNBOUND: Final = dict.fromkeys(NO_LOSS[:2], "without a loss it says NaN; we say infinite")
YEARS: Final = {"gaps": "its years leave out the missing bars; in ours time passes on them"}
STILL: Final = dict.fromkeys(
    ("constant", "zeros"), "against a benchmark that does not move it says 0; we say NaN"
)

ANCHORS: Final = (
    empyrical("total_return", "cum_returns_final", apart=ALL_MISSING),
    empyrical("cagr", "annual_return", apart=ALL_MISSING),
    empyrical("volatility", "annual_volatility"),
    empyrical("downside_risk", "downside_risk"),
    empyrical("sharpe", "sharpe_ratio"),
    empyrical("sortino", "sortino_ratio"),
    empyrical("calmar", "calmar_ratio"),
    empyrical("omega", "omega_ratio"),
    empyrical("stability", "stability_of_timeseries"),
    empyrical("max_drawdown", "max_drawdown", apart=ALL_MISSING),
    empyrical(
        "value_at_risk", "value_at_risk", apart={"gaps": "one missing bar makes its answer NaN"}
    ),
    empyrical("conditional_value_at_risk", "conditional_value_at_risk"),
    empyrical("tail_ratio", "tail_ratio"),
    empyrical("skew", "scipy.stats.skew"),
    empyrical("kurtosis", "scipy.stats.kurtosis"),
    empyrical("beta", "beta"),
    empyrical("alpha", "alpha"),
    empyrical("information_ratio", "excess_sharpe"),
    empyrical("capture", "capture", apart={"gaps": PAIRED}),
    empyrical("up_capture", "up_capture"),
    empyrical("down_capture", "down_capture"),
    empyrical("batting_average", "batting_average"),
    quantstats("total_return", "comp", NO_RETURN, prices=False),
    quantstats("cagr", "cagr", YEARS, refuses=True),
    quantstats("geometric_mean_return", "expected_return", NO_RETURN),
    quantstats("volatility", "volatility", refuses=True),
    quantstats("sharpe", "sharpe", refuses=True),
    quantstats("smart_sharpe", "smart_sharpe", refuses=True),
    quantstats(
        "probabilistic_sharpe",
        "probabilistic_sharpe_ratio",
        differs="its skew and kurtosis are corrected for bias, and n counts missing bars",
    ),
    quantstats("sortino", "sortino", UNBOUND, refuses=True),
    quantstats("calmar", "calmar", YEARS, ENDLESS, refuses=True),
    quantstats("omega", "omega", refuses=True),
    quantstats("max_drawdown", "max_drawdown", refuses=True),
    quantstats("ulcer_index", "ulcer_index", differs="it divides by n - 1; ours is Martin's n"),
    quantstats(
        "ulcer_performance",
        "ulcer_performance_index",
        differs="it takes the total return, and its own ulcer index; ours the annual return",
    ),
    quantstats(
        "recovery_factor",
        "recovery_factor",
        differs="it adds up returns without compounding and drops the sign",
    ),
    quantstats("gain_to_pain", "gain_to_pain_ratio"),
    quantstats(
        "value_at_risk",
        "value_at_risk",
        differs="it is that of a normal distribution; ours is seen",
    ),
    quantstats(
        "conditional_value_at_risk",
        "conditional_value_at_risk",
        differs="by default it is that of a normal distribution; ours is seen",
    ),
    quantstats("conditional_value_at_risk", "conditional_value_at_risk(method='historical')"),
    quantstats("tail_ratio", "tail_ratio"),
    quantstats("common_sense_ratio", "common_sense_ratio", ENDLESS),
    quantstats("skew", "skew", differs="it is corrected for bias; ours is not, as scipy's"),
    quantstats("kurtosis", "kurtosis", differs="it is corrected for bias; ours is not, as scipy's"),
    quantstats("best_return", "best"),
    quantstats("worst_return", "worst"),
    quantstats("bar_win_rate", "win_rate", NO_RETURN, {"zeros": "it says 0; we say NaN"}),
    quantstats("bar_average_win", "avg_win"),
    quantstats("bar_average_loss", "avg_loss"),
    quantstats("bar_payoff_ratio", "payoff_ratio"),
    quantstats("bar_profit_factor", "profit_factor", NO_RETURN, ENDLESS, {"zeros": NOTHING}),
    quantstats("bar_kelly", "kelly_criterion"),
    quantstats("bar_win_run", "consecutive_wins", ALL_MISSING),
    quantstats("bar_loss_run", "consecutive_losses", ALL_MISSING),
    quantstats("beta", "greeks.beta", STILL, {"one_bar": "it says 0; we say NaN"}, prices=False),
    quantstats("alpha", "greeks.alpha", differs="it multiplies by A; ours compounds, as empyrical"),
    quantstats(
        "r_squared",
        "r_squared",
        dict.fromkeys(("constant", "zeros"), "it raises ValueError"),
        prices=False,
    ),
    quantstats(
        "information_ratio",
        "information_ratio",
        dict.fromkeys(("constant", "zeros"), "where the two never differ it says 0; we say NaN"),
        prices=False,
    ),
    quantstats(
        "treynor",
        "treynor_ratio",
        differs="it takes the total return; ours the mean return a year, less risk free",
    ),
)
