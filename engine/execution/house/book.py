"""The book: what is decided enters it, what is executed wakes children and ends its group."""

from __future__ import annotations

import math

from engine.execution.house.account import at, deal, slipped, wanted
from engine.execution.house.codes import (
    BY_OCO,
    CANCELLED,
    CHECK,
    CLOSE,
    EXPIRED,
    FILLED,
    IGNORED,
    LIMIT,
    MARKET,
    NOTHING,
    OPEN,
    PARENT_ENDED,
    STOP_LIMIT,
    TRAILING_STOP,
    UNITS,
    WITHDRAWN,
)
from engine.execution.house.state import Bars, Costs, Rules, Work
from engine.execution.kernel import rule

# The moment of a bar at which an order is executed.
AT_OPEN, INSIDE, AT_CLOSE = 0, 1, 2


@rule
def submit(t: int, number: int, bars: Bars, rules: Rules, costs: Costs, work: Work) -> None:
    """A row that is decided at this close: it waits, sleeps until its parent is executed, or ends.

    Under timing ``close`` a market order is executed at once if its symbol has this bar.
    """
    desk, order = work.desk[0], work.tape[number]
    if order["status"] != OPEN:
        return
    order["waits"], order["live"] = 1, 1
    work.waiting[desk["waiting"]] = number
    desk["waiting"] += 1
    if order["parent"] >= 0:
        parent = work.tape[order["parent"]]["status"]
        if parent != FILLED and parent != OPEN:
            end(t, number, CANCELLED, PARENT_ENDED, work)
            return
        order["live"] = 1 if parent == FILLED else 0
    if order["live"] == 0:
        return
    order["active"] = t + 1
    if order["kind"] == MARKET:
        order["active"] = t if rules.timing == CLOSE else t + 1
        if rules.timing == CLOSE and bars.there[order["column"], t] != 0:
            execute(t, number, bars.close[order["column"], t], AT_CLOSE, rules, costs, work)
        return
    start(t, number, last_close(order["column"], t, bars), work)


@rule
def last_close(column: int, t: int, bars: Bars) -> float:
    """The last close of a symbol up to a bar, NaN if there was none."""
    while t >= 0 and bars.there[column, t] == 0:
        t -= 1
    return bars.close[column, t] if t >= 0 else math.nan


@rule
def start(t: int, number: int, price: float, work: Work) -> None:
    """An order that waits for a price knows its side from here on; a trail follows from here."""
    order = work.tape[number]
    order["best"] = price
    near = price
    if order["kind"] == LIMIT:
        near = order["limit"]
    elif order["kind"] != TRAILING_STOP:
        near = order["stop"]
    units = wanted(order["unit"], order["quantity"], order["column"], near, 0.0, work)
    order["side"] = 1 if units > 0 else -1
    if units == 0:
        end(t, number, IGNORED, NOTHING, work)


@rule
def end(t: int, number: int, status: int, reason: int, work: Work) -> None:
    """An order leaves the book without being executed; children that sleep go with it."""
    order = work.tape[number]
    order["status"], order["reason"], order["changed"], order["waits"] = status, reason, t, 0
    work.desk[0]["ended"] = 1


@rule
def withdraw(t: int, number: int, work: Work) -> None:
    """The user cancels an order, if it still waits."""
    if number >= 0 and work.tape[number]["waits"] == 1:
        end(t, number, CANCELLED, WITHDRAWN, work)


