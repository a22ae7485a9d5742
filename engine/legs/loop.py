"""One pass over the bars of each symbol: what a position earns and costs, and its trades.

Nothing is computed that nobody asked for: a line that has no room is not written.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

from engine.execution.kernel import entry_of, rule
from engine.execution.records import Floats, Ints

entry = entry_of(Path(__file__).parent)


class Prices(NamedTuple):
    """A number per row, NaN where there is none; ``rate`` may be empty, and ``open`` at closes.

    ``signal`` is the wanted exposure, ``rate`` what costs that vary take of what is traded.
    """

    open: Floats
    close: Floats
    signal: Floats
    rate: Floats


class Symbols(NamedTuple):
    """Rows of symbol s, in time: ``order[start[s]:start[s + 1]]``, or just those rows if empty.

    ``weight`` is the symbol's share of the account, ``rate`` its cost per unit traded.
    """

    start: Ints
    order: Ints
    weight: Floats
    rate: Floats


class Lines(NamedTuple):
    """What is wanted of each row; empty if it is not, but of those that belong together all are.

    All but ``position`` and ``asset_return`` are times the weight; ``equity`` is of one symbol.
    """

    position: Floats
    asset_return: Floats
    exposure: Floats
    turnover: Floats
    gross: Floats
    cost: Floats
    net: Floats
    equity: Floats


class Trips(NamedTuple):
    """Trades in the order of symbols: rows where each is first held, entered and left, -1 if open.

    ``bars`` are held, ``signal`` is the exposure it began with, ``worth`` what became of a unit.
    """

    first: Ints
    entry: Ints
    exit: Ints
    bars: Ints
    signal: Floats
    worth: Floats


@rule
def moved(before: float, after: float) -> float:
    """The return from one price to another; nothing moves where either is missing."""
    return 0.0 if math.isnan(before) or math.isnan(after) else after / before - 1.0


@rule
def other_side(position: float, before: float) -> bool:
    """Whether a position is flat, long or short where the one before was not."""
    return (position > 0.0) != (before > 0.0) or (position < 0.0) != (before < 0.0)


@entry
def count_trips(signal: Floats, symbols: Symbols) -> int:
    """At most so many trades: every change of side begins one, unless it goes flat."""
    found = 0
    for symbol in range(len(symbols.start) - 1):
        before = 0.0
        for place in range(symbols.start[symbol], symbols.start[symbol + 1]):
            now = signal[symbols.order[place] if len(symbols.order) else place]
            now = 0.0 if math.isnan(now) else now
            if now != before:
                found += now != 0.0 and other_side(now, before)
                before = now
    return found


@entry
def play(
    prices: Prices, symbols: Symbols, delay: int, opened: bool, lines: Lines, trips: Trips
) -> tuple[int, int]:
    """Hold each signal ``delay`` bars later; how many trades, and bars whose cost is unknown.

    Traded at the open of the bar on which the position is first held if ``opened``, else at the
    close before it. A bar whose cost is unknown has no net return and does not change equity.
    """
    found, unknown = 0, 0
    write = len(lines.net) > 0
    for symbol in range(len(symbols.start) - 1):
        weight = symbols.weight[symbol]
        early = late = before = 0.0
        last_close, last_row = math.nan, -1
        equity = worth = own = 1.0
        begun = 0
        for place in range(symbols.start[symbol], symbols.start[symbol + 1]):
            row = symbols.order[place] if len(symbols.order) else place
            position = late if delay == 1 else early
            early, late = late, prices.signal[row]
            late = 0.0 if math.isnan(late) else late
            close = prices.close[row]
            close = last_close if math.isnan(close) else close
            start = prices.open[row] if opened else last_close
            start = last_close if math.isnan(start) else start
            rate = symbols.rate[symbol] + (prices.rate[row] if len(prices.rate) else 0.0)
            carried = before * moved(last_close, start) if opened and before != 0.0 else 0.0
            held = position * moved(start, close) if position != 0.0 else 0.0
            gross = (1.0 + carried) * (1.0 + held) - 1.0
            traded = abs(position - before)
            cost = traded * rate
            paid = 0.0 if math.isnan(rate) else cost
            if position != before and other_side(position, before):
                leaving = abs(before) * rate if paid != 0.0 else 0.0
                if before != 0.0:
                    trips.worth[found - 1] = worth * (own * (1.0 + carried - leaving))
                    trips.exit[found - 1] = row if opened else last_row
                    trips.bars[found - 1] = place - begun
                if position != 0.0:
                    trips.first[found], trips.signal[found] = row, position
                    trips.entry[found] = row if opened else last_row
                    worth, own, begun = 1.0, 1.0 + held - (paid - leaving), place
                    found += 1
            elif position != 0.0:
                # A bar's factor is what it makes of a unit until it is traded again.
                worth *= own * (1.0 + carried)
                own = 1.0 + held - paid
            if write:
                net = (gross - cost) * weight
                unknown += math.isnan(rate)
                equity *= 1.0 if math.isnan(rate) else 1.0 + net
                lines.gross[row] = gross * weight
                lines.cost[row] = cost * weight
                lines.net[row] = net
                if len(lines.exposure):
                    lines.exposure[row] = abs(position) * weight
                    lines.turnover[row] = traded * weight
                if len(lines.equity):
                    lines.equity[row] = math.nan if math.isnan(rate) else equity
                if len(lines.position):
                    lines.position[row] = position
                    lines.asset_return[row] = moved(last_close, close)
            before, last_close, last_row = position, close, row
        if before != 0.0:
            trips.worth[found - 1], trips.exit[found - 1] = worth * own, -1
            trips.bars[found - 1] = symbols.start[symbol + 1] - begun
    return found, unknown


@entry
def units(
    prices: Prices, symbols: Symbols, opened: bool, carried: Floats, held: Floats, rate: Floats
) -> None:
    """What a unit that is held all along earns before and after a row's trades, and one's cost."""
    for symbol in range(len(symbols.start) - 1):
        last_close = math.nan
        for place in range(symbols.start[symbol], symbols.start[symbol + 1]):
            row = symbols.order[place] if len(symbols.order) else place
            close = prices.close[row]
            close = last_close if math.isnan(close) else close
            start = prices.open[row] if opened else last_close
            start = last_close if math.isnan(start) else start
            carried[row] = moved(last_close, start) if opened else 0.0
            held[row] = moved(start, close)
            rate[row] = symbols.rate[symbol] + (prices.rate[row] if len(prices.rate) else 0.0)
            last_close = close
