"""What a strategy does at the close of a bar: children of new trades, the tape's rows, expiries."""

from __future__ import annotations

import math

import numpy as np

from engine.execution.backtesting_py.codes import (
    CANCEL,
    CLOSE,
    ENTRY,
    EXCLUSIVE,
    FLAT,
    LOSS,
    NO_REASON,
    REJECTED,
    TARGET,
    WRONG_SIDE,
)
from engine.execution.backtesting_py.queue import cancel, make_order, put_first, put_last
from engine.execution.backtesting_py.state import Bars, Rules, Work
from engine.execution.backtesting_py.trades import set_loss, set_target, with_spread
from engine.execution.kernel import rule, step


@step
def play_rows(t: int, opened: int, bars: Bars, rules: Rules, work: Work) -> None:
    """Everything a tape says at the close of bar t; ``opened`` counts the trades before the bar."""
    account = work.account[0]
    for held in range(opened, account["opened"]):
        if work.held[held]["open"] and work.plan[work.held[held]["plan"]]["awaited"]:
            settle_children(t, held, work)
    while account["row"] < len(work.plan) and work.plan[account["row"]]["bar"] == t:
        place(t, account["row"], bars, rules, work)
        account["row"] += 1
    while account["ended"] < len(work.ending) and work.last[account["ended"]] <= t:
        withdraw(t, work.ending[account["ended"]], work)
        account["ended"] += 1


@step
def place(t: int, number: int, bars: Bars, rules: Rules, work: Work) -> None:
    """Send one row of the tape."""
    row = work.plan[number]
    role = row["role"]
    if role == CANCEL:
        withdraw(t, row["parent"], work)
    elif role == FLAT:
        flatten(t, number, work)
    elif role == ENTRY:
        submit(t, number, bars, rules, work)
    elif row["inline"] == 0:
        held = work.plan[row["parent"]]["trade"]
        if held >= 0 and work.held[held]["open"]:
            attach(t, held, number, work)
        else:
            wait(number, work)


@rule
def wait(number: int, work: Work) -> None:
    """A child whose entry is no trade yet goes to the end of that entry's chain."""
    parent = work.plan[work.plan[number]["parent"]]
    parent["awaited"] = 1
    work.plan[number]["next_waiting"] = -1
    last = parent["waiting"]
    if last < 0:
        parent["waiting"] = number
        return
    while work.plan[last]["next_waiting"] >= 0:
        last = work.plan[last]["next_waiting"]
    work.plan[last]["next_waiting"] = number


@rule
def settle_children(t: int, held: int, work: Work) -> None:
    """What was said about an entry's children before it became a trade."""
    trade = work.held[held]
    entry = work.plan[trade["plan"]]
    entry["awaited"] = 0
    for child in (entry["loss"], entry["target"]):
        if child >= 0 and work.plan[child]["withdrawn"]:
            drop(t, held, child, work)
    child = entry["waiting"]
    while child >= 0:
        if work.plan[child]["withdrawn"] == 0:
            attach(t, held, child, work)
        child = work.plan[child]["next_waiting"]
    entry["waiting"] = -1


@rule
def attach(t: int, held: int, child: int, work: Work) -> None:
    """Set a trade's sl or tp, or queue an order that closes a part of it."""
    trade, row = work.held[held], work.plan[child]
    entry = work.plan[trade["plan"]]
    if row["role"] == LOSS:
        drop_order(t, trade["loss"], work)
        set_loss(t, held, row["stop"], work)
        entry["loss"] = child
    elif row["role"] == TARGET:
        drop_order(t, trade["target"], work)
        set_target(t, held, row["limit"], work)
        entry["target"] = child
    else:
        part = 1.0 if row["whole"] else min(abs(row["size"]) / abs(trade["size"]), 1.0)
        row["first"] = close_part(t, held, part, work)
        row["sent"] = 1


