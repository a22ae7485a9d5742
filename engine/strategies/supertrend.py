"""Follow the SuperTrend."""

from __future__ import annotations

import polars as pl

from engine.indicators import supertrend
from engine.per_symbol import per_symbol
from engine.strategy import StrategyBase


class SuperTrend(StrategyBase):
    """Long in an upward SuperTrend, ``short`` (0 flat, -1 short) in a downward one."""

    name = "supertrend"
    one_by_one = True

    def __init__(self, length: int = 10, multiple: float = 3.0, short: float = 0.0) -> None:
        self.length, self.multiple, self.short = length, multiple, short
        self.warmup = supertrend.warmup(length, multiple)

    def add_indicators(self, lf: pl.LazyFrame) -> pl.LazyFrame:
        """The stop and the trend."""
        both = per_symbol(supertrend(self.length, self.multiple))
        return lf.with_columns(both.alias("supertrend")).unnest("supertrend")

    def signal(self) -> pl.Expr:
        """1 up, ``short`` down."""
        return pl.when(pl.col("trend") > 0).then(1.0).when(pl.col("trend") < 0).then(self.short)
