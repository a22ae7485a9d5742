"""Loops over a window that slides: lines through it, and two of them beside each other.

A value needs ``length`` bars in a row. Sums are of distances from a price of the window itself and
are taken afresh once every ``length`` bars, so that nothing cancels and nothing piles up.
"""

from __future__ import annotations

import math
from pathlib import Path

from engine.execution.kernel import entry_of
from engine.execution.records import Floats

entry = entry_of(Path(__file__).parent)
CORRELATION, BETA = 0, 1


@entry
def fit_loop(y: Floats, length: int, level: float, tilt: float, out: Floats) -> int:
    """The least-squares line through a window: level x (its value at the first bar) + tilt x slope.

    Slope is per bar.
    """
    run, age, missing = 0, 0, 0
    anchor, total, moment = 0.0, 0.0, 0.0
    places = length * (length - 1) / 2.0
    spread = length * length * (length * length - 1.0) / 12.0
    for t in range(len(y)):
        run = 0 if math.isnan(y[t]) else run + 1
        if run < length:
            out[0, t] = math.nan
            missing += 1
            continue
        if run == length or age == length:
            age, anchor, total, moment = 0, y[t], 0.0, 0.0
            for k in range(length):
                total += y[t - length + 1 + k] - anchor
                moment += k * (y[t - length + 1 + k] - anchor)
        else:
            first, new = y[t - length] - anchor, y[t] - anchor
            moment += (length - 1) * new - (total - first)
            total += new - first
        age += 1
        slope = (length * moment - places * total) / spread if length > 1 else 0.0
        start = anchor + total / length - slope * (length - 1) / 2.0
        out[0, t] = level * start + tilt * slope
    return missing


@entry
def pair_loop(x: Floats, y: Floats, length: int, kind: int, out: Floats) -> int:
    """Correlation of two windows, or the slope of y on x; none where one does not move."""
    run, age, same_x, same_y, missing = 0, 0, 0, 0, 0
    xa, ya, sx, sy, sxx, syy, sxy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for t in range(len(x)):
        run = 0 if math.isnan(x[t]) or math.isnan(y[t]) else run + 1
        same_x = same_x + 1 if run > 1 and x[t] == x[t - 1] else 1
        same_y = same_y + 1 if run > 1 and y[t] == y[t - 1] else 1
        out[0, t] = math.nan
        if run < length:
            missing += 1
            continue
        if run == length or age == length:
            age, xa, ya = 0, x[t], y[t]
            sx, sy, sxx, syy, sxy = 0.0, 0.0, 0.0, 0.0, 0.0
            for k in range(t - length + 1, t + 1):
                dx, dy = x[k] - xa, y[k] - ya
                sx += dx
                sy += dy
                sxx += dx * dx
                syy += dy * dy
                sxy += dx * dy
        else:
            dx, dy = x[t] - xa, y[t] - ya
            ex, ey = x[t - length] - xa, y[t - length] - ya
            sx += dx - ex
            sy += dy - ey
            sxx += dx * dx - ex * ex
            syy += dy * dy - ey * ey
            sxy += dx * dy - ex * ey
        age += 1
        vx, vy = sxx - sx * sx / length, syy - sy * sy / length
        both = sxy - sx * sy / length
        under = math.sqrt(max(vx, 0.0) * max(vy, 0.0)) if kind == CORRELATION else vx
        still = same_x >= length or (kind == CORRELATION and same_y >= length)
        if under > 0.0 and not still:
            out[0, t] = both / under
        else:
            missing += 1
    return missing
