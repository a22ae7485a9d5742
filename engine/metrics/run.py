"""Equity, fills and trades of a run -> its metrics, in one long schema: name, value."""

from __future__ import annotations

import numpy as np
import polars as pl

from engine.execution.records import Floats
from engine.metrics.activity import activity_metrics
from engine.metrics.benchmark import benchmark_metrics
from engine.metrics.catalogue import lengthen
from engine.metrics.convention import Convention, chosen_for
from engine.metrics.returns import checked, returns_metrics
from engine.metrics.trades import trade_metrics


def measure_returns(
    returns: Floats, benchmark: Floats | None = None, *, convention: Convention | None = None
) -> pl.DataFrame:
    """The metrics of returns per bar, long; what they cannot tell is NaN.

    ``benchmark`` has one return for each of ``returns``. A missing return is NaN. Raises
    MetricsError where a return is infinite or the two differ in length.
    """
    chosen = convention or Convention()
    own = checked(returns)
    values = returns_metrics(own, chosen)
    if benchmark is not None:
        values |= benchmark_metrics(own, checked(benchmark, "benchmark"), chosen)
    return lengthen(values)


def measure(
    equity: pl.DataFrame,
    fills: pl.DataFrame,
    trades: pl.DataFrame | None,
    *,
    benchmark: Floats | None = None,
    convention: Convention | None = None,
) -> pl.DataFrame:
    """The canonical metrics of a run; what is undefined (no trade, no loss) is NaN.

    Money is in account currency, rates and drawdown are fractions. Several accounts are added up
    bar by bar. ``benchmark`` has one return per bar of the clock. Returns METRICS rows, always all
    of them, in the order of the catalogue.
    """
    totals = equity.group_by("timestamp", maintain_order=True).agg(pl.col("cash", "equity").sum())
    clock = totals["timestamp"]
    chosen = chosen_for(clock, convention or Convention())
    worth = _worth(totals, fills)
    returns = _returns(worth)
    values = {
        "start_equity": float(worth[0]),
        "end_equity": float(worth[-1]),
        **returns_metrics(returns, chosen),
        **activity_metrics(fills, clock, worth, chosen.year),
        **trade_metrics(trades),
    }
    if benchmark is not None:
        values |= benchmark_metrics(returns, checked(benchmark, "benchmark"), chosen)
    return lengthen(values)


def _worth(totals: pl.DataFrame, fills: pl.DataFrame) -> Floats:
    """Equity before the first bar, then at every close."""
    # The first bar's cash is already less what was spent on it.
    first = fills.filter(pl.col("timestamp") == totals["timestamp"].first())
    spent = (first["quantity"] * first["price"] + first["commission"]).sum()
    cash = totals["cash"].head(1).to_numpy()
    return np.concatenate([cash + spent, totals["equity"].to_numpy()])


def _returns(worth: Floats) -> Floats:
    """Return of each bar; from nothing, nothing can be earned: NaN."""
    before = worth[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = worth[1:] / before - 1.0
    returns[~np.isfinite(returns)] = np.nan
    return returns
