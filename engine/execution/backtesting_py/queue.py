"""The queue of waiting orders: entries at its end, what closes at the market or a stop at its head.

An order keeps its neighbours when it leaves, so that a walk that stands on it still finds the way.
"""

from __future__ import annotations

import math
from typing import Any

from engine.execution import chain
from engine.execution.backtesting_py.codes import CANCELLED, OPEN
from engine.execution.backtesting_py.state import Work
from engine.execution.kernel import rule


@rule
def make_order(t: int, role: int, trade: int, size: float, plan: int, work: Work) -> int:
    """A new order that is not in the queue yet; returns its number."""
    account = work.account[0]
    number = account["ordered"]
    order = work.queue[number]
    order["size"] = size
    order["limit"] = order["stop"] = order["loss"] = order["target"] = 0.0
    order["role"] = role
    order["trade"] = trade
    order["plan"] = plan
    order["born"] = account["round"]
    order["waits"] = 0
    order["parts"] = 0
    order["value"] = order["done"] = order["signed"] = 0.0
    told(t, number, work)
    account["ordered"] += 1
    return number


@rule
def told(t: int, number: int, work: Work) -> None:
    """The row of a new order in the log."""
    account, row = work.account[0], work.orders[number]
    row["bar"] = t
    row["column"] = 0
    row["quantity"] = work.queue[number]["size"]
    row["price"] = math.nan
    row["status"] = OPEN
    row["reason"] = 0
    row["cash"] = account["cash"]
    row["position"] = account["position"]


@rule
def put_first(number: int, work: Work) -> None:
    """At the head of the queue."""
    account, order = work.account[0], work.queue[number]
    order["before"], order["after"] = -1, account["head"]
    if account["head"] >= 0:
        work.queue[account["head"]]["before"] = number
    else:
        account["tail"] = number
    account["head"] = number
    order["waits"] = 1
    account["waiting"] += 1


@rule
def put_last(number: int, work: Work) -> None:
    """At the end of the queue."""
    account, order = work.account[0], work.queue[number]
    order["before"], order["after"] = account["tail"], -1
    if account["tail"] >= 0:
        work.queue[account["tail"]]["after"] = number
    else:
        account["head"] = number
    account["tail"] = number
    order["waits"] = 1
    account["waiting"] += 1


@rule
def take_out(number: int, work: Work) -> None:
    """Out of the queue."""
    account, order = work.account[0], work.queue[number]
    before, after = chain.take_out(number, work.queue)
    if before < 0:
        account["head"] = after
    if after < 0:
        account["tail"] = before
    order["waits"] = 0
    account["waiting"] -= 1


@rule
def tell(t: int, number: int, status: int, reason: int, work: Work) -> None:
    """What became of an order; the bar of its last fill counts where it has one."""
    account, order, row = work.account[0], work.queue[number], work.orders[number]
    row["status"] = status
    row["reason"] = reason
    row["cash"] = account["cash"]
    row["position"] = account["position"]
    if order["parts"] == 0:
        row["bar"] = t


@rule
def cancel(t: int, number: int, reason: int, work: Work) -> None:
    """Withdraw a waiting order; a trade forgets its sl or tp."""
    take_out(number, work)
    order: Any = work.queue[number]
    if order["trade"] >= 0:
        trade = work.held[order["trade"]]
        if trade["loss"] == number:
            trade["loss"] = -1
        if trade["target"] == number:
            trade["target"] = -1
    tell(t, number, CANCELLED, reason, work)
