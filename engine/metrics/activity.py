"""Fills -> what was traded, what it cost, and when there was a position."""

from __future__ import annotations

import numpy as np
import polars as pl

from engine.execution.records import Floats
from engine.metrics.clock import days_in_market
from engine.metrics.returns import ratio

# A position below this share of what was traded in its symbol is what rounding left of none.
DUST = 1e-9


def activity_metrics(
    fills: pl.DataFrame, clock: pl.Series, worth: Floats, year: float
) -> dict[str, float]:
    """Turnover, costs and exposure; ``worth`` is equity before the first bar and at each close."""
    traded = float((fills["quantity"].abs() * fills["price"]).sum())
    commission = float(fills["commission"].sum())
    turnover = ratio(traded, float(np.mean(worth[1:]))) if len(worth) > 1 else float("nan")
    gained = float(worth[-1] - worth[0]) + commission
    held = in_market(fills, clock)
    return {
        "fill_count": float(fills.height),
        "traded_value": traded,
        "turnover": turnover,
        "annual_turnover": turnover * year / len(clock) if len(clock) else float("nan"),
        "commission": commission,
        "cost_share": commission / gained if gained > 0 else float("nan"),
        "exposure": ratio(float(held.sum() or 0), float(len(clock))),
        "n_days_in_market": float(days_in_market(clock, held.to_numpy())),
    }


def in_market(fills: pl.DataFrame, clock: pl.Series) -> pl.Series:
    """Whether any symbol has a position at the close of each bar."""
    changes = fills.with_columns(
        pl.col("quantity").cum_sum().over("symbol").alias("position"),
        pl.col("quantity").abs().sum().over("symbol").alias("traded"),
    ).with_columns((pl.col("position").abs() > DUST * pl.col("traded")).alias("held"))
    closing = changes.group_by("symbol", "timestamp", maintain_order=True).agg(
        pl.col("held").last()
    )
    # Each symbol counts 1 while it is held, so the steps add up to the number of symbols held.
    steps = (
        closing.with_columns(pl.col("held").cast(pl.Int64()))
        .with_columns(pl.col("held").diff().over("symbol").fill_null(pl.col("held")).alias("step"))
        .group_by("timestamp")
        .agg(pl.col("step").sum())
    )
    bars = pl.DataFrame({"timestamp": clock})
    joined = bars.join(steps, on="timestamp", how="left", maintain_order="left")
    return joined["step"].fill_null(0).cum_sum() > 0
