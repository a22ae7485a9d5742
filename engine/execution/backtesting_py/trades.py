"""Opening, shrinking and closing trades, and the money that moves with them.

Buying spends nothing: cash is the balance that closed trades and commissions leave. The value of
open trades is summed from the oldest to the newest, which its last bits depend on.
"""

from __future__ import annotations

import math
from typing import Any

from engine.execution import chain
from engine.execution.backtesting_py.codes import CANCELLED, FILLED, LOSS, TARGET, TRADE_CLOSED
from engine.execution.backtesting_py.queue import make_order, put_first, put_last, take_out, tell
from engine.execution.backtesting_py.state import Bars, Rules, Work
from engine.execution.kernel import rule


@rule
def commission_of(size: float, price: float, rules: Rules) -> float:
    """A fixed amount and a share of the value."""
    return rules.fixed + abs(size) * price * rules.relative


@rule
def with_spread(size: float, price: float, close: float, rules: Rules) -> float:
    """Buyers pay the spread and sellers give it; a price of exactly zero reads as the close."""
    return (price if price != 0 else close) * (1 + math.copysign(rules.spread, size))


@rule
def worth(close: float, work: Work) -> float:
    """What open trades have gained at a close."""
    paid = 0.0
    number = work.account[0]["oldest"]
    while number >= 0:
        trade = work.held[number]
        paid += trade["size"] * trade["price"]
        number = trade["after"]
    return close * work.account[0]["position"] - paid


@rule
def equity_of(close: float, work: Work) -> float:
    """Cash and what open trades have gained."""
    return work.account[0]["cash"] + worth(close, work)


@rule
def free_margin(close: float, rules: Rules, work: Work) -> float:
    """Equity that no open trade ties up, long and short alike; never below zero."""
    used = 0.0
    number = work.account[0]["oldest"]
    while number >= 0:
        trade = work.held[number]
        used += abs(trade["size"]) * close / rules.leverage
        number = trade["after"]
    free = equity_of(close, work) - used
    return free if free > 0 else 0.0


@rule
def fill(bar: int, number: int, size: float, price: float, cost: float, work: Work) -> None:
    """Write one execution of an order, and its mean price so far."""
    account, order, row = work.account[0], work.queue[number], work.orders[number]
    written = work.fills[account["filled"]]
    account["filled"] += 1
    written["order"] = number
    written["bar"] = bar
    written["column"] = 0
    written["quantity"] = size
    written["price"] = price
    written["commission"] = cost
    order["parts"] += 1
    order["value"] += abs(size) * price
    order["done"] += abs(size)
    order["signed"] += size
    row["bar"] = bar
    row["price"] = price if order["parts"] == 1 else order["value"] / order["done"]
    row["cash"] = account["cash"]
    row["position"] = account["position"]


@rule
def open_trade(
    t: int, bar: int, number: int, size: float, price: float, rules: Rules, work: Work
) -> None:
    """A new trade of an entry: its commission, its fill, its tp and then its sl."""
    account, order = work.account[0], work.queue[number]
    held = account["opened"]
    account["opened"] += 1
    account["trades"] += 1
    trade = work.held[held]
    trade["size"], trade["price"], trade["bar"] = size, price, bar
    trade["loss"] = trade["target"] = -1
    trade["plan"] = order["plan"]
    trade["open"] = 1
    trade["before"], trade["after"] = account["newest"], -1
    if account["newest"] >= 0:
        work.held[account["newest"]]["after"] = held
    else:
        account["oldest"] = held
    account["newest"] = held
    account["position"] += size
    work.plan[order["plan"]]["trade"] = held
    cost = commission_of(size, price, rules)
    account["cash"] -= cost
    fill(bar, number, size, price, cost, work)
    if order["target"] != 0:
        set_target(t, held, order["target"], work)
    if order["loss"] != 0:
        set_loss(t, held, order["loss"], work)


