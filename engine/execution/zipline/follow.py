"""What the algorithm does after a bar's fills: cancel what is over, wake what waited, place orders.

zipline has no orders that wait for one another, cancel one another or expire; this is the algorithm
a user writes to have them.
"""

from __future__ import annotations

import math
from typing import Any

from engine.execution.kernel import rule, step
from engine.execution.zipline.account import worth
from engine.execution.zipline.book import append, cancel, withdraw
from engine.execution.zipline.codes import (
    CHILD,
    DELISTED,
    FILLED,
    IGNORED,
    MOST_BOUGHT,
    MOST_SOLD,
    NEVER_PLACED,
    NO_PRICE,
    NOT_FINITE,
    OPEN,
    PERCENT,
    TARGET_PERCENT,
    TARGET_UNITS,
    TOO_LARGE,
    TOO_MANY,
    VALUE,
    WAITING,
    WITHDRAW,
)
from engine.execution.zipline.sizing import is_zero, tick_price, whole_shares
from engine.execution.zipline.state import Bars, Tape, Work


@step
def follow(t: int, first_fill: int, fills: Any, bars: Bars, tape: Tape, work: Work) -> int:
    """One call of the algorithm; returns what stops the run, or 0."""
    progress = work.progress[0]
    for place in range(first_fill, progress["fills"]):
        cancel_rivals(work.placed[fills[place]["order"]], t, tape, work)
    cancel_expired(t, tape, work)
    fault = wake(t, bars, tape, work)
    while fault == 0 and progress["row"] < len(tape.rows):
        row = progress["row"]
        step = tape.rows[row]
        if step["bar"] > t:
            break
        progress["row"] += 1
        if step["action"] == WITHDRAW:
            withdraw(step["target"], tape.rows[step["target"]]["column"], t, work)
        elif step["action"] != CHILD:
            fault = place_order(row, t, bars, tape, work)
    return fault


@rule
def cancel_rivals(row: int, t: int, tape: Tape, work: Work) -> None:
    """An order that has traded ends the others of its group."""
    rival = tape.rows[row]["rival"]
    while rival != row:
        cancel(rival, tape.rows[rival]["column"], t, work)
        rival = tape.rows[rival]["rival"]


@rule
def cancel_expired(t: int, tape: Tape, work: Work) -> None:
    """After its last bar an order that is still open ends."""
    progress = work.progress[0]
    while progress["expiry"] < len(tape.expiring):
        row = tape.expiring[progress["expiry"]]
        if tape.rows[row]["last"] > t:
            return
        progress["expiry"] += 1
        cancel(row, tape.rows[row]["column"], t, work)


@step
def wake(t: int, bars: Bars, tape: Tape, work: Work) -> int:
    """Place the children whose parent is filled whole, in the order of the tape."""
    progress = work.progress[0]
    count = 0
    for place in range(progress["completed"]):
        child = tape.rows[work.completed[place]]["first_child"]
        while child >= 0:
            if tape.rows[child]["bar"] < t:
                count = insert(child, count, work)
            child = tape.rows[child]["next_child"]
    progress["completed"] = 0
    row = progress["row"]
    while row < len(tape.rows) and tape.rows[row]["bar"] <= t:
        step = tape.rows[row]
        if step["action"] == CHILD and work.orders[step["target"]]["status"] == FILLED:
            count = insert(row, count, work)
        row += 1
    fault = 0
    for place in range(count):
        if fault == 0:
            fault = place_order(work.awake[place], t, bars, tape, work)
    return fault


@rule
def insert(row: int, count: int, work: Work) -> int:
    """Keep the rows that wake in the order of the tape; returns how many there are."""
    place = count
    while place > 0 and work.awake[place - 1] > row:
        work.awake[place] = work.awake[place - 1]
        place -= 1
    work.awake[place] = row
    return count + 1


@rule
def place_order(row: int, t: int, bars: Bars, tape: Tape, work: Work) -> int:
    """Place an order unless it is over before it begins; returns what stops the run, or 0."""
    step, order = tape.rows[row], work.orders[row]
    if order["status"] != WAITING:
        return 0
    if (step["last"] >= 0 and step["last"] <= t) or is_beaten(row, tape, work):
        order["status"] = NEVER_PLACED
        return 0
    if t > bars.orderable[step["column"]]:
        write_order(row, t, DELISTED, work)
        return 0
    wanted = amount_of(step, t, bars, work)
    if math.isnan(wanted):
        return NO_PRICE
    if math.isinf(wanted):
        return NOT_FINITE
    shares = whole_shares(wanted)
    if shares > MOST_BOUGHT:
        return TOO_MANY
    buys = shares > 0
    limit, stop = tick_price(step["limit"], buys), tick_price(step["stop"], not buys)
    if shares != 0 and (math.isinf(limit) or math.isinf(stop)):
        return NOT_FINITE
    if shares < -MOST_SOLD:
        return TOO_LARGE
    write_order(row, t, OPEN if shares != 0 else IGNORED, work)
    if shares == 0:
        return 0
    order["amount"] = int(shares)
    order["side"] = 1.0 if buys else -1.0
    order["limit"] = limit
    order["stop"] = stop
    append(row, step["column"], work)
    return 0


@rule
def write_order(row: int, t: int, status: int, work: Work) -> None:
    """The order comes last of all that were asked for."""
    progress, order = work.progress[0], work.orders[row]
    work.placed[progress["placed"]] = row
    order["number"] = progress["placed"]
    progress["placed"] += 1
    order["bar"] = t
    order["status"] = status


@rule
def is_beaten(row: int, tape: Tape, work: Work) -> bool:
    """Another order of its group has traded."""
    rival = tape.rows[row]["rival"]
    while rival != row:
        if work.orders[rival]["filled"] != 0:
            return True
        rival = tape.rows[rival]["rival"]
    return False


@rule
def amount_of(step: Any, t: int, bars: Bars, work: Work) -> float:
    """The shares a row asks for before they are rounded; NaN where there is no price to ask by.

    A target counts the shares held, not those on order.
    """
    unit, column = step["unit"], step["column"]
    amount = step["quantity"]
    if unit == PERCENT or unit == TARGET_PERCENT:
        amount = worth(t, bars, work) * amount
    if unit == VALUE or unit == PERCENT or unit > TARGET_UNITS:
        price = bars.price[column, t]
        if math.isnan(price):
            return math.nan
        amount = 0.0 if is_zero(price) else amount / price
    if unit >= TARGET_UNITS:
        amount -= work.columns[column]["position"]
    return amount
