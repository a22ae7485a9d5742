"""Indicators on a handful of bars, with numbers that can be checked by hand."""

import math

import polars as pl
import pytest

from engine import indicators
from engine.errors import InputError
from engine.indicators import INDICATORS, Prices

HOLE = None


def told(expression, **columns):
    """A column, or the columns of a struct side by side."""
    frame = pl.DataFrame(columns, strict=False)
    found = frame.select(expression.alias("found"))["found"]
    if not isinstance(found.dtype, pl.Struct):
        return found.to_list()
    return [tuple(row.values()) for row in found.to_list()]


def close(values):
    return pytest.approx(values, rel=1e-14)


def test_means():
    prices = [1.0, 2.0, 6.0, 3.0]
    assert told(indicators.sma("x", 2), x=prices) == [None, 1.5, 4.0, 4.5]
    # (1 x 2 + 2 x 6) / 3 = 14 / 3; (1 x 6 + 2 x 3) / 3 = 4
    assert told(indicators.wma("x", 2), x=prices)[1:] == close([5 / 3, 14 / 3, 4.0])
    # begins with (1 + 2 + 6) / 3 = 3, then half the way to 3
    assert told(indicators.ema("x", 3), x=prices) == [None, None, 3.0, 3.0]
    assert told(indicators.ema("x", 3), x=[*prices, 7.0])[4] == 5.0
    # a third of the way to 9
    assert told(indicators.wilder("x", 3), x=[*prices, 9.0])[4] == close(5.0)


def test_a_mean_that_stands_is_exact():
    prices = [1e6 + 0.1, 3.3, *[0.1] * 5]
    assert told(indicators.sma("x", 3), x=prices)[4:] == [0.1] * 3
    assert told(indicators.std("x", 3), x=prices)[4:] == [0.0] * 3
    assert told(indicators.zscore("x", 3), x=prices)[4:] == [None] * 3


def test_spread():
    # 2, 4, 4, 4, 5, 5, 7, 9: mean 5, variance 4 of a population, 32 / 7 of a sample
    prices = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]
    assert told(indicators.std("x", 8), x=prices)[-1] == 2.0
    assert told(indicators.var("x", 8, ddof=1), x=prices)[-1] == close(32 / 7)
    assert told(indicators.zscore("x", 8), x=prices)[-1] == 2.0
    assert told(indicators.bbands("x", 8, up=2.0, down=1.0), x=prices)[-1] == (9.0, 5.0, 3.0)


def test_one_value_has_no_spread():
    assert told(indicators.std("x", 1), x=[3.0, 4.0]) == [0.0, 0.0]
    assert told(indicators.var("x", 1, ddof=1), x=[3.0]) == [None]
    assert told(indicators.zscore("x", 1), x=[3.0]) == [None]


def test_efficiency_and_the_mean_that_follows_it():
    # came 2, went 1 + 1 + 2 = 4
    assert told(indicators.efficiency("x", 3), x=[10.0, 11.0, 10.0, 12.0])[3] == 0.5
    # straight: efficiency 1, share (2/3)^2, from the 12 before
    straight = told(indicators.kama("x", 2, fast=2, slow=30), x=[11.0, 12.0, 13.0])
    assert straight == [None, None, close(12 + 4 / 9)]


def test_strength():
    # rises 1 and 2, falls 1: 3 / 4; then means of 3 lose a third: rise 2/3, fall (1/3 x 2 + 3) / 3
    prices = [10.0, 11.0, 10.0, 12.0]
    assert told(indicators.rsi("x", 3), x=prices)[3] == close(75.0)
    assert told(indicators.cmo("x", 3), x=prices)[3] == close(50.0)
    up, down = 2 / 3, (2 / 3 + 3) / 3
    assert told(indicators.rsi("x", 3), x=[*prices, 9.0])[4] == close(100 * up / (up + down))
    assert told(indicators.rsi("x", 2), x=[5.0] * 4) == [None, None, 0.0, 0.0]


