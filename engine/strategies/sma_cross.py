"""Long while a fast mean is above a slow one: the example everyone knows."""

from __future__ import annotations

import polars as pl

from engine.errors import StrategyError
from engine.strategy import StrategyBase


class SmaCross(StrategyBase):
    """Long while the mean of ``fast`` closes is above that of ``slow``, flat or short while not.

    ``short`` is the exposure while it is below: 0 flat, -1 short.
    """

    name = "sma_cross"

    def __init__(self, fast: int = 20, slow: int = 100, short: float = 0.0) -> None:
        if not 1 <= fast < slow:
            raise StrategyError(f"sma_cross: fast is {fast} and slow {slow}; give 1 <= fast < slow")
        self.fast, self.slow, self.short = fast, slow, short
        self.warmup = slow - 1

    def add_indicators(self, lf: pl.LazyFrame) -> pl.LazyFrame:
        """The two means of the close."""
        close = pl.col("close").cast(pl.Float64())
        return lf.with_columns(
            close.rolling_mean(length).over("symbol").alias(name)
            for name, length in (("fast", self.fast), ("slow", self.slow))
        )

    def signal(self) -> pl.Expr:
        """1 above, ``short`` below, 0 where they are equal."""
        fast, slow = pl.col("fast"), pl.col("slow")
        return pl.when(fast > slow).then(1.0).when(fast < slow).then(self.short).otherwise(0.0)
