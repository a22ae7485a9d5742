"""At which price a bar meets a level: scalars in, a price out, NaN where it does not.

A bar begins at ``first`` and then goes anywhere between ``low`` and ``high``, nobody knows by which
way. What is met at ``first`` is met for sure and before all else; that is a gap, and the price is
``first``, worse than the level for a stop and better for a limit.
"""

from __future__ import annotations

import math

from engine.execution.house.codes import STOP_FIRST, WORST
from engine.execution.kernel import rule

# Which part of a bar is looked at: its beginning, what comes after, or all of it.
GAP, INSIDE, WHOLE = 0, 1, 2


@rule
def met(level: float, rising: bool, first: float, high: float, low: float, part: int) -> float:
    """The price at which a level is met from below (``rising``) or from above."""
    gapped = first >= level if rising else first <= level
    if gapped:
        return first if part != INSIDE else math.nan
    reached = high >= level if rising else low <= level
    return level if reached and part != GAP else math.nan


@rule
def stop_level(long: bool, base: float, fraction: float) -> float:
    """A stop lies below a long position and above a short one."""
    return base * (1 - fraction) if long else base * (1 + fraction)


@rule
def target_level(long: bool, base: float, fraction: float) -> float:
    """A target lies above a long position and below a short one."""
    return base * (1 + fraction) if long else base * (1 - fraction)


@rule
def nearer(long: bool, one: float, other: float) -> float:
    """Of two stop levels the one that is met first; NaN is none."""
    if math.isnan(one):
        return other
    if math.isnan(other):
        return one
    return max(one, other) if long else min(one, other)


@rule
def further(long: bool, best: float, high: float, low: float) -> float:
    """The best price for a position after prices up to ``high`` and down to ``low``."""
    if long:
        return high if high > best else best
    return low if low < best else best


@rule
def stop_wins(long: bool, stop: float, target: float, first: float, rule: int) -> bool:
    """Whether the stop's price counts where a bar meets both; the beginning of a bar is no doubt.

    ``stop`` and ``target`` are the prices met, NaN for none.
    """
    if math.isnan(target) or math.isnan(stop):
        return not math.isnan(stop)
    if rule == WORST:
        return stop <= target if long else stop >= target
    if stop == first or target == first:
        return stop == first
    return rule == STOP_FIRST
