"""The bar loop. Its order of phases is the specification.

A bar first fills the orders placed on earlier bars: symbol by symbol, all shares are paid for, then
all commissions. Then the algorithm is asked: it cancels and places orders. At the end of a
session the cancel policy has its turn; every bar the account is valued. Splits and dividends come
before a session and are not here.
"""

from __future__ import annotations

import math
from typing import Any

from engine.execution.ahead import AHEAD, fetch
from engine.execution.kernel import entry, step
from engine.execution.search import first_reach
from engine.execution.zipline.account import charge, mark, trade
from engine.execution.zipline.book import cancel, complete, sweep
from engine.execution.zipline.codes import ALL, BROKER, NO_ROOM, OLDEST, WORTHLESS
from engine.execution.zipline.fills import fee_of, is_ready, look, part_of
from engine.execution.zipline.follow import follow
from engine.execution.zipline.state import Account, Bars, Tape, Work


@entry
def play(
    until: int, skip: bool, bars: Bars, tape: Tape, settings: Any, work: Work, fills: Any,
    account: Account,
) -> None:  # fmt: skip
    """Play from the bar where the progress says up to another, or until room is out or a fault.

    With ``skip`` bars on which nothing can happen are valued only; the ledger is the same.
    """
    progress = work.progress[0]
    rules = settings[0]
    while progress["bar"] < until:
        t = progress["bar"]
        if progress["fills"] + count_open(work) + progress["held"] > len(fills):
            progress["fault"] = NO_ROOM
            return
        fetch_ahead(bars, tape, progress["row"] + AHEAD)
        first = progress["fills"]
        fill_all(t, bars, rules, work, fills)
        settle(first, work, fills)
        sweep(work)
        fault = follow(t, first, fills, bars, tape, work)
        if fault != 0:
            progress["fault"] = fault
            return
        while bars.ends[progress["session"]] < t:
            progress["session"] += 1
        if t == bars.ends[progress["session"]]:
            delist(t, bars, work, fills)
            end_day(t, rules["end_of_day"], work)
        following = next_event(t, until, bars, tape, rules, work) if skip else t + 1
        if not mark(t, following, bars, work, account):
            progress["fault"] = WORTHLESS
            return
        progress["bar"] = following


@step
def fetch_ahead(bars: Bars, tape: Tape, row: int) -> None:
    """Ask for the bar that may fill a later row, the one after its own."""
    if row < len(tape.rows):
        later = tape.rows[row]
        bar = later["bar"] + 1
        if bar < bars.volume.shape[1]:
            fetch(bars.volume, later["column"], bar)


@step
def count_open(work: Work) -> int:
    """How many orders a bar may fill at most."""
    count = 0
    for place in range(work.progress[0]["listed"]):
        count += work.columns[work.listed[place]]["open"]
    return count


@step
def fill_all(t: int, bars: Bars, settings: Any, work: Work, fills: Any) -> None:
    """Fill what the bar gives to the orders of each symbol, in the order of the book."""
    for place in range(work.progress[0]["listed"]):
        column = work.listed[place]
        volume, price = bars.volume[column, t], bars.close[column, t]
        if volume > 0 and not math.isnan(price):
            fill_column(t, column, price, volume, settings, work, fills)


@step
def fill_column(
    t: int, column: int, price: float, volume: float, settings: Any, work: Work, fills: Any
) -> None:
    """The orders of one symbol share its volume; when it is used up, none behind is looked at."""
    used = 0
    row = work.columns[column]["head"]
    while row >= 0:
        order = work.orders[row]
        following = order["after"]
        look(order, price, t)
        if is_ready(order):
            part = part_of(order, settings, price, volume, used)
            if part.dry:
                return
            if part.shares > 0:
                shares = part.shares if order["side"] > 0 else -part.shares
                used += part.shares
                fill_order(order, t, column, shares, part.price, settings, work, fills)
                if order["amount"] == order["filled"]:
                    complete(row, column, work)
        row = following


