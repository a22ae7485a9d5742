"""Small markets: noise, one with long moves that a trend follower can see, and strategies."""

from datetime import UTC, datetime, timedelta

import numba
import numpy as np
import polars as pl

from engine.strategy import Loop, StrategyBase


def bars_of(returns, symbol="X", start=datetime(2015, 1, 1, tzinfo=UTC)):
    close = 100.0 * np.exp(np.cumsum(returns))
    opened = np.concatenate([[100.0], close[:-1]]) * (1.0 + 0.001 * np.sign(returns))
    end = start + timedelta(days=len(returns) - 1)
    return pl.DataFrame(
        {
            "timestamp": pl.datetime_range(start, end, "1d", time_unit="ms", eager=True),
            "symbol": [symbol] * len(returns),
            "open": opened,
            "high": np.maximum(opened, close),
            "low": np.minimum(opened, close),
            "close": close,
            "volume": np.ones(len(returns)),
        }
    )


def noise(bars, seed, volatility=0.01):
    return bars_of(np.random.default_rng(seed).normal(0.0, volatility, bars))


def moves(bars, seed, drift=0.003, length=120, volatility=0.01):
    """Months up, months down: a trend follower sees them, whatever its exact lengths."""
    rng = np.random.default_rng(seed)
    sides = np.repeat(np.where(np.arange(bars // length + 1) % 2, -1.0, 1.0), length)[:bars]
    return bars_of(sides * drift + rng.normal(0.0, volatility, bars))


class Fade(StrategyBase):
    """Long after so many falling closes in a row, for as long as it falls."""

    name = "fade"

    def __init__(self, falls: int = 2) -> None:
        if falls == 13:
            raise ValueError("thirteen brings bad luck")
        self.falls = falls
        self.warmup = falls

    def add_indicators(self, lf):
        fell = (pl.col("close").diff() < 0).cast(pl.Int32()).over("symbol")
        return lf.with_columns(fell.alias("fell"))

    def signal(self):
        row = pl.col("fell").rolling_sum(self.falls).over("symbol")
        return (row == self.falls).cast(pl.Float64())


class Coin(StrategyBase):
    """A signal that knows nothing: long on days that a hash of date and number picks."""

    name = "coin"

    def __init__(self, number: int = 0) -> None:
        self.number = number

    def signal(self):
        day = pl.col("timestamp").dt.epoch("d") * 1000 + self.number
        return (day.hash(seed=7) % 2 == 0).cast(pl.Float64())


class Hindsight(StrategyBase):
    """Knows tomorrow's close, on a share of days: a planted signal."""

    name = "hindsight"

    def __init__(self, number: int = 0) -> None:
        self.number = number

    def signal(self):
        day = pl.col("timestamp").dt.epoch("d") * 1000 + self.number
        coin = (day.hash(seed=7) % 2 == 0).cast(pl.Float64())
        later = pl.col("close").shift(-2).over("symbol") > pl.col("open").shift(-1).over("symbol")
        return pl.when(self.number == 3).then(later.cast(pl.Float64())).otherwise(coin)


@numba.njit
def hold(close, falls, out):
    """Enter after so many falls, leave after as many rises: remembers its position."""
    position, run = 0.0, 0
    for t in range(1, len(close)):
        if close[t] < close[t - 1]:
            run = run - 1 if run < 0 else -1
        else:
            run = run + 1 if run > 0 else 1
        if run <= -falls:
            position = 1.0
        elif run >= falls:
            position = 0.0
        out[t] = position


class Holder(StrategyBase):
    """A strategy with memory: what it holds depends on when it started."""

    name = "holder"
    warmup = 5

    def __init__(self, falls: int = 2) -> None:
        self.falls = falls

    def loops(self):
        return {"held": Loop(hold, ("close",), (self.falls,))}

    def signal(self):
        return pl.col("held").cast(pl.Float64())
