"""The bar loop. Its order of phases is the specification.

For each account in turn (a column, or the columns that share its cash), bar by bar: every column
values itself, checks its stops and turns its signals into a wish; the wishes are put in order; then
each is traded. At most one order per column and bar.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.kernel import entry, rule, step
from engine.execution.records import FILL_ROW, ORDER_ROW
from engine.execution.vectorbt.codes import FAULT, FILLED
from engine.execution.vectorbt.decide import decide
from engine.execution.vectorbt.order import status_of
from engine.execution.vectorbt.search import next_event
from engine.execution.vectorbt.sequence import arrange
from engine.execution.vectorbt.state import Bars, Chunk, Groups, Settings, Signals, Work
from engine.execution.vectorbt.stops import disarm
from engine.execution.vectorbt.trade import trade


class Played(NamedTuple):
    """The order log, the fills, and what stopped the run: a fault or 0, and its bar and column."""

    orders: NDArray[Any]
    fills: NDArray[Any]
    fault: int
    bar: int
    column: int


@entry
def play(
    bars: Bars, signals: Signals, settings: Settings, groups: Groups, work: Work, chunk: Chunk
) -> Played:
    """Play the groups of a chunk.

    With ``chunk.skip`` a column of its own account jumps to the next bar that can matter; without
    it every bar is looked at. Both take the same steps and give the same ledger.
    """
    count = bars.close.shape[1]
    orders = np.empty(chunk.room if chunk.log else 0, dtype=ORDER_ROW)
    fills = np.empty(chunk.room, dtype=FILL_ROW)
    ordered = filled = 0
    for group in range(chunk.first, chunk.last):
        begin, end = groups.start[group], groups.start[group + 1]
        start_group(begin, end, groups.cash[group], signals, work)
        jump = chunk.skip and end - begin == 1
        t = np.int64(0)
        while True:
            if jump:
                t = next_event(t, begin, bars, signals, settings, work)
            if t >= count:
                break
            for column in range(begin, end):
                fault = decide(t, column, bars, signals, settings, work)
                if fault:
                    return Played(orders[:ordered], fills[:filled], fault, t, column)
            arrange(begin, end, groups.sequence, work)
            for place in range(end - begin):
                column = begin + work.sequence[place]
                if work.wishes[column]["quantity"] == 0:
                    continue
                deal = trade(t, column, bars, settings, work)
                if deal.code >= FAULT:
                    return Played(orders[:ordered], fills[:filled], deal.code, t, column)
                if deal.code == FILLED:
                    if filled == len(fills):
                        fills = longer(fills)
                    write_fill(fills[filled], ordered if chunk.log else -1, t, column, deal, work)
                    filled += 1
                if chunk.log:
                    if ordered == len(orders):
                        orders = longer(orders)
                    write_order(orders[ordered], t, column, deal.code, work)
                    ordered += 1
            t += 1
    return Played(orders[:ordered], fills[:filled], 0, -1, -1)


@step
def start_group(begin: int, end: int, cash: float, signals: Signals, work: Work) -> None:
    """Cash in hand, nothing held, no stop armed, every signal still to come."""
    work.account[0]["cash"] = cash
    work.account[0]["free"] = cash
    for column in range(begin, end):
        holding = work.holdings[column]
        holding["position"] = 0.0
        holding["debt"] = 0.0
        holding["valuation"] = np.nan
        holding["seen"] = -1
        disarm(holding)
        for signal in range(4):
            work.cursor[signal, column] = signals.first[signal, column]


@step
def write_order(row: Any, t: int, column: int, code: int, work: Work) -> None:
    """What was asked for, what became of it, and cash and position after it."""
    wish = work.wishes[column]
    row["bar"] = t
    row["column"] = column
    row["quantity"] = wish["quantity"]
    row["price"] = wish["price"]
    row["status"] = status_of(code)
    row["reason"] = code
    row["cash"] = work.account[0]["cash"]
    row["position"] = work.holdings[column]["position"]


@step
def write_fill(row: Any, order: int, t: int, column: int, deal: Any, work: Work) -> None:
    """What was traded at which price; the side is that of the order."""
    row["order"] = order
    row["bar"] = t
    row["column"] = column
    row["quantity"] = deal.size if work.wishes[column]["quantity"] > 0 else -deal.size
    row["price"] = deal.price
    row["commission"] = deal.fees


@rule
def longer(rows: NDArray[Any]) -> NDArray[Any]:
    """The same rows with room for as many again."""
    grown = np.empty(max(2 * len(rows), 64), dtype=rows.dtype)
    for place in range(len(rows)):
        grown[place] = rows[place]
    return grown
