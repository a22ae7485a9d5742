"""What was traded, and on which side."""

from __future__ import annotations

import polars as pl

from engine.indicators.averages import sma
from engine.indicators.bridge import line
from engine.indicators.indicator import BARS, Prices, Source, indicator, numbers, prices_of
from engine.indicators.loops import ema_loop
from engine.indicators.volatility import highest, typical_price


@indicator(lambda: 0)
def obv(source: Source = "close", volume: Source = "volume") -> pl.Expr:
    """On-balance volume: volume summed up with the sign of each change, from the first volume."""
    price, traded = numbers(source), numbers(volume)
    before = price.forward_fill().shift()
    side = pl.when(before.is_null()).then(price * 0.0 + 1.0).otherwise((price - before).sign())
    return (side * traded).cum_sum()


@indicator(lambda: 0)
def vwap(of: Prices = BARS) -> pl.Expr:
    """Volume-weighted average of the typical price since the first bar; none before any volume.

    From each day's first bar: ``vwap().over("symbol", pl.col("timestamp").dt.date())``.
    """
    traded = typical_price(of) * numbers(of.volume)
    weight = pl.when(traded.is_not_null()).then(numbers(of.volume)).cum_sum()
    return pl.when(weight > 0).then(traded.cum_sum() / weight)


@indicator(lambda length: length)
def mfi(length: int = 14, of: Prices = BARS) -> pl.Expr:
    """Money flow index: typical price x volume of rising bars, in percent of rising and falling.

    0 where nothing flowed.
    """
    typical = typical_price(of)
    change, flow = typical.diff(), typical * numbers(of.volume)
    rising = pl.when(change > 0).then(flow).otherwise(flow * change * 0.0)
    falling = pl.when(change < 0).then(flow).otherwise(flow * change * 0.0)
    some = highest(rising + falling, length)
    up, both = sma(rising, length), sma(rising + falling, length)
    return pl.when(some > 0).then(100.0 * (up / both)).otherwise(some)


@indicator(lambda: 0)
def ad(of: Prices = BARS) -> pl.Expr:
    """Accumulation and distribution: volume x where the close is in its bar, -1 to 1, summed up."""
    return _flow(of).cum_sum()


@indicator(lambda fast, slow: max(fast, slow) - 1)
def adosc(fast: int = 3, slow: int = 10, of: Prices = BARS) -> pl.Expr:
    """Chaikin's oscillator: a fast less a slow exponential mean of ``ad``.

    Both begin with its first value.
    """
    total = ad(of)
    means = [line(ema_loop, [total], 1, 0, 2.0 / (length + 1)) for length in (fast, slow)]
    late = total.is_not_null().cum_sum() >= max(fast, slow)
    return pl.when(late).then(means[0] - means[1])


@indicator(lambda length: length - 1)
def cmf(length: int = 20, of: Prices = BARS) -> pl.Expr:
    """Chaikin's money flow: the flow of ``ad`` over a window, by its volume; 0 without volume."""
    traded = numbers(of.volume)
    some = highest(traded, length)
    ratio = sma(_flow(of), length) / sma(traded, length)
    return pl.when(some > 0).then(ratio).otherwise(some)


def _flow(of: Prices) -> pl.Expr:
    high, low, close = prices_of(of, "high", "low", "close")
    height = high - low
    place = pl.when(height > 0).then(((close - low) - (high - close)) / height)
    return place.otherwise(height * 0.0) * numbers(of.volume)
