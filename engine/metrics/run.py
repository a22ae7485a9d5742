"""Equity and trades -> metrics, in one long schema: name, value."""

from __future__ import annotations

import polars as pl

from engine.schema import METRICS


def measure(equity: pl.DataFrame, fills: pl.DataFrame, trades: pl.DataFrame | None) -> pl.DataFrame:
    """The canonical metrics of a run; what is undefined (no trade, no loss) is NaN.

    Money is in account currency, rates and drawdown are fractions. Several accounts are added up
    bar by bar. Returns METRICS rows in a fixed order.
    """
    values = {**_curve(equity, fills), **_activity(fills), **_trades(trades)}
    return pl.DataFrame({"name": list(values), "value": list(values.values())}, schema=METRICS)


def _curve(equity: pl.DataFrame, fills: pl.DataFrame) -> dict[str, float]:
    totals = equity.group_by("timestamp", maintain_order=True).agg(pl.col("cash", "equity").sum())
    # The first bar's cash is already less what was spent on it.
    first = fills.filter(pl.col("timestamp") == totals["timestamp"].first())
    spent = (first["quantity"] * first["price"] + first["commission"]).sum()
    start = _number(totals["cash"].first()) + _number(spent)
    worth = pl.concat([pl.Series("equity", [start]), totals["equity"]])
    end = _number(worth.last())
    return {
        "start_equity": start,
        "end_equity": end,
        "total_return": _ratio(end, start) - 1.0,
        "max_drawdown": _number((worth / worth.cum_max() - 1.0).min()),
    }


def _activity(fills: pl.DataFrame) -> dict[str, float]:
    value = (fills["quantity"].abs() * fills["price"]).sum()
    return {
        "fill_count": float(fills.height),
        "traded_value": float(value),
        "commission": float(fills["commission"].sum()),
    }


def _trades(trades: pl.DataFrame | None) -> dict[str, float]:
    if trades is None:
        names = ("trade_count", "open_trade_count", "win_rate", "profit_factor", "pnl", "mean_pnl")
        return dict.fromkeys(names, float("nan"))
    closed = trades.filter(pl.col("status") == "closed")["pnl"]
    gains = _number(closed.filter(closed > 0).sum())
    losses = -_number(closed.filter(closed < 0).sum())
    return {
        "trade_count": float(closed.len()),
        "open_trade_count": float(trades.height - closed.len()),
        "win_rate": _ratio(float((closed > 0).sum()), float(closed.len())),
        "profit_factor": _ratio(gains, losses),
        "pnl": _number(trades["pnl"].sum()),
        "mean_pnl": _number(closed.mean()),
    }


def _ratio(above: float, below: float) -> float:
    return above / below if below else float("nan")


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")