@rule
def close_part(t: int, held: int, part: float, work: Work) -> int:
    """Queue an order that closes a part of a trade: rounded half to even, at least one unit."""
    size = work.held[held]["size"]
    units = max(1.0, np.rint(abs(size) * part))
    number = make_order(t, CLOSE, held, math.copysign(units, -size), -1, work)
    put_first(number, work)
    return number


@rule
def flatten(t: int, number: int, work: Work) -> None:
    """Queue the close of every trade, the oldest first, so that the newest stands at the head."""
    row = work.plan[number]
    row["first"] = work.account[0]["ordered"]
    row["sent"] = work.account[0]["trades"]
    close_all(t, work)


@rule
def close_all(t: int, work: Work) -> None:
    """Queue the close of every open trade."""
    held = work.account[0]["oldest"]
    while held >= 0:
        close_part(t, held, 1.0, work)
        held = work.held[held]["after"]


@step
def submit(t: int, number: int, bars: Bars, rules: Rules, work: Work) -> None:
    """Send an entry with its sl and tp, which must lie on their sides of it."""
    row = work.plan[number]
    size, limit, stop = row["size"], row["limit"], row["stop"]
    loss = work.plan[row["loss"]]["stop"] if row["loss"] >= 0 else 0.0
    target = work.plan[row["target"]]["limit"] if row["target"] >= 0 else 0.0
    price = with_spread(size, 0.0, bars.close[t], rules)
    price = limit if limit != 0 else (stop if stop != 0 else price)
    below, above = (loss, target) if size > 0 else (target, loss)
    low = below if below != 0 else -math.inf
    high = above if above != 0 else math.inf
    fits = low < price < high
    if fits and rules.exclusive:
        clear(t, work)
    order = make_order(t, ENTRY, -1, size, number, work)
    if not fits:
        work.orders[order]["status"] = REJECTED
        work.orders[order]["reason"] = WRONG_SIDE
        return
    queued = work.queue[order]
    queued["limit"], queued["stop"] = limit, stop
    queued["loss"], queued["target"] = loss, target
    row["first"], row["sent"] = order, 1
    put_last(order, work)


@rule
def clear(t: int, work: Work) -> None:
    """Exclusive orders: cancel what waits and close what is open.

    The platform deletes from the list it walks, so the order after a cancelled one is passed over.
    """
    number = work.account[0]["head"]
    while number >= 0:
        order = work.queue[number]
        following = order["after"]
        if order["role"] in (ENTRY, CLOSE):
            cancel(t, number, EXCLUSIVE, work)
            if following >= 0:
                following = work.queue[following]["after"]
        number = following
    close_all(t, work)


@rule
def withdraw(t: int, number: int, work: Work) -> None:
    """Cancel whatever of a row still waits, or will."""
    row = work.plan[number]
    for order in range(row["first"], row["first"] + row["sent"]):
        if work.queue[order]["waits"]:
            cancel(t, order, NO_REASON, work)
    if row["role"] not in (LOSS, TARGET, CLOSE) or row["sent"]:
        return
    parent = work.plan[row["parent"]]
    held = parent["trade"]
    if held >= 0 and work.held[held]["open"]:
        if row["role"] != CLOSE:
            drop(t, held, number, work)
    else:
        row["withdrawn"] = 1
        parent["awaited"] = 1


@rule
def drop(t: int, held: int, child: int, work: Work) -> None:
    """A trade loses its sl or tp, if it is that of this row."""
    trade = work.held[held]
    entry = work.plan[trade["plan"]]
    if work.plan[child]["role"] == LOSS and entry["loss"] == child:
        drop_order(t, trade["loss"], work)
    if work.plan[child]["role"] == TARGET and entry["target"] == child:
        drop_order(t, trade["target"], work)


@rule
def drop_order(t: int, order: int, work: Work) -> None:
    """Cancel an order, if there is one."""
    if order >= 0:
        cancel(t, order, NO_REASON, work)