@rule
def set_loss(t: int, held: int, price: float, work: Work) -> None:
    """A trade's sl: a stop for all of it, at the head of the queue."""
    number = make_order(t, LOSS, held, -work.held[held]["size"], -1, work)
    work.queue[number]["stop"] = price
    put_first(number, work)
    work.held[held]["loss"] = number


@rule
def set_target(t: int, held: int, price: float, work: Work) -> None:
    """A trade's tp: a limit for all of it, at the end of the queue."""
    number = make_order(t, TARGET, held, -work.held[held]["size"], -1, work)
    work.queue[number]["limit"] = price
    put_last(number, work)
    work.held[held]["target"] = number


@rule
def close_trade(
    t: int, bar: int, number: int, held: int, price: float, bars: Bars, rules: Rules, work: Work
) -> None:
    """All of a trade at a price, on account of an order; its sl and tp go with it."""
    account, trade = work.account[0], work.held[held]
    loss, target = trade["loss"], trade["target"]
    unlink(held, work)
    if loss >= 0:
        take_out(loss, work)
    if target >= 0:
        take_out(target, work)
    settle(t, bar, number, held, trade["size"], price, bars, rules, work)
    if loss >= 0 and loss != number:
        tell(t, loss, CANCELLED, TRADE_CLOSED, work)
    if target >= 0 and target != number:
        tell(t, target, CANCELLED, TRADE_CLOSED, work)
    if number in (loss, target):
        work.orders[number]["status"] = FILLED
    account["trades"] -= 1


@rule
def unlink(held: int, work: Work) -> None:
    """Out of the list of open trades; it keeps its neighbours, as an order does."""
    account, trade = work.account[0], work.held[held]
    before, after = chain.take_out(held, work.held)
    if before < 0:
        account["oldest"] = after
    if after < 0:
        account["newest"] = before
    trade["open"] = 0


@rule
def reduce_trade(
    t: int, bar: int, number: int, held: int, size: float, price: float, bars: Bars, rules: Rules,
    work: Work,
) -> None:  # fmt: skip
    """A part of a trade at a price (``size`` is against it); its sl and tp shrink with it."""
    trade = work.held[held]
    left = trade["size"] + size
    if left == 0:
        close_trade(t, bar, number, held, price, bars, rules, work)
        return
    trade["size"] = left
    if trade["loss"] >= 0:
        resize(trade["loss"], -left, work)
    if trade["target"] >= 0:
        resize(trade["target"], -left, work)
    settle(t, bar, number, held, -size, price, bars, rules, work)


@rule
def resize(number: int, size: float, work: Work) -> None:
    """Another size for a waiting order."""
    work.queue[number]["size"] = size
    work.orders[number]["quantity"] = size


@rule
def settle(
    t: int, bar: int, number: int, held: int, size: float, price: float, bars: Bars, rules: Rules,
    work: Work,
) -> None:  # fmt: skip
    """The money of what was closed, its fill, and its row among the closed trades."""
    account, trade = work.account[0], work.held[held]
    entry = trade["price"]
    cost = commission_of(size, price, rules)
    gain = size * ((price if price != 0 else bars.close[t]) - entry)
    account["cash"] += gain - cost
    account["position"] -= size
    fill(bar, number, -size, price, cost, work)
    row: Any = work.trades[account["closed"]]
    account["closed"] += 1
    paid = commission_of(size, entry, rules)
    row["position"], row["column"], row["quantity"] = held, 0, size
    row["entry_bar"], row["entry_price"], row["entry_commission"] = trade["bar"], entry, paid
    row["exit_bar"], row["exit_price"], row["exit_commission"] = bar, price, cost
    final = price if price != 0 else bars.close[-1]
    costs = cost + paid
    row["pnl"] = size * (final - entry) - costs
    row["return"] = math.copysign(1.0, size) * (final / entry - 1) - costs / (abs(size) * entry)
    row["open"] = 0
