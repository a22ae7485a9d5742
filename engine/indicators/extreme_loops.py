"""Loops over the highest and the lowest of a window.

A value needs a whole window in a row. The window is looked through again only when its extreme
leaves it.
"""

from __future__ import annotations

import math
from pathlib import Path

from engine.execution.kernel import entry_of, rule
from engine.execution.records import Floats

entry = entry_of(Path(__file__).parent)
STOCHASTIC, WILLIAMS, MIDDLE, CHANNEL = 0, 1, 2, 3


@rule
def highest_of(x: Floats, top: int, first: int, t: int) -> int:
    """The bar of the highest from ``first`` to ``t``, the last of equals; ``top`` was it before."""
    if x[t] >= x[top]:
        return t
    if top < first:
        top = first
        for k in range(first + 1, t + 1):
            if x[k] >= x[top]:
                top = k
    return top


@rule
def lowest_of(x: Floats, bottom: int, first: int, t: int) -> int:
    """The bar of the lowest from ``first`` to ``t``, the last of equals."""
    if x[t] <= x[bottom]:
        return t
    if bottom < first:
        bottom = first
        for k in range(first + 1, t + 1):
            if x[k] <= x[bottom]:
                bottom = k
    return bottom


@entry
def extreme_loop(x: Floats, length: int, side: int, out: Floats) -> int:
    """The highest (side 1) or the lowest (-1) of each window."""
    run, place, missing = 0, 0, 0
    for t in range(len(x)):
        run = 0 if math.isnan(x[t]) else run + 1
        if run > 0:
            first = max(t - length + 1, t - run + 1)
            place = t if run == 1 else place
            place = highest_of(x, place, first, t) if side > 0 else lowest_of(x, place, first, t)
        if run < length:
            out[0, t] = math.nan
            missing += 1
        else:
            out[0, t] = x[place]
    return missing


@entry
def place_loop(
    high: Floats, low: Floats, close: Floats, length: int, kind: int, out: Floats
) -> int:
    """Where the close is between the lowest low and the highest high, their middle, or all three.

    In percent from below (stochastic) or from above, negative (Williams); 0 without any height.
    """
    run, top, bottom, missing = 0, 0, 0, 0
    for t in range(len(high)):
        broken = math.isnan(high[t]) or math.isnan(low[t]) or math.isnan(close[t])
        run = 0 if broken else run + 1
        if run > 0:
            first = max(t - length + 1, t - run + 1)
            top = highest_of(high, t if run == 1 else top, first, t)
            bottom = lowest_of(low, t if run == 1 else bottom, first, t)
        if run < length:
            for row in range(len(out)):
                out[row, t] = math.nan
            missing += 1
            continue
        upper, lower = high[top], low[bottom]
        height = upper - lower
        if kind == MIDDLE:
            out[0, t] = (upper + lower) / 2.0
        elif kind == CHANNEL:
            out[0, t], out[1, t], out[2, t] = upper, (upper + lower) / 2.0, lower
        elif height == 0.0:
            out[0, t] = 0.0
        elif kind == STOCHASTIC:
            out[0, t] = 100.0 * ((close[t] - lower) / height)
        else:
            out[0, t] = -100.0 * ((upper - close[t]) / height)
    return missing


@entry
def age_loop(high: Floats, low: Floats, length: int, out: Floats) -> int:
    """100 x (length - bars since the extreme) / length, of highs (line 0) and lows (line 1).

    The window is ``length + 1`` bars; of equal extremes the last one counts.
    """
    run, top, bottom, missing = 0, 0, 0, 0
    for t in range(len(high)):
        run = 0 if math.isnan(high[t]) or math.isnan(low[t]) else run + 1
        if run > 0:
            first = max(t - length, t - run + 1)
            top = highest_of(high, t if run == 1 else top, first, t)
            bottom = lowest_of(low, t if run == 1 else bottom, first, t)
        if run <= length:
            out[0, t] = out[1, t] = math.nan
            missing += 1
        else:
            out[0, t] = 100.0 / length * (length - (t - top))
            out[1, t] = 100.0 / length * (length - (t - bottom))
    return missing
