"""Closed trades -> how often, how much and how long."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from engine.execution.records import Floats
from engine.metrics.kernels import tally
from engine.metrics.returns import checked, kelly, ratio

DAY_MS = 86_400_000.0


def trade_metrics(trades: pl.DataFrame | None) -> dict[str, float]:
    """Metrics of a table of trades; none at all where the platform could not build one."""
    if trades is None:
        return {}
    closed = trades.filter(pl.col("status") == "closed").sort("exit_time", maintain_order=True)
    pnl, count = _floats(closed["pnl"]), closed.height
    sums = tally(pnl, 0.0)
    win, loss = ratio(sums.gain, sums.gains), ratio(sums.loss, sums.losses)
    wins, payoff = ratio(sums.gains, count), ratio(win, -loss)
    return {
        "trade_count": float(count),
        "open_trade_count": float(trades.height - count),
        "win_rate": wins,
        "average_win": win,
        "average_loss": loss,
        "payoff_ratio": payoff,
        "profit_factor": ratio(sums.gain, -sums.loss),
        "pnl": float(trades["pnl"].sum()),
        "mean_pnl": ratio(sums.total, sums.observed),
        "sqn": _sqn(pnl),
        "kelly": kelly(wins, payoff),
        "win_run": float(sums.win_run),
        "loss_run": float(sums.loss_run),
        **_returns(_floats(closed["return"])),
        **_durations(closed),
    }


def _sqn(pnl: Floats) -> float:
    """Van Tharp's system quality number."""
    if len(pnl) < 2:
        return float("nan")
    return ratio(float(pnl.mean()), float(pnl.std(ddof=1))) * math.sqrt(len(pnl))


def _returns(returns: Floats) -> dict[str, float]:
    sums = tally(returns, 0.0)
    if not sums.observed:
        return {}
    return {
        "expectancy": sums.total / sums.observed,
        "best_trade": sums.best,
        "worst_trade": sums.worst,
    }


def _durations(closed: pl.DataFrame) -> dict[str, float]:
    days = (closed["exit_time"] - closed["entry_time"]).dt.total_milliseconds() / DAY_MS
    if closed.is_empty():
        return {}
    return {
        "mean_trade_days": float(np.mean(days.to_numpy())),
        "longest_trade_days": float(np.max(days.to_numpy())),
    }


def _floats(column: pl.Series) -> Floats:
    """As the kernels take them; a return on nothing (x / 0) is missing."""
    values = column.to_numpy().astype(np.float64)
    return checked(np.where(np.isinf(values), np.nan, values), column.name)
