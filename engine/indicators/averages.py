"""Means of prices: plain, weighted, exponential, adaptive."""

from __future__ import annotations

import polars as pl

from engine.indicators.bridge import line
from engine.indicators.extreme_loops import extreme_loop
from engine.indicators.indicator import Source, indicator, numbers
from engine.indicators.loops import ADAPTIVE, EFFICIENCY, ema_loop, kama_loop
from engine.indicators.spread_loops import mean_loop
from engine.indicators.window_loops import fit_loop


@indicator(lambda length: length - 1)
def sma(source: Source, length: int) -> pl.Expr:
    """Simple moving average: the mean of the last ``length`` values."""
    return line(mean_loop, [source], length)


@indicator(lambda length: length - 1)
def ema(source: Source, length: int) -> pl.Expr:
    """Exponential moving average with share 2 / (length + 1).

    It begins with the mean of the first ``length`` values.
    """
    return line(ema_loop, [source], length, 0, 2.0 / (length + 1))


@indicator(lambda length: length - 1)
def wilder(source: Source, length: int) -> pl.Expr:
    """Wilder's moving average (RMA): exponential with share 1 / length.

    It begins with the mean of the first ``length`` values.
    """
    return line(ema_loop, [source], length, 0, 1.0 / length)


@indicator(lambda length: length - 1)
def wma(source: Source, length: int) -> pl.Expr:
    """Linearly weighted moving average: the last value counts ``length`` times, the first once.

    It is the least-squares line of the window, two thirds of the way to its end.
    """
    return line(fit_loop, [source], length, 1.0, (length - 1) * 2.0 / 3.0)


@indicator(lambda length: 2 * (length - 1))
def dema(source: Source, length: int) -> pl.Expr:
    """Double exponential moving average: 2 x EMA - EMA of the EMA (Mulloy)."""
    once = ema(source, length)
    return 2.0 * once - ema(once, length)


@indicator(lambda length: 3 * (length - 1))
def tema(source: Source, length: int) -> pl.Expr:
    """Triple exponential moving average: 3 x EMA - 3 x EMA of EMA + EMA of that (Mulloy)."""
    once = ema(source, length)
    twice = ema(once, length)
    return 3.0 * once - 3.0 * twice + ema(twice, length)


@indicator(lambda length: length - 1)
def trima(source: Source, length: int) -> pl.Expr:
    """Triangular moving average: a mean of means, so the middle of the window counts most."""
    half = (length + 1) // 2
    return sma(sma(source, half), length - half + 1)


@indicator(lambda length: length)
def efficiency(source: Source, length: int) -> pl.Expr:
    """Kaufman's efficiency ratio: how far prices came, over how far they went on the way; 0 to 1.

    1 where they did not move at all.
    """
    return line(kama_loop, [source], length, EFFICIENCY, 0.0, 0.0)


@indicator(lambda length: length)
def kama(source: Source, length: int = 10, fast: int = 2, slow: int = 30) -> pl.Expr:
    """Kaufman's adaptive moving average: quick where prices are efficient, slow in noise.

    It goes a share of the way to each value: the square of a share between those of exponential
    means of ``slow`` and ``fast`` bars, by the efficiency of ``length`` bars.
    """
    return line(kama_loop, [source], length, ADAPTIVE, 2.0 / (fast + 1), 2.0 / (slow + 1))


@indicator(lambda length: length - 1)
def vwma(source: Source, length: int, volume: Source = "volume") -> pl.Expr:
    """Volume-weighted moving average; none where the window has no volume."""
    price, traded = numbers(source), numbers(volume)
    some = line(extreme_loop, [traded], length, 1) > 0
    ratio = line(mean_loop, [price * traded], length) / line(mean_loop, [traded], length)
    return pl.when(some).then(ratio)
