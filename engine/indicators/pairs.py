"""Lines through a window, and two series beside each other."""

from __future__ import annotations

import polars as pl

from engine.indicators.bridge import line
from engine.indicators.indicator import Source, indicator
from engine.indicators.window_loops import BETA, CORRELATION, fit_loop, pair_loop


@indicator(lambda length: length - 1, least=2)
def regression(source: Source, length: int = 14) -> pl.Expr:
    """The least-squares line through the last ``length`` values, at the last of them."""
    return line(fit_loop, [source], length, 1.0, length - 1.0)


@indicator(lambda length: length - 1, least=2)
def regression_slope(source: Source, length: int = 14) -> pl.Expr:
    """The slope of that line per bar."""
    return line(fit_loop, [source], length, 0.0, 1.0)


@indicator(lambda length: length - 1, least=2)
def regression_intercept(source: Source, length: int = 14) -> pl.Expr:
    """That line at the first of the values."""
    return line(fit_loop, [source], length, 1.0, 0.0)


@indicator(lambda length: length - 1, least=2)
def correlation(source: Source, other: Source, length: int = 30) -> pl.Expr:
    """Pearson's correlation over the last ``length`` bars; none where one of them does not move."""
    return line(pair_loop, [source, other], length, CORRELATION)


@indicator(lambda length: length - 1, least=2)
def beta(source: Source, market: Source, length: int = 60) -> pl.Expr:
    """The slope of ``source`` on ``market``, both of them returns; none if the market stands still.

    Returns of prices: ``pl.col("close").pct_change()``.
    """
    return line(pair_loop, [market, source], length, BETA)
