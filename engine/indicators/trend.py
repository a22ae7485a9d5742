"""Which way, and how far until that is over."""

from __future__ import annotations

import polars as pl

from engine.indicators.bridge import line, lines
from engine.indicators.indicator import BARS, Prices, indicator
from engine.indicators.trend_loops import (
    AVERAGE,
    INDEX,
    MINUS,
    PLUS,
    directional_loop,
    parabolic_loop,
    supertrend_loop,
)
from engine.indicators.volatility import atr


@indicator(lambda length: length)
def plus_di(length: int = 14, of: Prices = BARS) -> pl.Expr:
    """Wilder's +DI: upward movement in percent of true range."""
    return line(directional_loop, [of.high, of.low, of.close], length, PLUS)


@indicator(lambda length: length)
def minus_di(length: int = 14, of: Prices = BARS) -> pl.Expr:
    """Wilder's -DI: downward movement in percent of true range."""
    return line(directional_loop, [of.high, of.low, of.close], length, MINUS)


@indicator(lambda length: length)
def dx(length: int = 14, of: Prices = BARS) -> pl.Expr:
    """Directional index: 100 x |+DI - -DI| / (+DI + -DI); the one before where both are 0."""
    return line(directional_loop, [of.high, of.low, of.close], length, INDEX)


@indicator(lambda length: 2 * length - 1)
def adx(length: int = 14, of: Prices = BARS) -> pl.Expr:
    """Average directional index: Wilder's mean of DX, from the mean of the first ``length``."""
    return line(directional_loop, [of.high, of.low, of.close], length, AVERAGE)


@indicator(lambda length: length)
def supertrend(length: int = 10, multiple: float = 3.0, of: Prices = BARS) -> pl.Expr:
    """SuperTrend, a struct of ``stop`` and ``trend`` (1 up, -1 down).

    The stop is ``multiple`` average true ranges from the middle of the bar and only moves with the
    trend, which turns when a close is beyond it; it begins up.
    """
    ranges = atr(length, of)
    inputs = [of.high, of.low, of.close, ranges]
    return lines(supertrend_loop, inputs, multiple, names=("stop", "trend"))


@indicator(lambda: 1)
def parabolic_sar(step: float = 0.02, most: float = 0.2, of: Prices = BARS) -> pl.Expr:
    """Wilder's parabolic stop and reverse.

    It begins long unless the second bar goes further down than up.
    """
    return line(parabolic_loop, [of.high, of.low], step, most)
