"""The next bar that can matter: extremes of blocks of bars, and the first bar that reaches a level.

A block whose lowest low and highest high do not reach a level holds no bar that does, so it is
passed in one step. Levels that are NaN are never reached; bars that are NaN reach nothing.
"""

from __future__ import annotations

import math

import numpy as np

from engine.execution.kernel import entry, rule
from engine.execution.records import Floats

SMALL, LARGE = 16, 256

# Extremes of a block: what a stop can see (the open counts, as it may lie outside the range of a
# bad bar), and the highest high and lowest low alone, which a trailing base follows.
REACH_LOW, REACH_HIGH, HIGHEST, LOWEST = 0, 1, 2, 3


def extremes(first: Floats, high: Floats, low: Floats, size: int) -> Floats:
    """Per symbol and block of ``size`` bars the four extremes, (symbols, blocks, 4)."""
    symbols, count = first.shape
    blocks = np.empty((symbols, -(-count // size), 4))
    find_extremes(first, high, low, size, blocks)
    return blocks


@entry
def find_extremes(first: Floats, high: Floats, low: Floats, size: int, blocks: Floats) -> None:
    """Write the extremes of every block; NaN counts for nothing."""
    symbols, count = first.shape
    for symbol in range(symbols):
        for block in range(blocks.shape[1]):
            bottom, top, peak, trough = math.inf, -math.inf, -math.inf, math.inf
            for bar in range(block * size, min(count, (block + 1) * size)):
                opening, highest, lowest = first[symbol, bar], high[symbol, bar], low[symbol, bar]
                peak = highest if highest > peak else peak
                trough = lowest if lowest < trough else trough
                top = opening if opening > top else top
                bottom = opening if opening < bottom else bottom
            blocks[symbol, block, REACH_LOW] = min(bottom, trough)
            blocks[symbol, block, REACH_HIGH] = max(top, peak)
            blocks[symbol, block, HIGHEST] = peak
            blocks[symbol, block, LOWEST] = trough


@rule
def reaches(block: Floats, below: float, above: float) -> bool:
    """Whether some bar of the block may reach a level below or above."""
    return block[REACH_LOW] <= below or block[REACH_HIGH] >= above


@rule
def bar_reaches(first: float, high: float, low: float, below: float, above: float) -> bool:
    """Whether a bar may reach a level below or above; its open may lie outside its range."""
    return low <= below or high >= above or first <= below or first >= above


@rule
def first_reach(
    first: Floats, high: Floats, low: Floats, small: Floats, large: Floats,
    t: int, end: int, below: float, above: float,
) -> int:  # fmt: skip
    """The first bar from t on, before ``end``, whose open, low or high reaches a level."""
    while t < end:
        if t % LARGE == 0 and not reaches(large[t // LARGE], below, above):
            t += LARGE
        elif t % SMALL == 0 and not reaches(small[t // SMALL], below, above):
            t += SMALL
        elif bar_reaches(first[t], high[t], low[t], below, above):
            return t
        else:
            t += 1
    return end
