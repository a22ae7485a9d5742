"""The broker's book: orders are made, sent, accepted, cancelled; families and OCO groups.

Lists of the book are never cut: an order that no longer waits is passed over.
"""

from __future__ import annotations

from typing import Any

from engine.execution.backtrader.codes import (
    ACCEPTED,
    CANCELED,
    CREATED,
    LIMIT,
    STOP,
    STOP_LIMIT,
    SUBMITTED,
    TRAIL,
    TRAIL_LIMIT,
)
from engine.execution.backtrader.match import trail
from engine.execution.backtrader.state import Broker, Settings
from engine.execution.kernel import rule


@rule
def make(place: int, size: float, buys: bool, close: float, broker: Broker) -> int:
    """A new order of a row, for a signed size; ``close`` is the last close of its feed."""
    desk, row = broker.desk[0], broker.rows[place]
    number = desk["orders"]
    desk["orders"] += 1
    row["order"] = number
    order = broker.orders[number]
    order["row"], order["column"], order["kind"] = place, row["column"], row["kind"]
    order["buys"], order["quantity"], order["left"] = (1 if buys else 0), size, size
    order["close"], order["status"], order["active"] = close, CREATED, 1
    order["amount"], order["percent"], order["expires"] = (
        row["amount"], row["percent"], row["expires"],
    )  # fmt: skip
    order["created"] = order["changed"] = broker.holdings[row["column"]]["bar"]
    price_order(order, row, close)
    join(number, row["group"], broker)
    return number


@rule
def price_order(order: Any, row: Any, close: float) -> None:
    """The price an order waits for; a trailing one starts from the close."""
    kind = order["kind"]
    order["price"], order["limit"], order["offset"] = close, close, 0.0
    if kind == LIMIT:
        order["price"] = row["limit"]
    elif kind == STOP or kind == STOP_LIMIT:
        order["price"], order["limit"] = row["stop"], row["limit"]
    elif kind == TRAIL or kind == TRAIL_LIMIT:
        if kind == TRAIL_LIMIT:
            order["limit"] = row["limit"]
            order["offset"] = close - row["limit"]
        order["price"] = float("inf") if order["buys"] == 1 else float("-inf")
        trail(order, close)


@rule
def join(number: int, group: int, broker: Broker) -> None:
    """Become a member of an OCO group; the first one leads it. An order alone leads itself."""
    orders = broker.orders
    order = orders[number]
    order["leader"] = number
    if group < 0:
        return
    if broker.leaders[group] < 0:
        broker.leaders[group] = number
    leader = orders[broker.leaders[group]]
    order["leader"] = broker.leaders[group]
    order["joined"] = leader["round"]
    leader["tied"] = 1


@rule
def submit(number: int, settings: Settings, broker: Broker) -> None:
    """Send an order; a native bracket is parked and sent as a whole with its last child."""
    orders, row = broker.orders, broker.rows[broker.orders[number]["row"]]
    order = orders[number]
    order["parent"] = order["child"] = order["sibling"] = -1
    if settings.bracket and row["parent"] >= 0:
        parent = broker.rows[row["parent"]]["order"]
        order["parent"], order["active"] = parent, 0
        adopt(parent, number, orders)
        if row["last"] == 1:
            transmit(parent, settings, broker)
            child = orders[parent]["child"]
            while child >= 0:
                transmit(child, settings, broker)
                child = orders[child]["sibling"]
    elif settings.bracket and row["child"] >= 0:
        order["family"] = order["heads"] = 1
    else:
        transmit(number, settings, broker)


@rule
def adopt(parent: int, number: int, orders: Any) -> None:
    """Put a child behind its older siblings."""
    last = orders[parent]["child"]
    if last < 0:
        orders[parent]["child"] = number
        return
    while orders[last]["sibling"] >= 0:
        last = orders[last]["sibling"]
    orders[last]["sibling"] = number


@rule
def transmit(number: int, settings: Settings, broker: Broker) -> None:
    """Submit for the cash check of the next pass; without that check accept at once."""
    if not settings.checks:
        accept(number, broker)
        return
    desk = broker.desk[0]
    broker.orders[number]["status"] = SUBMITTED
    broker.submitted[desk["submitted"]] = number
    desk["submitted"] += 1


@rule
def accept(number: int, broker: Broker) -> None:
    """Join the end of the queue."""
    desk, order = broker.desk[0], broker.orders[number]
    order["status"], order["waits"] = ACCEPTED, 1
    broker.waiting[desk["waiting"]] = number
    desk["waiting"] += 1


@rule
def drop(number: int, broker: Broker) -> bool:
    """Take an order out of the queue as cancelled; false if it does not wait there."""
    order = broker.orders[number]
    if order["waits"] == 0:
        return False
    order["waits"], order["status"] = 0, CANCELED
    order["changed"] = broker.holdings[order["column"]]["bar"]
    return True


@rule
def end_group(number: int, broker: Broker) -> None:
    """Cancel the waiting members of an order's OCO group; later members begin a new round."""
    orders = broker.orders
    own = orders[number]["leader"]
    leader = orders[own]
    ended = leader["round"]
    leader["round"] += 1
    if leader["tied"] == 0:
        return
    for place in range(broker.desk[0]["waiting"]):
        other = broker.waiting[place]
        member = orders[other]
        if member["waits"] == 1 and member["leader"] == own and member["joined"] == ended:
            drop(other, broker)


@rule
def cancel_in_family(number: int, broker: Broker) -> None:
    """Cancel one order of a family that ends; its OCO group ends with it."""
    if drop(number, broker):
        end_group(number, broker)


@rule
def end_family(number: int, broker: Broker) -> None:
    """Cancel what waits of an order's native bracket, the parent as well if it is not filled."""
    orders = broker.orders
    head = orders[number]["parent"] if orders[number]["parent"] >= 0 else number
    parent = orders[head]
    if parent["family"] == 0:
        return
    if parent["heads"] == 1:
        cancel_in_family(head, broker)
    child = parent["child"]
    while child >= 0:
        cancel_in_family(child, broker)
        child = orders[child]["sibling"]
    parent["family"] = 0


@rule
def complete(number: int, broker: Broker) -> None:
    """After the last part of an order: a parent wakes its children, a child ends the family."""
    desk, orders = broker.desk[0], broker.orders
    order = orders[number]
    if order["parent"] >= 0:
        end_family(number, broker)
        return
    if order["family"] == 0:
        return
    order["heads"] = 0
    child = order["child"]
    while child >= 0:
        broker.arming[desk["arming"]] = child
        desk["arming"] += 1
        child = orders[child]["sibling"]


@rule
def withdraw(place: int, broker: Broker) -> None:
    """The user cancels a row's order, or forgets the row if it was not sent yet."""
    row = broker.rows[place]
    if row["order"] < 0:
        row["withdrawn"] = 1
    elif drop(row["order"], broker):
        end_group(row["order"], broker)
        end_family(row["order"], broker)
