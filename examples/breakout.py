"""A strategy to copy: buy a new high, leave by a trailing stop, and hold less of what is wild.

    truefill backtest examples/breakout.py --data reference_data/bars/equity_1d_sp500 \
        --symbols AAPL,AMZN,JPM,MSFT,XOM --cost 0.0005 --out out/breakout

The same with every option in a file: truefill backtest --config examples/breakout.toml
"""

from __future__ import annotations

from collections.abc import Mapping

import numba
import polars as pl

from engine.per_symbol import per_symbol
from engine.strategy import Loop, StrategyBase


# What needs memory is a compiled loop. It is given one symbol at a time, as float32 arrays in time,
# then its parameters and the array to write. Nothing here can see a later bar.
@numba.njit(cache=True)
def hold(close, high_before, spread, width, out):
    """1 from a close above the high before it until one that is ``width`` spreads below the top."""
    held, top = 0.0, 0.0
    for t in range(len(close)):
        if held and close[t] < top - width * spread[t]:
            held = 0.0
        elif not held and close[t] > high_before[t]:
            held, top = 1.0, close[t]
        top = max(top, close[t])
        out[t] = held


class Breakout(StrategyBase):
    """Long after a close above the highest high of ``window`` bars, until the trailing stop.

    The stop lies ``width`` average ranges below the highest close since. Of a symbol whose returns
    vary more than ``risk`` a bar, less is held, so that each symbol risks about the same.
    """

    name = "breakout"
    version = "1"
    one_by_one = True

    def __init__(self, window: int = 50, width: float = 4.0, risk: float = 0.012) -> None:
        self.window, self.width, self.risk = window, width, risk
        self.warmup = window

    # Indicators are Polars expressions; what looks back does so within its own symbol.
    def add_indicators(self, lf: pl.LazyFrame) -> pl.LazyFrame:
        """The high to break, the average range, and how much returns vary."""
        close = pl.col("close")
        returns = close / close.shift() - 1.0
        return lf.with_columns(
            high_before=per_symbol(pl.col("high").rolling_max(self.window).shift()),
            spread=per_symbol((pl.col("high") - pl.col("low")).rolling_mean(20)),
            wild=per_symbol(returns.rolling_std(20)),
        )

    def loops(self) -> Mapping[str, Loop]:
        """Whether we are in the trade."""
        return {"held": Loop(hold, ("close", "high_before", "spread"), (self.width,))}

    # The wanted exposure at each close, 0 to 1. It is traded at the next bar's open.
    def signal(self) -> pl.Expr:
        """All of it for a calm symbol, less for a wild one, in steps of a quarter."""
        share = (self.risk / pl.col("wild")).clip(0.0, 1.0)
        return pl.col("held") * (share * 4).round() / 4
