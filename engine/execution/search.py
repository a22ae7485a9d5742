"""The next bar that can matter: extremes of blocks of bars, and the first bar that reaches a level.

A block whose lowest low and highest high do not reach a level holds no bar that does, so it is
passed in one step. Levels that are NaN are never reached; bars that are NaN reach nothing.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from engine.execution.arrays import frozen
from engine.execution.kernel import entry, rule
from engine.execution.records import Floats

SMALL, LARGE = 16, 256

# Extremes of a block: how far its bars reach down and up, and the highest high and lowest low,
# which a trailing base follows; the two differ where a bad bar opens outside its range.
REACH_LOW, REACH_HIGH, HIGHEST, LOWEST = 0, 1, 2, 3


class Reach(NamedTuple):
    """How far down and up every bar reaches, (symbols, bars), and the extremes of its blocks.

    ``small`` and ``large`` are (symbols, blocks, 4).
    """

    low: Floats
    high: Floats
    small: Floats
    large: Floats


def reach_of(first: Floats, high: Floats, low: Floats) -> Reach:
    """What a stop can see of bars that open at ``first``; nothing is copied if bars are sound.

    High and low may be missing only where the open is.
    """
    symbols, count = first.shape
    small = np.empty((symbols, -(-count // SMALL), 4))
    outside = find_extremes(first, high, low, small)
    starts = np.arange(0, small.shape[1], LARGE // SMALL)
    large = np.empty((symbols, len(starts), 4))
    for extreme, furthest in (
        (REACH_LOW, np.minimum),
        (REACH_HIGH, np.maximum),
        (HIGHEST, np.maximum),
        (LOWEST, np.minimum),
    ):
        large[:, :, extreme] = furthest.reduceat(small[:, :, extreme], starts, axis=1)
    if outside:
        high, low = np.fmax(first, high), np.fmin(first, low)
    return Reach(frozen(low), frozen(high), frozen(small), frozen(large))


@entry
def find_extremes(first: Floats, high: Floats, low: Floats, blocks: Floats) -> int:
    """Write the extremes of every small block; returns how many bars open outside their range."""
    symbols, count = first.shape
    outside = 0
    for symbol in range(symbols):
        for block in range(blocks.shape[1]):
            bottom, top, peak, trough = math.inf, -math.inf, -math.inf, math.inf
            for bar in range(block * SMALL, min(count, (block + 1) * SMALL)):
                opening, highest, lowest = first[symbol, bar], high[symbol, bar], low[symbol, bar]
                if opening > highest or opening < lowest:
                    outside += 1
                peak = highest if highest > peak else peak
                trough = lowest if lowest < trough else trough
                top = opening if opening > top else top
                bottom = opening if opening < bottom else bottom
            blocks[symbol, block, REACH_LOW] = min(bottom, trough)
            blocks[symbol, block, REACH_HIGH] = max(top, peak)
            blocks[symbol, block, HIGHEST] = peak
            blocks[symbol, block, LOWEST] = trough
    return outside


@rule
def reaches(block: Floats, below: float, above: float) -> bool:
    """Whether some bar of the block may reach a level below or above."""
    return block[REACH_LOW] <= below or block[REACH_HIGH] >= above


@rule
def first_reach(
    low: Floats, high: Floats, small: Floats, large: Floats, t: int, end: int, below: float,
    above: float,
) -> int:  # fmt: skip
    """The first bar from t on, before ``end``, that reaches a level below or above."""
    while t < end:
        if t % LARGE == 0 and not reaches(large[t // LARGE], below, above):
            t += LARGE
        elif t % SMALL == 0 and not reaches(small[t // SMALL], below, above):
            t += SMALL
        elif low[t] <= below or high[t] >= above:
            return t
        else:
            t += 1
    return end
