"""How widely prices move, and the bands made of it."""

from __future__ import annotations

from typing import Final, Literal

import polars as pl

from engine.indicators.bridge import line, lines
from engine.indicators.extreme_loops import CHANNEL, MIDDLE, extreme_loop, place_loop
from engine.indicators.indicator import BARS, Prices, Source, indicator, numbers
from engine.indicators.loops import ema_loop, range_loop, typical_loop
from engine.indicators.spread_loops import BANDS, DEVIATION, SCORE, VARIANCE, spread_loop

CHANNEL_LINES: Final = ("upper", "middle", "lower")


@indicator(lambda length: length - 1)
def highest(source: Source, length: int) -> pl.Expr:
    """The highest of the last ``length`` values."""
    return line(extreme_loop, [source], length, 1)


@indicator(lambda length: length - 1)
def lowest(source: Source, length: int) -> pl.Expr:
    """The lowest of the last ``length`` values."""
    return line(extreme_loop, [source], length, -1)


@indicator(lambda length: length - 1)
def midpoint(source: Source, length: int = 14) -> pl.Expr:
    """The middle between the highest and the lowest of the last ``length`` values."""
    return line(place_loop, [source] * 3, length, MIDDLE)


@indicator(lambda length: length - 1)
def midprice(length: int = 14, of: Prices = BARS) -> pl.Expr:
    """The middle between the highest high and the lowest low."""
    return line(place_loop, [of.high, of.low, of.low], length, MIDDLE)


@indicator(lambda length: length - 1)
def std(source: Source, length: int = 20, ddof: Literal[0, 1] = 0) -> pl.Expr:
    """Standard deviation of the last values; of a whole population unless ``ddof`` is 1."""
    return line(spread_loop, [source], length, ddof, DEVIATION, 0.0, 0.0)


@indicator(lambda length: length - 1)
def var(source: Source, length: int = 20, ddof: Literal[0, 1] = 0) -> pl.Expr:
    """Variance of the last values; of a whole population unless ``ddof`` is 1."""
    return line(spread_loop, [source], length, ddof, VARIANCE, 0.0, 0.0)


@indicator(lambda length: length - 1)
def zscore(source: Source, length: int = 20) -> pl.Expr:
    """Distance from the mean of the window in standard deviations; none where nothing moved."""
    return line(spread_loop, [source], length, 0, SCORE, 0.0, 0.0)


@indicator(lambda: 1)
def true_range(of: Prices = BARS) -> pl.Expr:
    """The widest of high - low and the ways from the close before to either; none on bar one."""
    return line(range_loop, [of.high, of.low, of.close], 1, 0)


@indicator(lambda length: length)
def atr(length: int = 14, of: Prices = BARS) -> pl.Expr:
    """Average true range: Wilder's mean, from the mean of the first ``length`` true ranges."""
    return line(range_loop, [of.high, of.low, of.close], length, 0)


@indicator(lambda length: length)
def natr(length: int = 14, of: Prices = BARS) -> pl.Expr:
    """Average true range in percent of the close."""
    return atr(length, of) / numbers(of.close) * 100.0


@indicator(lambda length: length - 1)
def bbands(source: Source, length: int = 20, up: float = 2.0, down: float = 2.0) -> pl.Expr:
    """Bollinger bands, a struct of ``upper``, ``middle`` and ``lower``.

    The mean of the window, and population standard deviations above and below it.
    """
    return lines(spread_loop, [source], length, 0, BANDS, up, down, names=CHANNEL_LINES)


@indicator(lambda length: length - 1)
def donchian(length: int = 20, of: Prices = BARS) -> pl.Expr:
    """Donchian channel, a struct of ``upper`` (highest high), ``middle``, ``lower`` (lowest low).

    It holds the bar itself: a breakout compares with the channel of the bar before.
    """
    inputs = [of.high, of.low, of.low]
    return lines(place_loop, inputs, length, CHANNEL, names=CHANNEL_LINES)


@indicator(lambda length, window: max(length - 1, window))
def keltner(
    length: int = 20, window: int = 10, multiple: float = 2.0, of: Prices = BARS
) -> pl.Expr:
    """Keltner channel, a struct of ``upper``, ``middle`` and ``lower``.

    The EMA of the typical price over ``length`` bars, and ``multiple`` average true ranges of
    ``window`` bars above and below it. Both begin with plain means that end at the same bar.
    """
    first = max(length - 1, window)
    typical = typical_price(of)
    middle = line(ema_loop, [typical], length, first - length + 1, 2.0 / (length + 1))
    ranges = [of.high, of.low, of.close]
    spread = multiple * line(range_loop, ranges, window, first - window)
    upper, lower = middle + spread, middle - spread
    return pl.struct(upper.alias("upper"), middle.alias("middle"), lower.alias("lower"))


@indicator(lambda: 0)
def typical_price(of: Prices = BARS) -> pl.Expr:
    """(high + low + close) / 3."""
    return line(typical_loop, [of.high, of.low, of.close])
