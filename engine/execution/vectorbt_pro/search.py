"""The next bar at which something can happen to a column.

Nothing happens on a bar without a signal that counts and on which no stop is reached. A block of
bars is passed in one step when its extremes reach no level, the trailing one measured from the best
peak the block could give.
"""

from __future__ import annotations

import math
from typing import Any

from engine.execution.kernel import rule, step
from engine.execution.records import Floats
from engine.execution.search import HIGHEST, LARGE, LOWEST, SMALL, first_reach, reaches
from engine.execution.vectorbt.search import (
    LONG_ENTRY,
    LONG_EXIT,
    SHORT_ENTRY,
    SHORT_EXIT,
    next_mark,
)
from engine.execution.vectorbt.state import Bars, Signals
from engine.execution.vectorbt.stops import better
from engine.execution.vectorbt_pro.codes import LAGGED
from engine.execution.vectorbt_pro.state import Settings, Work
from engine.execution.vectorbt_pro.stops import is_armed, trail_level


@step
def next_event(
    t: int, until: int, column: int, bars: Bars, signals: Signals, settings: Settings, work: Work
) -> int:
    """The first bar from t on that has to be looked at, or ``until`` when none comes before it."""
    state = work.columns[column]
    position, end = state["position"], until
    if not position > 0:
        heard = max(t, state["long_from"])
        end = min(end, next_mark(heard, LONG_ENTRY, column, signals, work.cursor))
    if not position < 0:
        heard = max(t, state["short_from"])
        end = min(end, next_mark(heard, SHORT_ENTRY, column, signals, work.cursor))
    if position > 0:
        end = min(end, next_mark(t, LONG_EXIT, column, signals, work.cursor))
    if position < 0:
        end = min(end, next_mark(t, SHORT_EXIT, column, signals, work.cursor))
    if position == 0 or not is_armed(state):
        return end
    symbol, reach = settings.symbol[column], bars.reach
    low, high = reach.low[symbol], reach.high[symbol]
    small, large = reach.small[symbol], reach.large[symbol]
    if math.isnan(state["trail"]):
        below, above = levels(state, position, math.nan)
        return first_reach(low, high, small, large, t, end, below, above)
    highs, lows = bars.high[symbol], bars.low[symbol]
    lagged = int(settings.options[column]["trail_check"]) == LAGGED
    return next_trailing(t, end, low, high, small, large, highs, lows, state, lagged)


@rule
def next_trailing(
    t: int, end: int, low: Floats, high: Floats, small: Floats, large: Floats, highs: Floats,
    lows: Floats, state: Any, lagged: bool,
) -> int:  # fmt: skip
    """The same with a trailing stop; the peak is left as of the bar before the one found.

    No level is nearer to the market than the one measured from the best peak: true for fractions
    up to 1, beyond that nothing is skipped.
    """
    if state["trail"] > 1:
        return t
    position, peak = state["position"], state["peak"]
    while t < end:
        if t % LARGE == 0 and t + LARGE <= end:
            after = peak_after(position, peak, large[t // LARGE])
            if passes(large[t // LARGE], state, position, after):
                peak = after
                t += LARGE
                continue
        if t % SMALL == 0 and t + SMALL <= end:
            after = peak_after(position, peak, small[t // SMALL])
            if passes(small[t // SMALL], state, position, after):
                peak = after
                t += SMALL
                continue
        moved = better(position, peak, highs[t], lows[t])
        below, above = levels(state, position, peak if lagged else moved)
        if low[t] <= below or high[t] >= above:
            break
        peak = moved
        t += 1
    state["peak"] = peak
    return t


@rule
def levels(state: Any, position: float, peak: float) -> tuple[float, float]:
    """The nearest levels below and above the market, the trailing one measured from ``peak``."""
    stop, target = state["stop"], state["target"]
    trailing = trail_level(position, peak, state["trail"], state["active_from"])
    if position > 0:
        return (trailing if math.isnan(stop) or trailing > stop else stop), target
    return target, (trailing if math.isnan(stop) or trailing < stop else stop)


@rule
def passes(block: Floats, state: Any, position: float, peak: float) -> bool:
    """Whether no bar of the block can reach a level."""
    below, above = levels(state, position, peak)
    return not reaches(block, below, above)


@rule
def peak_after(position: float, peak: float, block: Floats) -> float:
    """The peak after the bars of a block."""
    return better(position, peak, block[HIGHEST], block[LOWEST])
