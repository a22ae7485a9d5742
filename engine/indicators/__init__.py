"""Indicators: functions that give Polars expressions, each with its declared warm-up.

Seeds, warm-up and values are those of TA-Lib wherever it has the indicator, see
``docs/indicator-parity.md``. All are computed in float64 over the rows of one symbol, in time:
``rsi("close", 14).over("symbol")``. Those of several lines are structs:
``macd("close").over("symbol").struct.unnest()``.

A bar without a price has no value. A window that holds it has none either; what remembers goes on
after it as if it had not been there.
"""

from engine.indicators.averages import (
    dema,
    efficiency,
    ema,
    kama,
    sma,
    tema,
    trima,
    vwma,
    wilder,
    wma,
)
from engine.indicators.indicator import BARS, Indicator, Prices, indicator
from engine.indicators.momentum import (
    aroon,
    balance_of_power,
    cci,
    cmo,
    macd,
    momentum,
    ppo,
    roc,
    rsi,
    stoch,
    stoch_rsi,
    trix,
    ultimate,
    williams_r,
)
from engine.indicators.pairs import (
    beta,
    correlation,
    regression,
    regression_intercept,
    regression_slope,
)
from engine.indicators.trend import adx, dx, minus_di, parabolic_sar, plus_di, supertrend
from engine.indicators.volatility import (
    atr,
    bbands,
    donchian,
    highest,
    keltner,
    lowest,
    midpoint,
    midprice,
    natr,
    std,
    true_range,
    typical_price,
    var,
    zscore,
)
from engine.indicators.volume import ad, adosc, cmf, mfi, obv, vwap

INDICATORS = {name: one for name, one in sorted(vars().items()) if isinstance(one, Indicator)}
"""Every indicator by its name."""

__all__ = [
    "BARS",
    "INDICATORS",
    "Indicator",
    "Prices",
    "ad",
    "adosc",
    "adx",
    "aroon",
    "atr",
    "balance_of_power",
    "bbands",
    "beta",
    "cci",
    "cmf",
    "cmo",
    "correlation",
    "dema",
    "donchian",
    "dx",
    "efficiency",
    "ema",
    "highest",
    "indicator",
    "kama",
    "keltner",
    "lowest",
    "macd",
    "mfi",
    "midpoint",
    "midprice",
    "minus_di",
    "momentum",
    "natr",
    "obv",
    "parabolic_sar",
    "plus_di",
    "ppo",
    "regression",
    "regression_intercept",
    "regression_slope",
    "roc",
    "rsi",
    "sma",
    "std",
    "stoch",
    "stoch_rsi",
    "supertrend",
    "tema",
    "trima",
    "trix",
    "true_range",
    "typical_price",
    "ultimate",
    "var",
    "vwap",
    "vwma",
    "wilder",
    "williams_r",
    "wma",
    "zscore",
]
