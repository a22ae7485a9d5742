"""The next bar at which something can happen to a column that trades on its own account.

Nothing happens on a bar without a relevant signal on which no stop is reached: an entry of the side
already held asks for nothing unless it may add; exits ask for nothing unless their side is held.
What a quiet bar still changes is made up for here (the base of a trailing stop) or when the column
is next valued.
"""

from __future__ import annotations

from typing import Any

from engine.execution.kernel import rule, step
from engine.execution.records import Floats, Ints
from engine.execution.search import (
    HIGHEST,
    LARGE,
    LOWEST,
    SMALL,
    first_reach,
    reaches,
)
from engine.execution.vectorbt.state import Bars, Settings, Signals, Work
from engine.execution.vectorbt.stops import (
    better,
    is_armed,
    is_trailing,
    stop_level,
    target_level,
)

LONG_ENTRY, LONG_EXIT, SHORT_ENTRY, SHORT_EXIT = 0, 1, 2, 3
NEVER = 2**62


@rule
def next_mark(t: int, signal: int, column: int, signals: Signals, cursor: Ints) -> int:
    """The first bar from t on at which a signal is true; beyond all bars if there is none."""
    place, last = cursor[signal, column], signals.last[signal, column]
    while place < last and signals.bars[place] < t:
        place += 1
    cursor[signal, column] = place
    return signals.bars[place] if place < last else NEVER


@step
def next_event(
    t: int, until: int, column: int, bars: Bars, signals: Signals, settings: Settings, work: Work
) -> int:
    """The first bar from t on that has to be looked at, or ``until`` when none comes before it."""
    holding = work.holdings[column]
    position, adds = holding["position"], settings.adds[column] != 0
    end = min(until, settings.refused[column])
    if not position > 0 or adds:
        end = min(end, next_mark(t, LONG_ENTRY, column, signals, work.cursor))
    if not position < 0 or adds:
        end = min(end, next_mark(t, SHORT_ENTRY, column, signals, work.cursor))
    if position > 0:
        end = min(end, next_mark(t, LONG_EXIT, column, signals, work.cursor))
    if position < 0:
        end = min(end, next_mark(t, SHORT_EXIT, column, signals, work.cursor))
    if not is_armed(holding):
        return end
    if holding["stop"] < 0 or holding["target"] < 0:
        return t
    if not (position > 0 or position < 0):
        return end
    return next_stop(t, end, settings.symbol[column], bars, holding)


@step
def next_stop(t: int, end: int, symbol: int, bars: Bars, holding: Any) -> int:
    """The first bar from t on, before ``end``, that may reach the stop or the target."""
    reach, position = bars.reach, holding["position"]
    low, high = reach.low[symbol], reach.high[symbol]
    small, large = reach.small[symbol], reach.large[symbol]
    if not is_trailing(holding):
        below, above = levels(holding, position, holding["stop_base"])
        return first_reach(low, high, small, large, t, end, below, above)
    highs, lows = bars.high[symbol], bars.low[symbol]
    return next_trailing(t, end, low, high, small, large, highs, lows, holding)


@rule
def next_trailing(
    t: int, end: int, low: Floats, high: Floats, small: Floats, large: Floats, highs: Floats,
    lows: Floats, holding: Any,
) -> int:  # fmt: skip
    """The same for a stop whose base moves; the base is left as of the bar before the one found.

    Within a block the base can at best reach the block's extreme, and no level is nearer to the
    market than the one measured from there: true for fractions up to 1, beyond that nothing is
    skipped.
    """
    if holding["stop"] > 1:
        return t
    position, base = holding["position"], holding["stop_base"]
    while t < end:
        if t % LARGE == 0 and t + LARGE <= end:
            after = base_after(position, base, large[t // LARGE])
            if passes(large[t // LARGE], holding, position, after):
                base = after
                t += LARGE
                continue
        if t % SMALL == 0 and t + SMALL <= end:
            after = base_after(position, base, small[t // SMALL])
            if passes(small[t // SMALL], holding, position, after):
                base = after
                t += SMALL
                continue
        below, above = levels(holding, position, base)
        if low[t] <= below or high[t] >= above:
            break
        base = better(position, base, highs[t], lows[t])
        t += 1
    holding["stop_base"] = base
    return t


@rule
def levels(holding: Any, position: float, base: float) -> tuple[float, float]:
    """The levels below and above the market, the stop measured from ``base``."""
    stop = stop_level(position, base, holding["stop"])
    target = target_level(position, holding["target_base"], holding["target"])
    return (stop, target) if position > 0 else (target, stop)


@rule
def passes(block: Floats, holding: Any, position: float, base: float) -> bool:
    """Whether no bar of the block can reach a level, the stop measured from ``base``."""
    below, above = levels(holding, position, base)
    return not reaches(block, below, above)


@rule
def base_after(position: float, base: float, block: Floats) -> float:
    """The base of a trailing stop after the bars of a block."""
    return better(position, base, block[HIGHEST], block[LOWEST])
