"""A screen's account from the bars where its exposure changes: between them nothing is decided.

Exposure is -1, 0 or 1. What a bar does to an account that is long, or short, throughout it is known
before any strategy is: sums over a stretch of such bars are differences of running sums, and only
wealth itself is followed bar by bar, while it is exposed. Every product and every return has the
bits of ``VectorizedEngine``; sums differ from a plain pass in their last digits.

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
from engine.metrics.kernels import Falls, Spread, Tally, add

Sides = NDArray[np.int8]

entry = entry_of(Path(__file__).parent)

BLOCK = 256
# Columns of running sums, the first three with both signs.
TOTAL, CUBE, LAGGED, SQUARE, FOURTH, GAIN, LOSS, ABOVE, BELOW, BELOW_SQUARE = range(10)
GAINS, LOSSES = 10, 11
COLUMNS = 12


class Side(NamedTuple):
    """One side held throughout each bar: its return, what it makes of a trade, running sums."""

    returns: Floats
    worth: Floats
    sums: Floats


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


class Changes(NamedTuple):
    """The bars at which the exposure changes, and to what; ``count`` of them are in use.

    The arrays belong to a thread and are written again for every set.
    """

    at: Ints
    to: Sides


class Trades(NamedTuple):
    """Trades in the order of their entries: return, bar of the entry, bar of the exit."""

    returns: Floats
    entries: Ints
    exits: Ints


class Walk(NamedTuple):
    """What is followed bar by bar: wealth, its falls, extremes and runs of returns, and trades.

    ``trades`` were begun; only the last can still be open, and ``stop`` is its exit then.
    """

    growth: float
    falls: Falls
    best: float
    worst: float
    win_run: int
    loss_run: int
    trades: int


class Costs(NamedTuple):
    """What was gained before costs, what was paid, how much was traded, bars with a position."""

    gross: float
    paid: float
    traded: float
    held: int


@rule
def turn(moves: Moves, t: int, before: int, after: int) -> tuple[float, float]:
    """The return of a bar on which the exposure changes, before and after costs."""
    gross = (1.0 + before * moves.before[t]) * (1.0 + after * moves.after[t]) - 1.0
    return gross, gross - abs(after - before) * moves.rate[t]


@step
def _one(row: Floats, r: float, target: float) -> None:
    """The columns of a single return; it has no neighbour yet."""
    x = r - target
    under = x if x < 0 else 0.0
    row[TOTAL] = r
    row[CUBE] = r * r * r
    row[LAGGED] = 0.0
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
    """Everything that can be known of one side; the last bar of ``lagged`` has no neighbour."""
    returns, worth, sums = side
    bars = len(returns)
    for t in range(bars):
        carried, held = exposure * moves.before[t], exposure * moves.after[t]
        r = (1.0 + carried) * (1.0 + held) - 1.0
        returns[t] = r
        later = exposure * moves.before[t + 1] if t + 1 < bars else 0.0
        worth[t] = (1.0 + held) * (1.0 + later)
    for t in range(bars):
        row = sums[t]
        _one(row, returns[t], moves.target)
        row[LAGGED] = returns[t] * returns[t + 1] if t + 1 < bars else 0.0
        if t % BLOCK:
            for k in range(COLUMNS):
                row[k] += sums[t - 1, k]


@entry
def take_sides(wanted: Floats, signal: Sides) -> bool:
    """Write exposures as sides; False if one of them is none of -1, 0 and 1."""
    for t in range(len(wanted)):
        side = np.int8(wanted[t])
        if side != wanted[t] or side < -1 or side > 1:
            return False
        signal[t] = side
    return True


@entry
def find_changes(
    signal: Sides, words: Ints, delay: int, start: int, stop: int, changes: Changes
) -> int:
    """How often exposure changes from ``start`` on, where it is 0; ``words`` is signal by eights.

    The exposure of a bar is the signal ``delay`` bars before it, if that is not before ``start``.
    -1 if the signal has a value that is none of -1, 0 and 1.
    """
    at, to = changes
    count, side, same = 0, 0, 0
    t, end = start, stop - delay
    while t < end:
        now = signal[t]
        if now != side:
            if now < -1 or now > 1:
                return -1
            at[count], to[count] = t + delay, now
            count += 1
            side = now
            same = -1 if now < 0 else now * 0x0101010101010101
        elif t % 8 == 0 and t + 8 <= end and words[t // 8] == same:
            t += 8
            continue
        t += 1
    at[count] = stop
    return count


@step
def _over(sums: Floats, k: int, first: int, last: int) -> float:
    """The sum of a column from one bar to another, both included."""
    total = -sums[first - 1, k] if first % BLOCK else 0.0
    end = first - first % BLOCK + BLOCK - 1
    while end < last:
        total += sums[end, k]
        end += BLOCK
    return float(total + sums[last, k])


@entry
def add_up(
    moves: Moves, changes: Changes, count: int, start: int, stop: int, walk: Walk
) -> tuple[Tally, Spread, Costs]:
    """Sums over all bars: stretches from running sums, changes one by one, flat bars by number.

    What has both signs keeps what its additions round off.
    """
    at, to = changes
    bars, target = stop - start, moves.target
    # With a target of 0 what is above and below it are the gains and losses.
    aimed = target != 0.0
    total = total_off = cube = cube_off = lagged = lagged_off = gross = gross_off = 0.0
    gain = gain_off = loss = loss_off = above = above_off = below = below_off = 0.0
    square = fourth = below_square = gains = losses = paid = traded = 0.0
    held, flat = 0, at[0] - start
    before, side = 0.0, 0
    for place in range(count):
        first, last, now = at[place], at[place + 1], to[place]
        raw, r = turn(moves, first, side, now)
        size = abs(now - side)
        side = now
        traded += size
        paid += size * moves.rate[first]
        x = r - target
        under = x if x < 0 else 0.0
        gross, gross_off = add(gross, gross_off, raw)
        total, total_off = add(total, total_off, r)
        cube, cube_off = add(cube, cube_off, r * r * r)
        lagged, lagged_off = add(lagged, lagged_off, before * r)
        gain, gain_off = add(gain, gain_off, r if r > 0 else 0.0)
        loss, loss_off = add(loss, loss_off, r if r < 0 else 0.0)
        if aimed:
            above, above_off = add(above, above_off, x if x > 0 else 0.0)
            below, below_off = add(below, below_off, under)
        square += r * r
        fourth += r * r * (r * r)
        below_square += under * under
        gains += r > 0
        losses += r < 0
        before = r
        if side == 0:
            flat += last - first - 1
            before = 0.0 if last > first + 1 else r
            continue
        held += last - first
        if last == first + 1:
            continue
        a, e = first + 1, last - 1
        own = moves.long if side > 0 else moves.short
        sums = own.sums
        stretch = _over(sums, TOTAL, a, e)
        total, total_off = add(total, total_off, stretch)
        gross, gross_off = add(gross, gross_off, stretch)
        cube, cube_off = add(cube, cube_off, _over(sums, CUBE, a, e))
        gain, gain_off = add(gain, gain_off, _over(sums, GAIN, a, e))
        loss, loss_off = add(loss, loss_off, _over(sums, LOSS, a, e))
        if aimed:
            above, above_off = add(above, above_off, _over(sums, ABOVE, a, e))
            below, below_off = add(below, below_off, _over(sums, BELOW, a, e))
        lagged, lagged_off = add(lagged, lagged_off, before * own.returns[a])
        if a < e:
            lagged, lagged_off = add(lagged, lagged_off, _over(sums, LAGGED, a, e - 1))
        square += _over(sums, SQUARE, a, e)
        fourth += _over(sums, FOURTH, a, e)
        below_square += _over(sums, BELOW_SQUARE, a, e)
        gains += _over(sums, GAINS, a, e)
        losses += _over(sums, LOSSES, a, e)
        before = own.returns[e]
    under = -target if target > 0 else 0.0
    total, cube, lagged = total + total_off, cube + cube_off, lagged + lagged_off
    gain, loss = gain + gain_off, loss + loss_off
    above, below = (above + above_off, below + below_off) if aimed else (gain, loss)
    tally = Tally(
        bars, total, walk.growth, walk.best, walk.worst, gain, int(gains),
        loss, int(losses), walk.win_run, walk.loss_run,
        above + flat * (-target if target < 0 else 0.0),
        below + flat * under,
        below_square + flat * (under * under),
    )  # fmt: skip
    mean = total / bars
    # The first bar is flat, whatever the signal.
    spread = Spread(
        square - mean * total,
        cube - 3.0 * mean * square + 2.0 * mean * mean * total,
        fourth - 4.0 * mean * cube + 6.0 * mean * mean * square - 3.0 * mean**3 * total,
        lagged - mean * (2.0 * total - before) + (bars - 1) * mean * mean,
        -mean,
        before - mean,
    )
    return tally, spread, Costs(gross + gross_off, paid, traded, held)


@entry
def days_held(day: Ints, changes: Changes, count: int) -> int:
    """On how many days there was a position at a close; ``day`` numbers the day of each bar."""
    at, to = changes
    found, counted = 0, -1
    for place in range(count):
        if to[place] == 0:
            continue
        first, last = max(day[at[place]], counted + 1), day[at[place + 1] - 1]
        if last >= first:
            found += last - first + 1
            counted = last
    return found


@entry
def time_held(trades: Trades, closed: int, time: Ints, lead: int) -> tuple[float, float]:
    """Mean and longest time of closed trades, in the unit of ``time``; ``closed`` is not 0."""
    total, longest = 0, 0
    for place in range(closed):
        held = time[trades.exits[place] - lead] - time[trades.entries[place] - lead]
        total += held
        longest = held if held > longest else longest
    return total / closed, float(longest)
