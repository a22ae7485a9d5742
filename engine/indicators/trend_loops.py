"""Loops that follow a trend: directional movement, SuperTrend and the parabolic stop.

A bar that lacks a price has no value and changes nothing.
"""

from __future__ import annotations

import math
from pathlib import Path

from engine.execution.kernel import entry_of, rule
from engine.execution.records import Floats

entry = entry_of(Path(__file__).parent)
PLUS, MINUS, INDEX, AVERAGE = 0, 1, 2, 3


@rule
def movement(high: float, low: float, high_before: float, low_before: float) -> tuple[float, float]:
    """How far a bar went beyond the one before, on the side where it went further."""
    up, down = high - high_before, low_before - low
    return (up if up > 0.0 and up > down else 0.0), (down if down > 0.0 and down > up else 0.0)


@rule
def true_range_of(high: float, low: float, close_before: float) -> float:
    """The widest of the bar itself and the way from the close before to its ends."""
    return max(high - low, abs(high - close_before), abs(low - close_before))


@rule
def percent(part: float, whole: float) -> float:
    """100 x part / whole, 0 of nothing."""
    return 100.0 * (part / whole) if whole != 0.0 else 0.0


@entry
def directional_loop(
    high: Floats, low: Floats, close: Floats, length: int, kind: int, out: Floats
) -> int:
    """Wilder's +DI, -DI, DX or ADX.

    Sums of movement and true range begin with ``length - 1`` bars, then lose 1 / length of
    themselves per bar; ADX begins with the mean of ``length`` DX.
    """
    seen, found, missing = 0, 0, 0
    plus, minus, span, mean, index = 0.0, 0.0, 0.0, 0.0, 0.0
    before_high, before_low, before_close = 0.0, 0.0, 0.0
    for t in range(len(high)):
        out[0, t] = math.nan
        if math.isnan(high[t]) or math.isnan(low[t]) or math.isnan(close[t]):
            missing += 1
            continue
        if seen > 0:
            if seen >= length:
                plus -= plus / length
                minus -= minus / length
                span -= span / length
            up, down = movement(high[t], low[t], before_high, before_low)
            plus += up
            minus += down
            span += true_range_of(high[t], low[t], before_close)
        before_high, before_low, before_close = high[t], low[t], close[t]
        seen += 1
        if seen <= length:
            missing += 1
            continue
        if kind == PLUS or kind == MINUS:
            out[0, t] = percent(plus if kind == PLUS else minus, span)
            continue
        ahead, back = percent(plus, span), percent(minus, span)
        if ahead + back != 0.0:
            index = percent(abs(back - ahead), ahead + back)
        if kind == INDEX:
            out[0, t] = index
            continue
        found += 1
        if found > length:
            mean = (mean * (length - 1) + index) / length
        else:
            mean += index
            if found == length:
                mean /= length
        if found < length:
            missing += 1
        else:
            out[0, t] = mean
    return missing


@entry
def supertrend_loop(
    high: Floats, low: Floats, close: Floats, atr: Floats, multiple: float, out: Floats
) -> int:
    """A stop ``multiple`` true ranges from the middle of the bar that only moves with the trend.

    Line 0 is the stop, line 1 the trend: 1 up, -1 down; it begins up. The trend turns when a close
    is beyond the stop.
    """
    trend, upper, lower, before, missing = 0.0, 0.0, 0.0, 0.0, 0
    for t in range(len(high)):
        if math.isnan(high[t]) or math.isnan(low[t]) or math.isnan(close[t]) or math.isnan(atr[t]):
            out[0, t] = out[1, t] = math.nan
            missing += 1
            continue
        middle = (high[t] + low[t]) / 2.0
        top, bottom = middle + multiple * atr[t], middle - multiple * atr[t]
        if trend == 0.0:
            trend, upper, lower = 1.0, top, bottom
        else:
            if top < upper or before > upper:
                upper = top
            if bottom > lower or before < lower:
                lower = bottom
            if trend > 0.0 and close[t] < lower:
                trend = -1.0
            elif trend < 0.0 and close[t] > upper:
                trend = 1.0
        before = close[t]
        out[0, t] = lower if trend > 0.0 else upper
        out[1, t] = trend
    return missing


@entry
def parabolic_loop(high: Floats, low: Floats, step: float, most: float, out: Floats) -> int:
    """Wilder's parabolic stop: each bar it goes ``share`` of the way to the trend's extreme.

    The share grows by ``step`` with each new extreme, up to ``most``. It begins long unless the
    second bar goes further down than up.
    """
    seen, long, share, missing = 0, True, step, 0
    stop, extreme, before_high, before_low = 0.0, 0.0, 0.0, 0.0
    for t in range(len(high)):
        if math.isnan(high[t]) or math.isnan(low[t]):
            out[0, t] = math.nan
            missing += 1
            continue
        seen += 1
        if seen == 1:
            before_high, before_low = high[t], low[t]
            out[0, t] = math.nan
            missing += 1
            continue
        if seen == 2:
            _, down = movement(high[t], low[t], before_high, before_low)
            long = down == 0.0
            extreme = high[t] if long else low[t]
            stop = before_low if long else before_high
            before_high, before_low = high[t], low[t]
        top, bottom = max(high[t], before_high), min(low[t], before_low)
        crossed = low[t] <= stop if long else high[t] >= stop
        if crossed:
            long = not long
            stop = min(extreme, bottom) if long else max(extreme, top)
            out[0, t] = stop
            share = step
            extreme = high[t] if long else low[t]
        else:
            out[0, t] = stop
            if high[t] > extreme if long else low[t] < extreme:
                extreme = high[t] if long else low[t]
                share = min(share + step, most)
        stop += share * (extreme - stop)
        stop = min(stop, bottom) if long else max(stop, top)
        before_high, before_low = high[t], low[t]
    return missing
