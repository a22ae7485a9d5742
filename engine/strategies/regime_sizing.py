"""Follow a mean with a size that volatility and its regime decide."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from engine.errors import StrategyError
from engine.indicators import sma, std
from engine.per_symbol import per_symbol
from engine.strategies.loops import regime_loop
from engine.strategy import Loop, StrategyBase


class RegimeSizing(StrategyBase):
    """Long above the mean of ``trend`` closes, sized to a volatility per bar, less in storms.

    The size is ``target`` over the standard deviation of the last ``fast`` returns, at most 1, and
    times ``storm`` in a storm: from where the deviation of ``fast`` returns is above ``enter``
    times that of ``slow`` until it is below ``leave`` times that. Sizes are rounded to ``step``,
    so that not every bar trades.
    """

    name = "regime_sizing"
    one_by_one = True

    def __init__(
        self,
        trend: int = 100,
        fast: int = 20,
        slow: int = 200,
        target: float = 0.01,
        enter: float = 1.5,
        leave: float = 1.0,
        storm: float = 0.25,
        step: float = 0.1,
    ) -> None:
        if leave > enter:
            raise StrategyError(f"regime_sizing: leave is {leave}, above enter, {enter}")
        if not (target > 0.0 and 0.0 < step <= 1.0):
            raise StrategyError(f"regime_sizing: target is {target} and step {step}; both above 0")
        self.trend, self.fast, self.slow = trend, fast, slow
        self.target, self.enter, self.leave = target, enter, leave
        self.storm, self.step = storm, step
        # Returns begin one bar later than closes.
        deviation = std.warmup("returns", max(fast, slow)) + 1
        self.warmup = max(sma.warmup("close", trend), deviation)

    def add_indicators(self, lf: pl.LazyFrame) -> pl.LazyFrame:
        """The mean, the volatility of few and of many bars, and their ratio."""
        close = pl.col("close").cast(pl.Float64())
        returns = close / close.shift() - 1.0
        quick, calm = std(returns, self.fast, ddof=1), std(returns, self.slow, ddof=1)
        return lf.with_columns(
            per_symbol(sma("close", self.trend)).alias("mean"),
            per_symbol(quick).alias("volatility"),
            per_symbol(quick / calm).alias("ratio"),
        )

    def loops(self) -> Mapping[str, Loop]:
        """Whether a storm goes on."""
        return {"stormy": Loop(regime_loop, ("ratio",), (self.enter, self.leave))}

    def signal(self) -> pl.Expr:
        """The size above the mean, 0 below."""
        sized = (self.target / pl.col("volatility")).clip(0.0, 1.0)
        size = sized * pl.when(pl.col("stormy") > 0).then(self.storm).otherwise(1.0)
        rounded = (size / self.step).round() * self.step
        return pl.when(pl.col("close") > pl.col("mean")).then(rounded).otherwise(0.0)
