"""Closed trades -> how often, how much and how long."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from engine.execution.records import Floats
from engine.metrics.kernels import Tally, spread, tally
from engine.metrics.returns import checked, kelly, ratio

DAY_MS = 86_400_000.0


def trade_metrics(trades: pl.DataFrame | None) -> dict[str, float]:
    """Metrics of a table of trades; none at all where the platform could not build one."""
    if trades is None:
        return {}
    closed = trades.filter(pl.col("status") == "closed").sort("exit_time", maintain_order=True)
    days = (closed["exit_time"] - closed["entry_time"]).dt.total_milliseconds() / DAY_MS
    return {
        "open_trade_count": float(trades.height - closed.height),
        "pnl": float(trades["pnl"].sum()),
        **closed_metrics(_floats(closed["pnl"]), _floats(closed["return"]), days.to_numpy()),
    }


def closed_metrics(pnl: Floats, returns: Floats, days: Floats) -> dict[str, float]:
    """Metrics of closed trades by exit: their PnL, returns and durations."""
    return {**earned_metrics(pnl, returns), **_durations(days)}


def earned_metrics(pnl: Floats, returns: Floats) -> dict[str, float]:
    """Metrics of the PnL and the returns of closed trades."""
    count, sums = len(pnl), tally(pnl, 0.0)
    own = sums if returns is pnl else tally(returns, 0.0)
    whole = count > 1 and sums.observed == count
    square = spread(pnl, sums.total / count).square if whole else float("nan")
    return summed_trades(count, sums, own, square)


def summed_trades(count: int, sums: Tally, own: Tally, square: float) -> dict[str, float]:
    """The same from sums over PnL and returns; ``square`` of distances from the mean PnL."""
    win, loss = ratio(sums.gain, sums.gains), ratio(sums.loss, sums.losses)
    wins, payoff = ratio(sums.gains, count), ratio(win, -loss)
    return {
        "trade_count": float(count),
        "win_rate": wins,
        "average_win": win,
        "average_loss": loss,
        "payoff_ratio": payoff,
        "profit_factor": ratio(sums.gain, -sums.loss),
        "mean_pnl": ratio(sums.total, sums.observed),
        "sqn": _sqn(count, sums, square),
        "kelly": kelly(wins, payoff),
        "win_run": float(sums.win_run),
        "loss_run": float(sums.loss_run),
        **_returns(own),
    }


def _sqn(count: int, sums: Tally, square: float) -> float:
    """Van Tharp's system quality number; NaN where every trade earned the same."""
    if count < 2 or sums.observed < count or sums.best == sums.worst:
        return float("nan")
    return sums.total / count / math.sqrt(square / (count - 1)) * math.sqrt(count)


def _returns(sums: Tally) -> dict[str, float]:
    if not sums.observed:
        return {}
    return {
        "expectancy": sums.total / sums.observed,
        "best_trade": sums.best,
        "worst_trade": sums.worst,
    }


def _durations(days: Floats) -> dict[str, float]:
    if not len(days):
        return {}
    return {"mean_trade_days": float(np.mean(days)), "longest_trade_days": float(np.max(days))}


def _floats(column: pl.Series) -> Floats:
    """As the kernels take them; a return on nothing (x / 0) is missing."""
    values = column.to_numpy().astype(np.float64)
    return checked(np.where(np.isinf(values), np.nan, values), column.name)
