"""One pass over the signal of one trial: returns per bar, then sums of each segment of them.

Sums of segments can be put together to any window that begins and ends with one of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from engine.execution.kernel import entry_of, rule
from engine.execution.records import Floats, Ints

entry = entry_of(Path(__file__).parent)


class Tape(NamedTuple):
    """Prices as the arithmetic of ``engine.vectorized`` needs them, one number a row.

    Rows are sorted by symbol, then time. ``carried`` is what a unit held over from the last row
    earns until it is traded, ``held`` what a unit earns from then to the close, ``rate`` the cost
    of one unit traded, ``weight`` the symbol's share, ``bar`` the row's place on the common clock.
    """

    carried: Floats
    held: Floats
    rate: Floats
    weight: Floats
    bar: Ints
    starts: Ints


class Flow(NamedTuple):
    """The account bar by bar, and who began a trade: (bars,) each."""

    net: Floats
    turnover: Floats
    exposure: Floats
    cost: Floats
    entries: Floats


@rule
def at(signal: Floats, row: int, first: int, delay: int) -> float:
    """The position of a row: the signal so many rows before it, of the same symbol."""
    return signal[row - delay] if row - delay >= first else 0.0


@entry
def trade(tape: Tape, signal: Floats, delay: int, flow: Flow) -> None:
    """Positions times returns less costs, summed over symbols.

    The order of operations is that of ``engine.vectorized``, so that one symbol agrees to the bit.
    """
    for t in range(len(flow.net)):
        flow.net[t] = flow.turnover[t] = flow.exposure[t] = flow.cost[t] = flow.entries[t] = 0.0
    for symbol in range(len(tape.starts) - 1):
        first, last = tape.starts[symbol], tape.starts[symbol + 1]
        before = 0.0
        for row in range(first, last):
            position = at(signal, row, first, delay)
            gross = (1.0 + before * tape.carried[row]) * (1.0 + position * tape.held[row]) - 1.0
            turned = abs(position - before)
            cost = turned * tape.rate[row]
            t, weight = tape.bar[row], tape.weight[row]
            flow.net[t] += (gross - cost) * weight
            flow.turnover[t] += turned * weight
            flow.exposure[t] += abs(position) * weight
            flow.cost[t] += cost * weight
            begins = position != 0.0 and (before == 0.0 or (position > 0.0) != (before > 0.0))
            flow.entries[t] += begins
            before = position


@entry
def add_up(flow: Flow, edges: Ints, target: float, out: Floats) -> None:
    """Sums of each segment [edges[s], edges[s + 1]): a row of ``out``, as ``FIELDS`` names them.

    Powers are of distances from the segment's own mean, so that nothing cancels.
    """
    net = flow.net
    for segment in range(len(edges) - 1):
        low, high = edges[segment], edges[segment + 1]
        total = turnover = cost = entries = active = 0.0
        gain = loss = above = under = below = 0.0
        wealth = top = 1.0
        lowest, deepest = 1.0, 0.0
        for t in range(low, high):
            r = net[t]
            total += r
            gain += r if r > 0.0 else 0.0
            loss += r if r < 0.0 else 0.0
            x = r - target
            above += x if x > 0.0 else 0.0
            under += x if x < 0.0 else 0.0
            below += x * x if x < 0.0 else 0.0
            wealth *= 1.0 + r
            top = wealth if wealth > top else top
            lowest = wealth if wealth < lowest else lowest
            fall = wealth / top - 1.0
            deepest = fall if fall < deepest else deepest
            turnover += flow.turnover[t]
            cost += flow.cost[t]
            entries += flow.entries[t]
            active += flow.exposure[t] > 0.0
        mean = total / (high - low)
        square = cube = fourth = 0.0
        for t in range(low, high):
            d = net[t] - mean
            square += d * d
            cube += d * d * d
            fourth += d * d * d * d
        row = out[segment]
        row[0], row[1], row[2], row[3], row[4] = high - low, mean, square, cube, fourth
        row[5], row[6], row[7], row[8], row[9] = gain, loss, above, under, below
        row[10], row[11], row[12], row[13] = wealth, top, lowest, deepest
        row[14], row[15], row[16], row[17] = entries, turnover, cost, active


@entry
def add_bars(net: Floats, edges: Ints, out: Floats) -> None:
    """The plain sum of each span of bars."""
    for span in range(len(edges) - 1):
        total = 0.0
        for t in range(edges[span], edges[span + 1]):
            total += net[t]
        out[span] = total