def test_macd_begins_with_plain_means_at_one_bar():
    # slow of 3: (1 + 2 + 6) / 3 = 3; fast of 2: (2 + 6) / 2 = 4
    found = told(indicators.macd("x", 2, 3, 1), x=[1.0, 2.0, 6.0])
    assert found[2] == (1.0, 1.0, 0.0)
    assert found[0] == (None, None, None)


BARS = {
    "high": [11.0, 13.0, 12.0, 15.0],
    "low": [9.0, 10.0, 8.0, 11.0],
    "close": [10.0, 12.0, 9.0, 15.0],
    "volume": [100.0, 50.0, 30.0, 20.0],
}


def test_true_range():
    # 13 - 10 = 3 and 13 - 10; 12 - 8 = 4, 8 - 12 = 4; 15 - 9 = 6
    assert told(indicators.true_range(), **BARS) == [None, 3.0, 4.0, 6.0]
    assert told(indicators.atr(2), **BARS) == [None, None, 3.5, 4.75]
    assert told(indicators.natr(2), **BARS)[3] == close(100 * 4.75 / 15)


def test_where_the_close_is():
    # the last 3: high 15, low 8, close 15
    assert told(indicators.stoch(3, 1, 1), **BARS)[3] == (100.0, 100.0)
    assert told(indicators.williams_r(3), **BARS)[2] == close(-100 * (13 - 9) / (13 - 8))
    assert told(indicators.donchian(3), **BARS)[3] == (15.0, 11.5, 8.0)
    assert told(indicators.midprice(2), **BARS) == [None, 11.0, 10.5, 11.5]
    assert told(indicators.balance_of_power(Prices(open="low")), **BARS)[1] == close(2 / 3)


def test_how_fresh_extremes_are():
    # highs 11 13 12: the highest one bar ago of two; lows 9 10 8: the lowest now
    assert told(indicators.aroon(2), **BARS)[2] == (50.0, 100.0)
    assert told(indicators.aroon(2), high=[1.0] * 3, low=[1.0] * 3)[2] == (100.0, 100.0)


def test_supertrend_turns_with_the_close():
    high, low = [11.0, 11.0, 11.0, 6.0, 15.0], [9.0, 9.0, 9.0, 4.0, 13.0]
    found = told(indicators.supertrend(1, 1.0), high=high, low=low, close=[10, 10, 10, 5, 14])
    # true range 2: stop 10 - 2 = 8; a close of 5 is below it; range 6: stop 5 + 6 = 11
    assert found[1:4] == [(8.0, 1.0), (8.0, 1.0), (11.0, -1.0)]
    # 14 is above it; range 10: 14 - 10 = 4
    assert found[4] == (4.0, 1.0)


def test_parabolic_stop():
    high, low = [10.0, 11.0, 13.0, 12.0], [9.0, 10.0, 12.0, 8.0]
    found = told(indicators.parabolic_sar(), high=high, low=low)
    # long from the low of 9; 2 % of the way to 11, then 4 % of the way to 13; a low of 8 crosses it
    assert found[1] == 9.0
    assert found[2] == close(9.04)
    assert found[3] == 13.0


def test_directional_movement():
    # up 2 and down 0; up 0 and down 2; up 3: sums of 2 lose half: plus (2/2 + 0)/2 + 3 ...
    plus = told(indicators.plus_di(1), **BARS)
    assert plus[1] == close(100 * 2 / 3)
    assert told(indicators.minus_di(1), **BARS)[2] == close(100 * 2 / 4)
    assert told(indicators.dx(1), **BARS)[1] == 100.0
    assert told(indicators.adx(1), **BARS) == [None, 100.0, 100.0, 100.0]


