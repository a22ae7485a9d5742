"""The bar loop. Its order of phases is the specification.

For each account in turn (a column, or the columns that share its cash), bar by bar: every column
values itself, checks its stops and turns its signals into a wish; the wishes are put in order; then
each is traded. At most one order per column and bar.
"""

from __future__ import annotations

from typing import Any

from engine.execution.kernel import entry, rule, step
from engine.execution.vectorbt.codes import FAULT, FILLED
from engine.execution.vectorbt.decide import decide
from engine.execution.vectorbt.order import status_of
from engine.execution.vectorbt.search import next_event
from engine.execution.vectorbt.sequence import arrange
from engine.execution.vectorbt.state import Bars, Chunk, Groups, Settings, Signals, Work
from engine.execution.vectorbt.trade import trade


@entry
def play(
    bars: Bars, signals: Signals, settings: Settings, groups: Groups, work: Work, chunk: Chunk
) -> None:
    """Play the groups of a chunk from where its progress says, until all is played or room is out.

    Groups know nothing of each other, so they may take turns window by window, while the prices of
    a window are at hand.
    """
    count = bars.close.shape[1]
    progress = chunk.progress[0]
    while True:
        until = min(progress["until"], count)
        while progress["group"] < chunk.last:
            if not play_group(until, bars, signals, settings, groups, work, chunk):
                return
            progress["group"] += 1
        if until == count:
            return
        progress["group"] = chunk.first
        progress["until"] += chunk.window


@step
def play_group(
    until: int, bars: Bars, signals: Signals, settings: Settings, groups: Groups, work: Work,
    chunk: Chunk,
) -> bool:  # fmt: skip
    """Play one group up to a bar; false when it cannot go on.

    With ``chunk.skip`` a column of its own account jumps to the next bar that can matter; without
    it every bar is looked at. Both take the same steps and give the same ledger.
    """
    group = chunk.progress[0]["group"]
    begin, end = groups.start[group], groups.start[group + 1]
    account = work.accounts[group]
    while True:
        t = account["bar"]
        if chunk.skip and end - begin == 1:
            t = next_event(t, until, begin, bars, signals, settings, work)
            account["bar"] = t
        if t >= until:
            return True
        if lacks_room(end - begin, chunk):
            return False
        for column in range(begin, end):
            fault = decide(t, column, bars, signals, settings, work)
            if fault:
                return stop(fault, t, column, chunk)
        arrange(begin, end, groups.sequence, account, work)
        for place in range(end - begin):
            column = begin + work.sequence[place]
            if work.wishes[column]["quantity"] == 0:
                continue
            deal = trade(t, column, account, bars, settings, work)
            if deal.code >= FAULT:
                return stop(deal.code, t, column, chunk)
            write(t, column, deal, account, work, chunk)
        account["bar"] = t + 1


@step
def lacks_room(columns: int, chunk: Chunk) -> bool:
    """Whether a bar could write more rows than there is room for."""
    progress = chunk.progress[0]
    if progress["filled"] + columns > len(chunk.fills):
        return True
    return chunk.log and progress["ordered"] + columns > len(chunk.orders)


@step
def stop(fault: int, t: int, column: int, chunk: Chunk) -> bool:
    """The run ends here."""
    progress = chunk.progress[0]
    progress["fault"] = fault
    progress["bar"] = t
    progress["column"] = column
    return False


@step
def write(t: int, column: int, deal: Any, account: Any, work: Work, chunk: Chunk) -> None:
    """Log the order, and what it filled."""
    progress, wish = chunk.progress[0], work.wishes[column]
    if chunk.log:
        order = chunk.orders[progress["ordered"]]
        progress["ordered"] += 1
        cash, position = account["cash"], work.holdings[column]["position"]
        write_order(order, t, column, wish, deal.code, cash, position)
    if deal.code == FILLED:
        row = chunk.fills[progress["filled"]]
        progress["filled"] += 1
        row["bar"] = t
        row["column"] = column
        row["quantity"] = deal.size if wish["quantity"] > 0 else -deal.size
        row["price"] = deal.price
        row["commission"] = deal.fees


@rule
def write_order(
    row: Any, t: int, column: int, wish: Any, code: int, cash: float, position: float
) -> None:
    """What was asked for, what became of it, and cash and position after it."""
    row["bar"] = t
    row["column"] = column
    row["quantity"] = wish["quantity"]
    row["price"] = wish["price"]
    row["status"] = status_of(code)
    row["reason"] = code
    row["cash"] = cash
    row["position"] = position
