"""How fast and how steadily prices move."""

from __future__ import annotations

import polars as pl

from engine.indicators.averages import ema, sma
from engine.indicators.bridge import line, lines
from engine.indicators.extreme_loops import STOCHASTIC, WILLIAMS, age_loop, place_loop
from engine.indicators.indicator import BARS, Prices, Source, indicator, numbers, prices_of
from engine.indicators.loops import macd_loop, strength_loop
from engine.indicators.spread_loops import deviation_loop, smooth_loop
from engine.indicators.volatility import highest, true_range, typical_price


@indicator(lambda length: length)
def momentum(source: Source, length: int = 10) -> pl.Expr:
    """The value less that of ``length`` bars before."""
    value = numbers(source)
    return value - value.shift(length)


@indicator(lambda length: length)
def roc(source: Source, length: int = 10) -> pl.Expr:
    """Rate of change in percent against the value of ``length`` bars before."""
    value = numbers(source)
    return (value / value.shift(length) - 1.0) * 100.0


@indicator(lambda length: length)
def rsi(source: Source, length: int = 14) -> pl.Expr:
    """Wilder's relative strength index: the share of rises in all moves, 0 to 100.

    Both means begin with the plain mean of the first ``length`` changes; 0 where nothing moved.
    """
    return line(strength_loop, [source], length, 0)


@indicator(lambda length: length)
def cmo(source: Source, length: int = 14) -> pl.Expr:
    """Chande's momentum oscillator with Wilder's means: (rises - falls) / both, -100 to 100."""
    return line(strength_loop, [source], length, 1)


@indicator(lambda slow, signal: slow + signal - 2)
def macd(source: Source, fast: int = 12, slow: int = 26, signal: int = 9) -> pl.Expr:
    """Struct of ``macd`` (fast EMA - slow EMA), ``signal`` (its EMA) and ``histogram``.

    Both means begin at bar ``slow``, the fast one with the mean of the last ``fast`` of them.
    """
    fast, slow = min(fast, slow), max(fast, slow)
    names = ("macd", "signal", "histogram")
    return lines(macd_loop, [source], fast, slow, signal, names=names)


@indicator(lambda fast, slow: max(fast, slow) - 1)
def ppo(source: Source, fast: int = 12, slow: int = 26) -> pl.Expr:
    """Percentage price oscillator: (fast EMA - slow EMA) / slow EMA, in percent."""
    calm = ema(source, slow)
    return (ema(source, fast) - calm) / calm * 100.0


@indicator(lambda length: 3 * (length - 1) + 1)
def trix(source: Source, length: int = 30) -> pl.Expr:
    """Change from bar to bar, in percent, of an EMA of an EMA of an EMA."""
    return roc(ema(ema(ema(source, length), length), length), 1)


@indicator(lambda length, smooth, signal: length + smooth + signal - 3)
def stoch(length: int = 5, smooth: int = 3, signal: int = 3, of: Prices = BARS) -> pl.Expr:
    """Struct of ``k`` and ``d``: where the close is between the lowest low and the highest high.

    In percent; ``k`` is the mean of ``smooth`` such values (1: the fast stochastic), ``d`` that of
    ``signal`` values of k. 0 where the window has no height.
    """
    place = line(place_loop, [of.high, of.low, of.close], length, STOCHASTIC)
    return lines(smooth_loop, [place], smooth, signal, names=("k", "d"))


@indicator(lambda length, window, signal: length + window + signal - 2)
def stoch_rsi(source: Source, length: int = 14, window: int = 5, signal: int = 3) -> pl.Expr:
    """Struct of ``k`` and ``d``: the fast stochastic of the RSI."""
    strength = rsi(source, length)
    return stoch(window, 1, signal, Prices(high=strength, low=strength, close=strength))


@indicator(lambda length: length - 1)
def williams_r(length: int = 14, of: Prices = BARS) -> pl.Expr:
    """Williams' %R: how far the close is below the highest high, -100 (at the lowest low) to 0."""
    return line(place_loop, [of.high, of.low, of.close], length, WILLIAMS)


@indicator(lambda length: length - 1)
def cci(length: int = 14, of: Prices = BARS) -> pl.Expr:
    """Commodity channel index: typical price from its mean, in 0.015 mean absolute deviations."""
    return line(deviation_loop, [typical_price(of)], length)


@indicator(lambda short, middle, long: max(short, middle, long))
def ultimate(short: int = 7, middle: int = 14, long: int = 28, of: Prices = BARS) -> pl.Expr:
    """Ultimate oscillator: buying pressure over true range of three windows, weighted 4, 2, 1.

    In percent; the shortest window weighs most.
    """
    low, close = prices_of(of, "low", "close")
    pressure, span = close - pl.min_horizontal(low, close.shift()), true_range(of)
    pressure = pl.when(span.is_not_null()).then(pressure)
    weights = zip(sorted((short, middle, long)), (4.0, 2.0, 1.0), strict=True)
    parts = [weight * _ratio(pressure, span, length) for length, weight in weights]
    return 100.0 * (parts[0] + parts[1] + parts[2]) / 7.0


@indicator(lambda: 0)
def balance_of_power(of: Prices = BARS) -> pl.Expr:
    """(close - open) / (high - low), 0 where the bar has no height."""
    opening, high, low, close = prices_of(of, "open", "high", "low", "close")
    height = high - low
    return pl.when(height > 0).then((close - opening) / height).otherwise(height * 0.0)


@indicator(lambda length: length)
def aroon(length: int = 14, of: Prices = BARS) -> pl.Expr:
    """Struct of ``up`` and ``down``: how fresh the highest high and the lowest low are, 0 to 100.

    The window is ``length + 1`` bars; of equal extremes the last one counts.
    """
    return lines(age_loop, [of.high, of.low], length, names=("up", "down"))


def _ratio(part: pl.Expr, whole: pl.Expr, length: int) -> pl.Expr:
    some = highest(whole, length)
    return pl.when(some > 0).then(sma(part, length) / sma(whole, length)).otherwise(some)
