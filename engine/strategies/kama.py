"""Follow Kaufman's adaptive average, and stay put while prices are near it."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from engine.errors import StrategyError
from engine.indicators import kama
from engine.per_symbol import per_symbol
from engine.strategies.loops import hold_loop
from engine.strategy import Loop, StrategyBase


class Kama(StrategyBase):
    """Long after a close more than ``band`` (a share) above the average, until one as far below.

    ``short`` is the exposure below: 0 flat, -1 short. ``length``, ``fast`` and ``slow`` are those
    of the average.
    """

    name = "kama"
    one_by_one = True

    def __init__(
        self,
        length: int = 10,
        fast: int = 2,
        slow: int = 30,
        band: float = 0.002,
        short: float = 0.0,
    ) -> None:
        if not 0.0 <= band < 1.0:
            raise StrategyError(f"kama: band is {band}; give a share, at least 0 and below 1")
        self.length, self.fast, self.slow = length, fast, slow
        self.band, self.short = band, short
        self.warmup = kama.warmup("close", length, fast, slow)

    def add_indicators(self, lf: pl.LazyFrame) -> pl.LazyFrame:
        """The average, and on which side of its band the close is."""
        mean = per_symbol(kama("close", self.length, self.fast, self.slow))
        apart = pl.col("close").cast(pl.Float64()) / pl.col("average") - 1.0
        side = pl.when(apart > self.band).then(1.0).when(apart < -self.band).then(-1.0)
        return lf.with_columns(mean.alias("average")).with_columns(
            side.otherwise(0.0).alias("beyond")
        )

    def loops(self) -> Mapping[str, Loop]:
        """The last side on which the close was."""
        return {"side": Loop(hold_loop, ("beyond",))}

    def signal(self) -> pl.Expr:
        """1 above, ``short`` below."""
        return pl.when(pl.col("side") > 0).then(1.0).when(pl.col("side") < 0).then(self.short)
