"""Every metric, spelled once: its name, what it is counted in, and the rule it follows."""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from engine.errors import MetricsError
from engine.schema import F64, METRICS, conform


class Metric(NamedTuple):
    """A name, its unit and its rule in plain words."""

    name: str
    unit: str
    rule: str


# A = bars per year, r = return of a bar, n = bars, the missing ones included.
ACCOUNT: Final = (
    Metric("start_equity", "money", "equity before the first bar's fills"),
    Metric("end_equity", "money", "equity at the last bar's close"),
)
RETURNS: Final = (
    Metric("n_bars", "bars", "bars, the missing ones included"),
    Metric("n_nans", "bars", "bars without a return; they are skipped below, but time passes"),
    Metric("periods_per_year", "bars", "A: as given, else read from the clock"),
    Metric("total_return", "fraction", "product of (1 + r), less 1"),
    Metric("cagr", "fraction", "(1 + total return)^(A/n) - 1; years are bars, not calendar days"),
    Metric("mean_return", "fraction", "arithmetic mean of r"),
    Metric("geometric_mean_return", "fraction", "the r that every observed bar would need"),
    Metric("volatility", "fraction", "standard deviation of r (ddof 1) x sqrt(A)"),
    Metric("downside_risk", "fraction", "sqrt(mean of min(r - target, 0)^2 over all bars x A)"),
    Metric("sharpe", "ratio", "mean(r - risk free) / standard deviation (ddof 1) x sqrt(A)"),
    Metric("smart_sharpe", "ratio", "sharpe / sqrt(1 + 2 sum (1 - k/n)|rho|^k), rho of lag 1"),
    Metric("probabilistic_sharpe", "fraction", "probability that the true Sharpe is above 0"),
    Metric("sortino", "ratio", "mean(r - target) x A / downside risk"),
    Metric("calmar", "ratio", "cagr / |max drawdown|"),
    Metric("omega", "ratio", "sum of r above target / sum of r below it"),
    Metric("stability", "fraction", "R2 of a straight line through the logarithm of wealth"),
    Metric("max_drawdown", "fraction", "deepest fall from a peak, negative; wealth starts at 1"),
    Metric("max_drawdown_bars", "bars", "its length, from peak to recovery or the end"),
    Metric("longest_drawdown_bars", "bars", "the longest way from a peak back to it"),
    Metric("mean_drawdown", "fraction", "mean depth of all drawdowns, negative"),
    Metric("drawdown_count", "count", "drawdowns, the open one included"),
    Metric("time_under_water", "fraction", "share of bars that close below an earlier peak"),
    Metric("ulcer_index", "fraction", "sqrt(mean of squared drawdowns)"),
    Metric("ulcer_performance", "ratio", "cagr / ulcer index"),
    Metric("recovery_factor", "ratio", "total return / |max drawdown|"),
    Metric("gain_to_pain", "ratio", "sum of r / |sum of negative r|"),
    Metric("value_at_risk", "fraction", "5 % quantile of r, linear between neighbours"),
    Metric("conditional_value_at_risk", "fraction", "mean of the int(0.05 (n - 1)) + 1 lowest r"),
    Metric("tail_ratio", "ratio", "|95 % quantile| / |5 % quantile|"),
    Metric("common_sense_ratio", "ratio", "bar profit factor x tail ratio"),
    Metric("skew", "ratio", "third moment, biased"),
    Metric("kurtosis", "ratio", "fourth moment less 3, biased"),
    Metric("autocorrelation", "ratio", "correlation of neighbouring r"),
    Metric("best_return", "fraction", "highest r"),
    Metric("worst_return", "fraction", "lowest r"),
    Metric("bar_win_rate", "fraction", "gains among the bars that gain or lose"),
    Metric("bar_average_win", "fraction", "mean of positive r"),
    Metric("bar_average_loss", "fraction", "mean of negative r"),
    Metric("bar_payoff_ratio", "ratio", "bar average win / |bar average loss|"),
    Metric("bar_profit_factor", "ratio", "sum of positive r / |sum of negative r|"),
    Metric("bar_kelly", "fraction", "w - (1 - w) / payoff, w = bar win rate"),
    Metric("bar_win_run", "bars", "most gaining bars in a row"),
    Metric("bar_loss_run", "bars", "most losing bars in a row"),
)
BENCHMARK: Final = (
    Metric("beta", "ratio", "covariance with the benchmark / variance of the benchmark"),
    Metric("alpha", "fraction", "(1 + mean(r - rf - beta (b - rf)))^A - 1, compounded"),
    Metric("correlation", "ratio", "with the benchmark"),
    Metric("r_squared", "fraction", "correlation squared"),
    Metric("information_ratio", "ratio", "mean(r - b) / standard deviation (ddof 1), per bar"),
    Metric("tracking_error", "fraction", "standard deviation of r - b (ddof 1) x sqrt(A)"),
    Metric("treynor", "ratio", "mean(r - risk free) x A / beta"),
    Metric("capture", "ratio", "cagr / cagr of the benchmark"),
    Metric("up_capture", "ratio", "the same over the bars on which the benchmark rises"),
    Metric("down_capture", "ratio", "the same over the bars on which it falls"),
    Metric("batting_average", "fraction", "share of bars that beat the benchmark"),
)
ACTIVITY: Final = (
    Metric("fill_count", "count", "executions"),
    Metric("traded_value", "money", "sum of |quantity x price| over fills"),
    Metric("turnover", "ratio", "traded value / mean equity"),
    Metric("annual_turnover", "ratio", "turnover x A / n"),
    Metric("commission", "money", "sum over fills"),
    Metric("cost_share", "fraction", "commission / what was gained before it; NaN without a gain"),
    Metric("exposure", "fraction", "share of bars that close with a position"),
    Metric("n_days_in_market", "days", "UTC dates with a bar that closes with a position"),
)
TRADES: Final = (
    Metric("trade_count", "count", "closed trades"),
    Metric("open_trade_count", "count", "trades still open"),
    Metric("win_rate", "fraction", "share of closed trades with a PnL above 0"),
    Metric("average_win", "money", "mean PnL of winning trades"),
    Metric("average_loss", "money", "mean PnL of losing trades, negative"),
    Metric("payoff_ratio", "ratio", "average win / |average loss|"),
    Metric("profit_factor", "ratio", "sum of winning PnL / |sum of losing PnL|"),
    Metric("pnl", "money", "sum over all trades, the open ones included"),
    Metric("mean_pnl", "money", "mean PnL of closed trades"),
    Metric("expectancy", "fraction", "mean return of closed trades"),
    Metric("best_trade", "fraction", "highest return of a closed trade"),
    Metric("worst_trade", "fraction", "lowest return of a closed trade"),
    Metric("sqn", "ratio", "mean PnL / standard deviation (ddof 1) x sqrt(closed trades)"),
    Metric("kelly", "fraction", "w - (1 - w) / payoff, w = win rate"),
    Metric("win_run", "count", "most winning trades in a row, by exit"),
    Metric("loss_run", "count", "most losing trades in a row, by exit"),
    Metric("mean_trade_days", "days", "mean time from entry to exit, in days of 24 hours"),
    Metric("longest_trade_days", "days", "the longest of them"),
)
GROUPS: Final = {
    "account": ACCOUNT,
    "returns": RETURNS,
    "benchmark": BENCHMARK,
    "activity": ACTIVITY,
    "trades": TRADES,
}
CATALOGUE: Final = tuple(metric for group in GROUPS.values() for metric in group)
WIDE: Final = pl.Schema({metric.name: F64 for metric in CATALOGUE})


def lengthen(values: dict[str, float]) -> pl.DataFrame:
    """All metrics in the order of the catalogue, one row each; one that is not given is NaN."""
    strange = sorted(values.keys() - WIDE.keys())
    if strange:
        raise MetricsError(f"{strange} are no metrics; the catalogue has {list(WIDE)}")
    numbers = [values.get(name, float("nan")) for name in WIDE]
    return pl.DataFrame({"name": list(WIDE), "value": numbers}, schema=METRICS)


def widen(metrics: pl.DataFrame) -> pl.DataFrame:
    """The same metrics as one row, one column each, always all of them in the same order."""
    metrics = conform(metrics, METRICS, where="metrics")
    if metrics["name"].n_unique() != metrics.height:
        raise MetricsError("metrics: a name occurs twice; give the metrics of one run")
    whole = lengthen(dict(metrics.iter_rows()))
    return pl.DataFrame(dict(whole.iter_rows()), schema=WIDE)
