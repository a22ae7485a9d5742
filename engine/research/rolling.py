"""Sharpe ratio, volatility and beta over a window that moves along a run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import polars as pl

from engine.metrics.convention import Convention, chosen_for
from engine.research.tables import daily

HALF_YEAR: Final = 126
# Fewer days than these, and a window of days has nothing to say.
FEW_DAYS: Final = 60


@dataclass(frozen=True, slots=True)
class Rolling:
    """A frame of timestamp, sharpe, volatility and (with a benchmark) beta, and its window."""

    frame: pl.DataFrame
    window: int
    unit: str

    @property
    def words(self) -> str:
        """The window as a caption says it."""
        return f"over {self.window:,} {self.unit}"


def rolling(
    account: pl.DataFrame, *, convention: Convention | None = None, window: int | None = None
) -> Rolling:
    """What each window of a run had; null until the first one is full.

    ``account`` has timestamp, equity and, for beta, ``benchmark`` (its equity). Shorter bars are
    taken day by day, unless there are fewer than 60 days. The window is 126 (half a year of days),
    or a quarter of the run where that is shorter; of shorter bars it is a tenth of the run. Sharpe
    and volatility are annualised (ddof 1).
    """
    days = daily(account)
    by_day = FEW_DAYS <= days.height < account.height
    used = days if by_day else account
    length = window or max(_usual(used.height, by_day or days.height == account.height), 2)
    # A year counts days here, whatever the bars of the run are.
    own = Convention() if by_day or convention is None else convention
    year = chosen_for(used["timestamp"], own).year
    returns = [
        (pl.col(name) / pl.col(name).shift() - 1.0).alias(f"{name}_return")
        for name in ("equity", "benchmark")
        if name in used.columns
    ]
    frame = used.select("timestamp", *returns).select(
        "timestamp", *_windows(len(returns) == 2, length, year)
    )
    step = "days" if by_day or days.height == account.height else "bars"
    return Rolling(frame, length, step)


def _usual(count: int, days: bool) -> int:
    return min(HALF_YEAR, count // 4) if days else count // 10


def _windows(paired: bool, length: int, year: float) -> list[pl.Expr]:
    own = pl.col("equity_return")
    mean, apart = own.rolling_mean(length), own.rolling_std(length)
    still = own.rolling_max(length) == own.rolling_min(length)
    sharpe = pl.when(~still).then(mean / apart * math.sqrt(year))
    columns = [sharpe.alias("sharpe"), (apart * math.sqrt(year)).alias("volatility")]
    if paired:
        other = pl.col("benchmark_return")
        both = (own * other).rolling_mean(length) - mean * other.rolling_mean(length)
        spread = (other * other).rolling_mean(length) - other.rolling_mean(length) ** 2
        columns.append(pl.when(spread > 1e-30).then(both / spread).alias("beta"))
    return columns


__all__ = ["Rolling", "rolling"]
