"""Buy a breakout, sell when it has given back a share of its best close."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from engine.errors import StrategyError
from engine.indicators import highest
from engine.per_symbol import per_symbol
from engine.strategies.loops import trail_loop
from engine.strategy import Loop, StrategyBase


class TrailingStop(StrategyBase):
    """Long from a close above every high of the ``window`` bars before, with a trailing stop.

    Out at the first close that is ``stop`` (a share) below the highest close since; another
    breakout is needed to come back.
    """

    name = "trailing_stop"
    one_by_one = True

    def __init__(self, window: int = 50, stop: float = 0.05) -> None:
        if not 0.0 < stop < 1.0:
            raise StrategyError(f"trailing_stop: stop is {stop}; give a share between 0 and 1")
        self.window, self.stop = window, stop
        self.warmup = highest.warmup("high", window) + 1

    def add_indicators(self, lf: pl.LazyFrame) -> pl.LazyFrame:
        """The highest high of the bars before, and whether the close is above it."""
        top = per_symbol(highest("high", self.window).shift())
        return lf.with_columns(top.alias("breakout")).with_columns(
            (pl.col("close") > pl.col("breakout")).cast(pl.Float32()).alias("breaks")
        )

    def loops(self) -> Mapping[str, Loop]:
        """Whether the breakout is still held."""
        return {"held": Loop(trail_loop, ("close", "breaks"), (self.stop,))}

    def signal(self) -> pl.Expr:
        """1 while held."""
        return pl.col("held")