def test_volume():
    assert told(indicators.obv(), **BARS) == [100.0, 150.0, 120.0, 140.0]
    bars = {"high": [12.0, 9.0], "low": [9.0, 9.0], "close": [12.0, 9.0], "volume": [10.0, 20.0]}
    assert told(indicators.vwap(), **bars) == [11.0, close((110 + 180) / 30)]
    assert told(indicators.ad(), **bars) == [10.0, 10.0]
    assert told(indicators.cmf(2), **bars) == [None, close(1 / 3)]
    assert told(indicators.vwma("close", 2), **bars)[1] == close((120 + 180) / 30)
    # typical 11 then 9: all flow is down
    assert told(indicators.mfi(1), **bars) == [None, 0.0]


def test_a_window_without_volume():
    bars = {**BARS, "volume": [1e9, 0.1, 0.0, 0.0]}
    assert told(indicators.vwma("close", 2), **bars)[3] is None
    assert told(indicators.mfi(2), **bars)[3] == 0.0
    assert told(indicators.cmf(2), **bars)[3] == 0.0


def test_lines_and_pairs():
    # 1, 3, 5 + a bump: slope of (0, 1), (1, 3), (2, 8) is 3.5, mean 4
    prices = [1.0, 3.0, 8.0]
    assert told(indicators.regression_slope("x", 3), x=prices)[2] == close(3.5)
    assert told(indicators.regression("x", 3), x=prices)[2] == close(7.5)
    assert told(indicators.regression_intercept("x", 3), x=prices)[2] == close(0.5)
    pair = {"x": [1.0, 2.0, 3.0, 3.0], "y": [2.0, 4.0, 6.0, 7.0]}
    assert told(indicators.correlation("x", "y", 3), **pair)[2] == close(1.0)
    assert told(indicators.beta("y", "x", 3), **pair)[2] == close(2.0)
    assert told(indicators.beta("y", "x", 2), **pair)[3] is None, "x stands still"


def test_momentum():
    assert told(indicators.momentum("x", 2), x=[1.0, 2.0, 4.0]) == [None, None, 3.0]
    assert told(indicators.roc("x", 1), x=[100.0, 110.0])[1] == close(10.0)


def test_a_hole_breaks_windows_and_is_passed_over_by_memory():
    prices = [1.0, 3.0, HOLE, 5.0, 7.0]
    assert told(indicators.sma("x", 2), x=prices) == [None, 2.0, None, None, 6.0]
    assert told(indicators.highest("x", 2), x=prices) == [None, 3.0, None, None, 7.0]
    # mean 2, two thirds of the way to 5: 4, and to 7: 6
    assert told(indicators.ema("x", 2), x=prices) == [None, 2.0, None, close(4.0), close(6.0)]
    nan = [math.nan if price is None else price for price in prices]
    assert told(indicators.ema("x", 2), x=nan) == told(indicators.ema("x", 2), x=prices)
    assert told(indicators.obv("x", "v"), x=prices, v=[1.0] * 5) == [1.0, 2.0, None, 3.0, 4.0]


def test_whole_numbers_and_no_bars():
    assert told(indicators.ema("x", 2), x=[1, 3, 6]) == [None, 2.0, close(14 / 3)]
    empty = pl.DataFrame({"x": []}, schema={"x": pl.Float32()})
    assert empty.select(indicators.rsi("x", 14))["x"].to_list() == []
    lazy = empty.lazy().select(indicators.macd("x"))
    assert lazy.collect_schema()["x"] == pl.Struct(
        dict.fromkeys(("macd", "signal", "histogram"), pl.Float64())
    )
    assert lazy.collect().height == 0


@pytest.mark.parametrize("length", [0, -1, 2.0, True, "5"])
def test_a_length_that_is_none(length):
    with pytest.raises(InputError, match=r"sma: length is .*; give a number of bars, 1 or more"):
        indicators.sma("x", length)
    with pytest.raises(InputError, match="2 or more"):
        indicators.regression("x", 1)


def test_an_indicator_tells_its_rule():
    assert "Wilder's relative strength index" in indicators.rsi.__doc__
    assert all(one.__doc__ and one.name == name for name, one in INDICATORS.items())
