"""Means that remember: each bar's value needs the one before.

Every loop writes NaN where there is no value and returns how many. A bar without a price has no
value and changes nothing; what follows goes on as if it had not been there.
"""

from __future__ import annotations

import math
from pathlib import Path

from engine.execution.kernel import entry_of
from engine.execution.records import Floats

entry = entry_of(Path(__file__).parent)
EFFICIENCY, ADAPTIVE = 0, 1


@entry
def typical_loop(high: Floats, low: Floats, close: Floats, out: Floats) -> int:
    """(high + low + close) / 3; an expression would multiply by the rounded third instead."""
    missing = 0
    for t in range(len(high)):
        out[0, t] = (high[t] + low[t] + close[t]) / 3.0
        missing += math.isnan(out[0, t])
    return missing


@entry
def ema_loop(x: Floats, length: int, skip: int, share: float, out: Floats) -> int:
    """Go ``share`` of the way to each price, from the mean of ``length`` prices after ``skip``."""
    seen, total, mean, missing = 0, 0.0, 0.0, 0
    for t in range(len(x)):
        if math.isnan(x[t]):
            out[0, t] = math.nan
            missing += 1
            continue
        seen += 1
        if seen > skip + length:
            mean = (x[t] - mean) * share + mean
        elif seen > skip:
            total += x[t]
            mean = total / length
        if seen < skip + length:
            out[0, t] = math.nan
            missing += 1
        else:
            out[0, t] = mean
    return missing


@entry
def macd_loop(x: Floats, fast: int, slow: int, signal: int, out: Floats) -> int:
    """A fast exponential mean less a slow one, the mean of that, and what lies between.

    Both begin at the same bar with plain means, so the first prices are not in the fast one.
    """
    seen, quick, calm, mean, missing = 0, 0.0, 0.0, 0.0, 0
    for t in range(len(x)):
        out[0, t] = out[1, t] = out[2, t] = math.nan
        if math.isnan(x[t]):
            missing += 1
            continue
        seen += 1
        if seen > slow:
            quick = (x[t] - quick) * (2.0 / (fast + 1)) + quick
            calm = (x[t] - calm) * (2.0 / (slow + 1)) + calm
        else:
            calm += x[t]
            quick += x[t] if seen > slow - fast else 0.0
            if seen == slow:
                quick, calm = quick / fast, calm / slow
        own = quick - calm
        if seen >= slow + signal:
            mean = (own - mean) * (2.0 / (signal + 1)) + mean
        elif seen >= slow:
            mean += own
            if seen == slow + signal - 1:
                mean /= signal
        if seen < slow + signal - 1:
            missing += 1
        else:
            out[0, t], out[1, t], out[2, t] = own, mean, own - mean
    return missing


@entry
def range_loop(
    high: Floats, low: Floats, close: Floats, length: int, skip: int, out: Floats
) -> int:
    """Wilder's mean of true ranges, from the mean of the first ``length`` of them after ``skip``.

    The first bar has no close before it and so no true range.
    """
    seen, mean, before, missing = 0, 0.0, 0.0, 0
    share = 1.0 / length
    for t in range(len(high)):
        out[0, t] = math.nan
        if math.isnan(high[t]) or math.isnan(low[t]) or math.isnan(close[t]):
            missing += 1
            continue
        span = max(high[t] - low[t], abs(high[t] - before), abs(low[t] - before))
        before = close[t]
        if seen > skip + length:
            mean += (span - mean) * share
        elif seen > skip:
            mean += span
            if seen == skip + length:
                mean /= length
        if seen < skip + length:
            missing += 1
        else:
            out[0, t] = mean
        seen += 1
    return missing


@entry
def strength_loop(x: Floats, length: int, balance: int, out: Floats) -> int:
    """Wilder means of rises and falls: 100 x rise / both, or with ``balance`` (rise - fall)."""
    seen, last, up, down, missing = 0, 0.0, 0.0, 0.0, 0
    share = 1.0 / length
    for t in range(len(x)):
        if math.isnan(x[t]):
            out[0, t] = math.nan
            missing += 1
            continue
        step = x[t] - last
        last = x[t]
        seen += 1
        if seen > length + 1:
            up += (max(step, 0.0) - up) * share
            down += (max(-step, 0.0) - down) * share
        elif seen > 1:
            up += max(step, 0.0)
            down += max(-step, 0.0)
            if seen == length + 1:
                up /= length
                down /= length
        if seen < length + 1:
            out[0, t] = math.nan
            missing += 1
            continue
        both = up + down
        rise = up - down if balance else up
        out[0, t] = 100.0 * (rise / both) if both > 0.0 else 0.0
    return missing


@entry
def kama_loop(x: Floats, length: int, kind: int, fast: float, slow: float, out: Floats) -> int:
    """How far prices came over how far they went, or the mean that follows them by it.

    The mean goes (efficiency x (fast - slow) + slow) squared of the way to each price and starts at
    the price before the first efficiency. The way is summed up afresh every ``length`` bars.
    """
    run, age, went, mean, missing = 0, 0, 0.0, math.nan, 0
    for t in range(len(x)):
        run = 0 if math.isnan(x[t]) else run + 1
        if run <= length:
            out[0, t] = math.nan
            missing += 1
            continue
        if run == length + 1 or age == length:
            age, went = 0, 0.0
            for k in range(t - length + 1, t + 1):
                went += abs(x[k] - x[k - 1])
        else:
            went += abs(x[t] - x[t - 1]) - abs(x[t - length] - x[t - length - 1])
        age += 1
        came = abs(x[t] - x[t - length])
        ratio = came / went if went > came else 1.0
        if kind == EFFICIENCY:
            out[0, t] = ratio
            continue
        if math.isnan(mean):
            mean = x[t - 1]
        share = ratio * (fast - slow) + slow
        mean += (x[t] - mean) * (share * share)
        out[0, t] = mean
    return missing