@rule
def execute(
    t: int, number: int, price: float, moment: int, rules: Rules, costs: Costs, work: Work
) -> None:
    """Execute an order at a price the market has; stops and market orders slip."""
    order = work.tape[number]
    column, kind = order["column"], order["kind"]
    lot = costs.lot[column]
    units = wanted(order["unit"], order["quantity"], column, price, lot, work)
    paid = price
    if kind != LIMIT and kind != STOP_LIMIT:
        paid = slipped(price, units > 0, at(costs.slippage, column, t))
        units = wanted(order["unit"], order["quantity"], column, paid, lot, work)
    if order["side"] != 0 and units * order["side"] < 0:
        units = 0.0
    before = work.desk[0]["fills"]
    status, reason = deal(t, column, units, paid, number, rules, costs, work)
    order["status"], order["reason"], order["asked"] = status, reason, units
    order["changed"], order["waits"] = t, 0
    order["cash"], order["position"] = work.desk[0]["cash"], work.holdings[column]["size"]
    if status != FILLED:
        work.desk[0]["ended"] = 1
        return
    order["done"], order["price"] = work.fills[before]["quantity"], paid
    if math.isinf(units):
        order["asked"] = order["done"]
    end_group(t, number, work)
    wake_children(t, number, price, moment, rules, work)


@rule
def end_group(t: int, number: int, work: Work) -> None:
    """The other members of an order's OCO group are cancelled, those still to come as well."""
    mate = work.tape[number]["mate"]
    while mate >= 0 and mate != number:
        other = work.tape[mate]
        if other["status"] == OPEN:
            end(max(t, other["bar"]), mate, CANCELLED, BY_OCO, work)
        mate = other["mate"]


@rule
def wake_children(t: int, number: int, price: float, moment: int, rules: Rules, work: Work) -> None:
    """Children that sleep are live from now on; those of a parent that was cut are cut alike."""
    order = work.tape[number]
    child = order["child"]
    while child >= 0:
        row = work.tape[child]
        if row["status"] == OPEN:
            if row["unit"] == UNITS and order["done"] != order["asked"]:
                row["quantity"] *= abs(order["done"] / order["asked"])
            if row["waits"] == 1:
                wake(t, child, number, price, moment, rules, work)
        child = row["sibling"]


@rule
def wake(
    t: int, child: int, number: int, price: float, moment: int, rules: Rules, work: Work
) -> None:
    """A child of an order that was just executed; ``price`` is what the market had.

    What came before inside the bar does not count for it: a stop that protects is looked at all the
    same, a limit only if its parent was a stop, for then the bar was on its way there. Where
    another symbol stood at that moment inside the bar is not known: its child waits for the next.
    """
    parent, order = work.tape[number], work.tape[child]
    own = order["column"] == parent["column"]
    order["live"], order["woke"] = 1, t
    if order["kind"] == MARKET:
        order["active"] = t if rules.timing == CLOSE else t + 1
        return
    start(t, child, price if own else work.holdings[order["column"]]["mark"], work)
    looks = rules.entry_bar == CHECK and moment != AT_CLOSE
    if looks and moment == INSIDE:
        order["first"] = price
        against = order["side"] * parent["done"] < 0
        looks = own and against and (order["kind"] != LIMIT or parent["kind"] != LIMIT)
    order["active"] = t if looks else t + 1
    if looks and order["waits"] == 1:
        work.desk[0]["woken"] = 1


@rule
def expire(t: int, work: Work) -> None:
    """Orders whose last bar this was."""
    for place in range(work.desk[0]["waiting"]):
        number = work.waiting[place]
        order = work.tape[number]
        if order["waits"] == 1 and 0 <= order["expires"] <= t:
            end(t, number, EXPIRED, 0, work)


@rule
def orphan(t: int, work: Work) -> None:
    """Children that sleep end with their parents; parents stand before their children."""
    for place in range(work.desk[0]["waiting"]):
        number = work.waiting[place]
        order = work.tape[number]
        if order["waits"] == 1 and order["live"] == 0:
            parent = work.tape[order["parent"]]["status"]
            if parent != OPEN and parent != FILLED:
                end(t, number, CANCELLED, PARENT_ENDED, work)


@rule
def tidy(t: int, work: Work) -> None:
    """The end of a bar in the book: what expired or lost its parent goes, the others keep order."""
    desk = work.desk[0]
    expire(t, work)
    if desk["ended"] != 0:
        orphan(t, work)
    kept = 0
    for place in range(desk["waiting"]):
        number = work.waiting[place]
        if work.tape[number]["waits"] == 1:
            work.waiting[kept] = number
            kept += 1
    desk["waiting"], desk["ended"] = kept, 0
