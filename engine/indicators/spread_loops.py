"""Loops over a window that slides: means and how values spread around them.

A value needs ``length`` bars in a row. Sums are of distances from a price of the window itself and
are taken afresh once every ``length`` bars, so that nothing cancels and nothing piles up; a window
that does not move at all has exactly its price as mean and 0 as variance.
"""

from __future__ import annotations

import math
from pathlib import Path

from engine.execution.kernel import entry_of
from engine.execution.records import Floats

entry = entry_of(Path(__file__).parent)
VARIANCE, DEVIATION, SCORE, BANDS = 0, 1, 2, 3


@entry
def mean_loop(x: Floats, length: int, out: Floats) -> int:
    """The mean of each window."""
    run, age, same, anchor, total, missing = 0, 0, 0, 0.0, 0.0, 0
    for t in range(len(x)):
        run = 0 if math.isnan(x[t]) else run + 1
        same = same + 1 if run > 1 and x[t] == x[t - 1] else 1
        if run < length:
            out[0, t] = math.nan
            missing += 1
            continue
        if run == length or age == length or same >= length:
            age, anchor, total = 0, x[t], 0.0
            for k in range(t - length + 1, t if same < length else t - length + 1):
                total += x[k] - anchor
        else:
            total += (x[t] - anchor) - (x[t - length] - anchor)
        age += 1
        out[0, t] = anchor + total / length
    return missing


@entry
def spread_loop(
    x: Floats, length: int, ddof: int, kind: int, up: float, down: float, out: Floats
) -> int:
    """Variance or standard deviation of each window, distance from its mean in those, or bands.

    Bands are three lines: the mean, and ``up`` and ``down`` deviations beside it. There is no
    distance where nothing moves.
    """
    run, age, same, missing = 0, 0, 0, 0
    anchor, total, square = 0.0, 0.0, 0.0
    for t in range(len(x)):
        run = 0 if math.isnan(x[t]) else run + 1
        same = same + 1 if run > 1 and x[t] == x[t - 1] else 1
        if run < length or length <= ddof or (kind == SCORE and same >= length):
            for row in range(len(out)):
                out[row, t] = math.nan
            missing += 1
            age = length
            continue
        if run == length or age == length or same >= length:
            age, anchor, total, square = 0, x[t], 0.0, 0.0
            for k in range(t - length + 1, t if same < length else t - length + 1):
                total += x[k] - anchor
                square += (x[k] - anchor) * (x[k] - anchor)
        else:
            new, old = x[t] - anchor, x[t - length] - anchor
            total += new - old
            square += new * new - old * old
        age += 1
        apart = total / length
        variance = max(square - total * apart, 0.0) / (length - ddof)
        if kind == VARIANCE:
            out[0, t] = variance
        elif kind == DEVIATION:
            out[0, t] = math.sqrt(variance)
        elif kind == SCORE:
            out[0, t] = ((x[t] - anchor) - apart) / math.sqrt(variance)
        else:
            out[0, t] = anchor + apart + up * math.sqrt(variance)
            out[1, t] = anchor + apart
            out[2, t] = anchor + apart - down * math.sqrt(variance)
    return missing


@entry
def smooth_loop(x: Floats, first: int, second: int, out: Floats) -> int:
    """The mean of ``first`` values, and the mean of ``second`` such means; both or none."""
    run, missing = 0, 0
    for t in range(len(x)):
        run = 0 if math.isnan(x[t]) else run + 1
        if run < first + second - 1:
            out[0, t] = out[1, t] = math.nan
            missing += 1
            continue
        total = 0.0
        for back in range(second):
            own = 0.0
            for k in range(t - back - first + 1, t - back + 1):
                own += x[k]
            total += own / first
            if back == 0:
                out[0, t] = own / first
        out[1, t] = total / second
    return missing


@entry
def deviation_loop(x: Floats, length: int, out: Floats) -> int:
    """(price - mean) / (0.015 x mean absolute deviation) of a window, 0 where nothing deviates."""
    run, missing = 0, 0
    for t in range(len(x)):
        run = 0 if math.isnan(x[t]) else run + 1
        if run < length:
            out[0, t] = math.nan
            missing += 1
            continue
        mean, apart = 0.0, 0.0
        for k in range(t - length + 1, t):
            mean += x[k] - x[t]
        mean /= length
        for k in range(t - length + 1, t + 1):
            apart += abs((x[k] - x[t]) - mean)
        over = -mean
        out[0, t] = over / (0.015 * (apart / length)) if apart > 0.0 and over != 0.0 else 0.0
    return missing
