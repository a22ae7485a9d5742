"""Bars as an account of one side sees them: what is known before any signal is.

Exposure is -1, 0 or 1. What a bar does to an account that is long, or short, throughout it is the
same for every strategy, so it is computed once: returns, running sums of their powers, and, for
every ``EIGHT`` bars, how far wealth rises and falls in them. A search then looks at the bars where
exposure changes, and between them only asks whether anything can happen (``engine.metrics.walk``).

Running sums start again every ``BLOCK`` bars, so that what is subtracted is never much larger than
what is left.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.kernel import entry_of, rule, step
from engine.execution.records import Floats, Ints

Sides = NDArray[np.int8]
RunEnds = NDArray[np.int32]

entry = entry_of(Path(__file__).parent)

BLOCK, EIGHT = 256, 8
# Columns of running sums; LAGGED is of products with the bar before.
TOTAL, CUBE, LAGGED, SQUARE, FOURTH, GAIN, LOSS, ABOVE, BELOW, BELOW_SQUARE = range(10)
GAINS, LOSSES = 10, 11
COLUMNS = 12
# And of an account: what was paid and how much was traded.
PAID, TRADED = 12, 13
ALL = 14
# Columns of eight bars: the extremes of what one unit of wealth before them becomes, sums of how
# far that is from 1 and of its square, extremes of returns, longest runs that end there.
HIGHEST, LOWEST, AWAY, AWAY_SQUARE, BEST, WORST, WINS, FAILS = range(8)
FIELDS = 8


class Side(NamedTuple):
    """One side held throughout each bar.

    ``returns`` is what the bar earns, ``worth`` what it makes of a trade, ``sums`` the running sums
    up to it, ``eights`` what eight bars in a row do, ``runs`` how many gaining bars in a row end
    there; losing ones are negative.
    """

    returns: Floats
    worth: Floats
    sums: Floats
    eights: Floats
    runs: RunEnds


class Moves(NamedTuple):
    """Bars as an account sees them.

    ``before`` is the move from the last close to where it is traded, ``after`` from there to the
    close, ``rate`` the cost of a unit traded, ``target`` what a loss is measured from.
    """

    before: Floats
    after: Floats
    rate: Floats
    target: float
    long: Side
    short: Side


class Clock(NamedTuple):
    """The time of each bar in milliseconds and the number of its day, and what a signal waits for.

    ``delay`` is after how many bars a signal is a position; a trade begins ``lead`` bars before the
    first bar it is held on, at whose close it was entered.
    """

    time: Ints
    day: Ints
    delay: int
    lead: int


def empty_side(bars: int) -> Side:
    """Room for what ``fill_side`` tells."""
    return Side(
        np.empty(bars),
        np.empty(bars),
        np.empty((bars, COLUMNS)),
        np.empty((bars // EIGHT, FIELDS)),
        np.empty(bars, np.int32),
    )


@rule
def turn(moves: Moves, t: int, before: int, after: int) -> tuple[float, float]:
    """The return of a bar on which the exposure changes, before and after costs."""
    gross = (1.0 + before * moves.before[t]) * (1.0 + after * moves.after[t]) - 1.0
    return gross, gross - abs(after - before) * moves.rate[t]


@step
def powers(row: Floats, r: float, lagged: float, target: float) -> None:
    """The columns of a single return, ``lagged`` times the one before it."""
    x = r - target
    under = x if x < 0 else 0.0
    row[TOTAL] = r
    row[CUBE] = r * r * r
    row[LAGGED] = lagged
    row[SQUARE] = r * r
    row[FOURTH] = r * r * (r * r)
    row[GAIN] = r if r > 0 else 0.0
    row[LOSS] = r if r < 0 else 0.0
    row[ABOVE] = x if x > 0 else 0.0
    row[BELOW] = under
    row[BELOW_SQUARE] = under * under
    row[GAINS] = 1.0 if r > 0 else 0.0
    row[LOSSES] = 1.0 if r < 0 else 0.0


@entry
def fill_side(moves: Moves, side: Side, exposure: float) -> None:
    """Everything that can be known of one side."""
    returns, worth, sums, eights, runs = side
    bars = len(returns)
    run = 0
    for t in range(bars):
        carried, held = exposure * moves.before[t], exposure * moves.after[t]
        r = (1.0 + carried) * (1.0 + held) - 1.0
        returns[t] = r
        later = exposure * moves.before[t + 1] if t + 1 < bars else 0.0
        worth[t] = (1.0 + held) * (1.0 + later)
        run = max(run, 0) + 1 if r > 0 else (min(run, 0) - 1 if r < 0 else 0)
        runs[t] = run
        lagged = returns[t - 1] * r if t else 0.0
        powers(sums[t], r, lagged, moves.target)
        if t % BLOCK:
            for k in range(COLUMNS):
                sums[t, k] += sums[t - 1, k]
    for place in range(len(eights)):
        _fill_eight(returns, runs, place * EIGHT, eights[place])


@rule
def _fill_eight(returns: Floats, runs: RunEnds, first: int, row: Floats) -> None:
    """The columns of eight bars."""
    grown = 1.0
    row[:] = 0.0
    row[HIGHEST], row[LOWEST] = -np.inf, np.inf
    row[BEST], row[WORST] = -np.inf, np.inf
    for t in range(first, first + EIGHT):
        grown *= 1.0 + returns[t]
        row[HIGHEST] = max(row[HIGHEST], grown)
        row[LOWEST] = min(row[LOWEST], grown)
        row[AWAY] += grown - 1.0
        row[AWAY_SQUARE] += (grown - 1.0) * (grown - 1.0)
        row[BEST] = max(row[BEST], returns[t])
        row[WORST] = min(row[WORST], returns[t])
        row[WINS] = max(row[WINS], float(runs[t]))
        row[FAILS] = max(row[FAILS], float(-runs[t]))


@entry
def take_sides(wanted: Floats, signal: Sides) -> bool:
    """Write exposures as sides; False if one of them is none of -1, 0 and 1."""
    for t in range(len(wanted)):
        side = np.int8(wanted[t])
        if side != wanted[t] or side < -1 or side > 1:
            return False
        signal[t] = side
    return True
