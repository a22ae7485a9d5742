"""The stops of a signal's position: armed at the entry, looked at bar by bar, searched for."""

from __future__ import annotations

import math
from typing import Any

from engine.execution.house.codes import (
    BY_STOP,
    BY_TARGET,
    BY_TRAIL,
    CHECK,
    FROM_CLOSE,
    FROM_FILL,
)
from engine.execution.house.state import Bars, Rules, Signals
from engine.execution.house.triggers import (
    WHOLE,
    further,
    met,
    nearer,
    stop_level,
    stop_wins,
    target_level,
)
from engine.execution.kernel import rule
from engine.execution.records import Floats
from engine.execution.search import HIGHEST, LARGE, LOWEST, SMALL, first_reach, reaches


@rule
def is_armed(holding: Any) -> bool:
    """Whether there is a stop, a trailing stop or a target."""
    stops = math.isnan(holding["stop"]) and math.isnan(holding["trail"])
    return not (stops and math.isnan(holding["target"]))


@rule
def disarm(holding: Any) -> None:
    """No stop, no target, nothing that was reached."""
    holding["stop"] = holding["trail"] = holding["target"] = math.nan
    holding["base"] = holding["best"] = math.nan
    holding["leaving"] = 0


@rule
def arm(
    t: int, column: int, decided: int, price: float, at_open: bool, holding: Any, bars: Bars,
    signals: Signals, rules: Rules,
) -> None:  # fmt: skip
    """After an entry: the fractions are those of the bar that decided it."""
    holding["stop"] = at(signals.stop, column, decided)
    holding["trail"] = at(signals.trail, column, decided)
    holding["target"] = at(signals.target, column, decided)
    base = price
    if rules.stop_basis == FROM_CLOSE:
        base = bars.close[column, t]
    elif rules.stop_basis != FROM_FILL:
        base = bars.close[column, decided]
    holding["base"] = holding["best"] = base
    holding["entered"] = t
    looks = at_open and rules.entry_bar == CHECK and rules.stop_basis != FROM_CLOSE
    holding["checked"] = t if looks else t + 1
    holding["leaving"] = 0


@rule
def at(grid: Floats, column: int, bar: int) -> float:
    """The value of a symbol on a bar, from an array that varies by bar or does not."""
    return grid[column, bar] if grid.shape[1] > 1 else grid[column, 0]


@rule
def levels(holding: Any, best: float) -> tuple[float, float]:
    """The stop and the target, the trailing stop measured from ``best``; NaN is none."""
    long = holding["size"] > 0
    fixed = stop_level(long, holding["base"], holding["stop"])
    trailing = stop_level(long, best, holding["trail"])
    target = target_level(long, holding["base"], holding["target"])
    return nearer(long, fixed, trailing), target


@rule
def reached(holding: Any, first: float, high: float, low: float, rules: Rules) -> tuple[int, float]:
    """What a bar reaches, 0 for nothing, and the price there."""
    long = holding["size"] > 0
    level, target = levels(holding, holding["best"])
    stopped = met(level, not long, first, high, low, WHOLE)
    gained = met(target, long, first, high, low, WHOLE)
    if stop_wins(long, stopped, gained, first, rules.same_bar):
        fixed = level == stop_level(long, holding["base"], holding["stop"])
        return (BY_STOP if fixed else BY_TRAIL), stopped
    return (0 if math.isnan(gained) else BY_TARGET), gained


@rule
def follow(holding: Any, high: float, low: float) -> None:
    """After a bar that reached nothing the best price moves."""
    holding["best"] = further(holding["size"] > 0, holding["best"], high, low)


@rule
def next_stop(t: int, end: int, column: int, bars: Bars, holding: Any) -> int:
    """The first bar from t on, before ``end``, that may reach a level."""
    t = max(t, holding["checked"])
    if t >= end:
        return end
    reach = bars.reach
    low, high = reach.low[column], reach.high[column]
    small, large = reach.small[column], reach.large[column]
    if math.isnan(holding["trail"]):
        below, above = bounds(holding, holding["base"])
        return first_reach(low, high, small, large, t, end, below, above)
    return next_trailing(t, end, low, high, small, large, holding)


@rule
def next_trailing(
    t: int, end: int, low: Floats, high: Floats, small: Floats, large: Floats, holding: Any
) -> int:
    """The same for a stop that follows the market.

    Within a block the best price can at most be the block's extreme, and no level is nearer to the
    market than the one measured from there: true for fractions up to 1, beyond that nothing is
    skipped.
    """
    if holding["trail"] > 1:
        return t
    long, best = holding["size"] > 0, holding["best"]
    while t < end:
        if t % LARGE == 0 and t + LARGE <= end:
            after = best_after(long, best, large[t // LARGE])
            if passes(large[t // LARGE], holding, after):
                best, t = after, t + LARGE
                continue
        if t % SMALL == 0 and t + SMALL <= end:
            after = best_after(long, best, small[t // SMALL])
            if passes(small[t // SMALL], holding, after):
                best, t = after, t + SMALL
                continue
        below, above = bounds(holding, best)
        if low[t] <= below or high[t] >= above:
            return t
        best = further(long, best, high[t], low[t])
        t += 1
    return end


@rule
def follow_until(t: int, until: int, column: int, bars: Bars, holding: Any) -> None:
    """Bring the best price up to the bar before ``until``; those bars reach nothing."""
    if holding["size"] == 0 or math.isnan(holding["trail"]):
        return
    long, t = holding["size"] > 0, max(t, holding["checked"])
    high, low, reach = bars.high[column], bars.low[column], bars.reach
    while t < until:
        if t % LARGE == 0 and t + LARGE <= until:
            holding["best"] = best_after(long, holding["best"], reach.large[column, t // LARGE])
            t += LARGE
        elif t % SMALL == 0 and t + SMALL <= until:
            holding["best"] = best_after(long, holding["best"], reach.small[column, t // SMALL])
            t += SMALL
        else:
            holding["best"] = further(long, holding["best"], high[t], low[t])
            t += 1


@rule
def bounds(holding: Any, best: float) -> tuple[float, float]:
    """The levels below and above the market."""
    stop, target = levels(holding, best)
    return (stop, target) if holding["size"] > 0 else (target, stop)


@rule
def passes(block: Floats, holding: Any, best: float) -> bool:
    """Whether no bar of the block can reach a level, the trailing one measured from ``best``."""
    below, above = bounds(holding, best)
    return not reaches(block, below, above)


@rule
def best_after(long: bool, best: float, block: Floats) -> float:
    """The best price after the bars of a block."""
    return further(long, best, block[HIGHEST], block[LOWEST])
