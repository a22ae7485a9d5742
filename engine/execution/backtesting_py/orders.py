"""One pass over the queue, and what each order does in it. The order of the tests is the rule."""

from __future__ import annotations

import math
from typing import Any

from engine.execution.backtesting_py.codes import (
    CANCELLED,
    CLOSE,
    ENTRY,
    FILLED,
    NO_MARGIN,
    NO_REASON,
    NO_WHOLE_UNIT,
    REJECTED,
    SIZE_NOT_A_NUMBER,
    TRADE_CLOSED,
)
from engine.execution.backtesting_py.queue import take_out, tell
from engine.execution.backtesting_py.state import Bars, Rules, Work
from engine.execution.backtesting_py.trades import (
    close_trade,
    commission_of,
    free_margin,
    open_trade,
    reduce_trade,
    with_spread,
)
from engine.execution.kernel import rule, step


@step
def play_orders(t: int, bars: Bars, rules: Rules, work: Work) -> None:
    """Pass over the queue; again as often as a trade was opened whose sl or tp may be reached.

    A pass sees the orders that waited when it began, without those that left meanwhile.
    """
    account = work.account[0]
    again = True
    while again and account["fault"] == 0:
        again = False
        account["round"] += 1
        number = account["head"]
        while number >= 0:
            order = work.queue[number]
            if order["waits"] and order["born"] < account["round"]:
                if play_order(t, number, bars, rules, work):
                    again = True
                if account["fault"] != 0:
                    return
            number = order["after"]


@step
def play_order(t: int, number: int, bars: Bars, rules: Rules, work: Work) -> bool:
    """Fill one order if its bar allows; whether another pass is asked for.

    A stop that is reached is gone for good: what is left is a market or a limit order.
    """
    order = work.queue[number]
    long, stop, limit = order["size"] > 0, order["stop"], order["limit"]
    if stop != 0:
        if not touches(stop, bars.high[t] if long else bars.low[t], long):
            return False
        order["stop"] = 0.0
    at_close = rules.on_close and order["role"] in (ENTRY, CLOSE)
    if limit != 0:
        if not touches(limit, bars.low[t] if long else bars.high[t], not long):
            return False
        if stop != 0 and (limit <= stop if long else limit >= stop):
            return False
        price = better(stop if stop != 0 else bars.open[t], limit, long)
    else:
        price = bars.close[t - 1] if at_close else bars.open[t]
        if stop != 0:
            price = better(price, stop, not long)
    market = stop == 0 and limit == 0
    bar = t - 1 if market and at_close else t
    if order["role"] != ENTRY:
        play_exit(t, bar, number, price, bars, rules, work)
        return False
    if not enter(t, bar, number, price, bars, rules, work):
        return False
    return asks_again(order, stop, market, bars.high[t], bars.low[t])


@rule
def touches(level: float, reach: float, above: bool) -> bool:
    """Whether a bar's extreme reaches a level above or below."""
    return reach >= level if above else reach <= level


@rule
def better(price: float, level: float, lower: bool) -> float:
    """The lower or the higher of two prices."""
    if lower:
        return level if level < price else price
    return level if level > price else price


@rule
def play_exit(
    t: int, bar: int, number: int, price: float, bars: Bars, rules: Rules, work: Work
) -> None:
    """Close what an order names of its trade, if that is still open."""
    order = work.queue[number]
    held = order["trade"]
    trade = work.held[held]
    if trade["open"] == 0:
        take_out(number, work)
        tell(t, number, CANCELLED, TRADE_CLOSED, work)
        return
    size = math.copysign(min(abs(trade["size"]), abs(order["size"])), order["size"])
    reduce_trade(t, bar, number, held, size, price, bars, rules, work)
    if order["waits"]:
        take_out(number, work)
        tell(t, number, FILLED, NO_REASON, work)


@step
def enter(
    t: int, bar: int, number: int, price: float, bars: Bars, rules: Rules, work: Work
) -> bool:
    """Size an entry, close what it stands against, and open the rest; whether a trade was opened.

    The margin is that of the bar's close, which lies after its open.
    """
    account, order, close = work.account[0], work.queue[number], bars.close[t]
    size = order["size"]
    adjusted = with_spread(size, price, close, rules)
    unit = adjusted + commission_of(size, price, rules) / abs(size)
    if -1 < size < 1:
        units = free_margin(close, rules, work) * rules.leverage * abs(size) // unit
        if not math.isfinite(units):
            account["fault"] = SIZE_NOT_A_NUMBER
            return False
        if units == 0:
            return turn_down(t, number, NO_WHOLE_UNIT, work)
        size = math.copysign(units, size)
    if not rules.hedging:
        size = close_opposite(t, bar, number, size, price, bars, rules, work)
    if abs(size) * unit > free_margin(close, rules, work) * rules.leverage:
        return turn_down(t, number, NO_MARGIN, work)
    if size != 0:
        open_trade(t, bar, number, size, adjusted, rules, work)
    take_out(number, work)
    ended(t, number, NO_REASON, work)
    return size != 0


@rule
def close_opposite(
    t: int, bar: int, number: int, size: float, price: float, bars: Bars, rules: Rules, work: Work
) -> float:
    """Close or shrink trades of the other side, the oldest first; what is left to open."""
    held = work.account[0]["oldest"]
    while held >= 0 and size != 0:
        trade = work.held[held]
        if (trade["size"] > 0) != (size > 0):
            if abs(size) >= abs(trade["size"]):
                close_trade(t, bar, number, held, price, bars, rules, work)
                size += trade["size"]
            else:
                reduce_trade(t, bar, number, held, size, price, bars, rules, work)
                size = 0.0
        held = trade["after"]
    return size


@rule
def turn_down(t: int, number: int, reason: int, work: Work) -> bool:
    """The broker cancels what it cannot carry; what was closed on the way stands."""
    take_out(number, work)
    ended(t, number, reason, work)
    return False


@rule
def ended(t: int, number: int, reason: int, work: Work) -> None:
    """Tell of an entry; one that was a share is told in the units it became."""
    order = work.queue[number]
    tell(t, number, FILLED if order["parts"] or reason == NO_REASON else REJECTED, reason, work)
    if abs(order["size"]) < 1 and order["parts"]:
        work.orders[number]["quantity"] = order["signed"]


@rule
def asks_again(order: Any, stop: float, market: bool, high: float, low: float) -> bool:
    """Whether the sl and tp of a new trade are looked at on its own bar.

    Those of a market order are; those of a stop only when the tp was reached and the sl was not.
    """
    loss, target = order["loss"], order["target"]
    if loss == 0 and target == 0:
        return False
    if market:
        return True
    if stop == 0 or order["limit"] != 0 or target == 0:
        return False
    if order["size"] > 0:
        return target <= high and (loss if loss != 0 else -math.inf) < low
    return target >= low and (loss if loss != 0 else math.inf) > high