@step
def fill_order(
    order: Any, t: int, column: int, shares: int, price: float, settings: Any, work: Work,
    fills: Any,
) -> None:  # fmt: skip
    """Write one part of an order; a commission that is not above zero is noted, not charged."""
    fee = fee_of(order, settings, shares, price)
    write_fill(order["number"], t, column, shares, price, max(fee, 0.0), work, fills)
    order["filled"] += shares
    order["commission"] += fee
    order["bar"] = t
    order["price"] = price
    order["paid"] += price * shares
    order["shares"] += shares
    order["parts"] += 1


@step
def write_fill(
    number: int, t: int, column: int, shares: int, price: float, fee: float, work: Work, fills: Any
) -> None:
    """One more row."""
    fill = fills[work.progress[0]["fills"]]
    work.progress[0]["fills"] += 1
    fill["order"] = number
    fill["bar"] = t
    fill["column"] = column
    fill["quantity"] = shares
    fill["price"] = price
    fill["commission"] = fee


@step
def settle(first: int, work: Work, fills: Any) -> None:
    """Pay for all shares of the bar, then all commissions."""
    until = work.progress[0]["fills"]
    for place in range(first, until):
        fill = fills[place]
        trade(fill["column"], int(fill["quantity"]), fill["price"], work)
    for place in range(first, until):
        fill = fills[place]
        if fill["commission"] > 0:
            charge(fill["column"], fill["commission"], work)


@step
def delist(t: int, bars: Bars, work: Work, fills: Any) -> None:
    """A symbol that leaves the market is sold at its last price, for nothing; its orders end."""
    progress = work.progress[0]
    place = 0
    while place < progress["held"]:
        column = work.held[place]
        if bars.closing[column] <= t:
            shares, price = -work.columns[column]["position"], bars.worth[column, t]
            write_fill(BROKER, t, column, shares, price, 0.0, work, fills)
            trade(column, shares, price, work)
        else:
            place += 1
    for place in range(progress["listed"]):
        column = work.listed[place]
        while bars.closing[column] <= t and work.columns[column]["open"] > 0:
            cancel(work.columns[column]["head"], column, t, work)


@step
def end_day(t: int, policy: int, work: Work) -> None:
    """On daily bars the first order ends of each symbol with several; by minutes all orders end."""
    for place in range(work.progress[0]["listed"]):
        column = work.listed[place]
        if policy == OLDEST and work.columns[column]["open"] > 1:
            cancel(work.columns[column]["head"], column, t, work)
        while policy == ALL and work.columns[column]["open"] > 0:
            cancel(work.columns[column]["head"], column, t, work)
    if policy == ALL:
        sweep(work)


@step
def next_event(t: int, until: int, bars: Bars, tape: Tape, settings: Any, work: Work) -> int:
    """The next bar on which an order may fill or end, or the algorithm has something to do."""
    progress = work.progress[0]
    end = until
    if progress["row"] < len(tape.rows):
        end = min(end, tape.rows[progress["row"]]["bar"])
    if progress["expiry"] < len(tape.expiring):
        end = min(end, tape.rows[tape.expiring[progress["expiry"]]]["last"])
    for closing in bars.closing:
        if closing > t:
            end = min(end, closing)
    for place in range(progress["listed"]):
        column = work.listed[place]
        if settings["end_of_day"] == OLDEST and work.columns[column]["open"] > 1:
            return t + 1
        if settings["end_of_day"] == ALL and work.columns[column]["open"] > 0:
            end = min(end, bars.ends[progress["session"]])
        end = next_touch(t + 1, end, column, bars, work)
    return max(end, t + 1)


@step
def next_touch(t: int, end: int, column: int, bars: Bars, work: Work) -> int:
    """The first bar from t on, before ``end``, whose close reaches a price some order waits for."""
    below, above = -math.inf, math.inf
    row = work.columns[column]["head"]
    while row >= 0:
        order = work.orders[row]
        if is_ready(order):
            return min(t, end)
        price, upward = order["limit"], order["side"] < 0
        if not math.isnan(order["stop"]):
            price, upward = order["stop"], order["side"] > 0
        if upward:
            above = min(above, price)
        else:
            below = max(below, price)
        row = order["after"]
    if below == -math.inf and above == math.inf:
        return end
    close = bars.close[column]
    return first_reach(close, close, bars.small[column], bars.large[column], t, end, below, above)
