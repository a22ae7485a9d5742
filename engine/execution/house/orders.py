"""The bar loop of order tapes. Its order of phases is the specification.

Each bar: market orders that are due at the open are executed; orders that wait for a price are
tried; market orders that are due at the close are executed; trails follow; the orders decided at
this close enter the book, in the order of the tape; what expires leaves it; the account is valued.
"""

from __future__ import annotations

import math
from typing import Any

from engine.execution.house.book import (
    AT_CLOSE,
    AT_OPEN,
    INSIDE,
    execute,
    submit,
    tidy,
    withdraw,
)
from engine.execution.house.codes import (
    CANCEL,
    LIMIT,
    MARKET,
    NEXT_OPEN,
    STOP,
    STOP_FIRST,
    TRAILING_STOP,
    WORST,
)
from engine.execution.house.series import rest, tell, value_at
from engine.execution.house.state import Bars, Costs, Rules, Work
from engine.execution.house.triggers import GAP, WHOLE, further, met
from engine.execution.house.triggers import INSIDE as LATER
from engine.execution.kernel import entry, rule
from engine.execution.records import Floats
from engine.execution.search import first_reach

ALL, STOPS, LIMITS = 0, 1, 2


@entry
def play_orders(bars: Bars, rules: Rules, costs: Costs, work: Work, skip: bool) -> None:
    """Play until the bars end.

    With ``skip`` bars on which nothing can happen are only valued; both ways give the same.
    """
    desk, count = work.desk[0], bars.close.shape[1]
    while desk["bar"] < count:
        t = desk["bar"]
        until = next_event(t, count, bars, work) if skip else t
        rest(t, until, bars, work)
        t = desk["bar"] = until
        if t == count:
            return
        value_at(bars.open, t, work)
        if rules.timing == NEXT_OPEN:
            execute_due(t, bars.open, AT_OPEN, bars, rules, costs, work)
        try_book(t, bars, rules, costs, work)
        value_at(bars.worth, t, work)
        if rules.timing != NEXT_OPEN:
            execute_due(t, bars.close, AT_CLOSE, bars, rules, costs, work)
        follow(t, bars, work)
        decide(t, bars, rules, costs, work)
        tidy(t, work)
        tell(t, work)
        desk["bar"] = t + 1


@rule
def decide(t: int, bars: Bars, rules: Rules, costs: Costs, work: Work) -> None:
    """The rows of the tape that are decided at this close."""
    desk = work.desk[0]
    while desk["row"] < len(work.tape) and work.tape[desk["row"]]["bar"] == t:
        number = desk["row"]
        desk["row"] += 1
        if work.tape[number]["kind"] == CANCEL:
            withdraw(t, work.tape[number]["parent"], work)
        else:
            submit(t, number, bars, rules, costs, work)


@rule
def is_due(t: int, order: Any, bars: Bars) -> bool:
    """Whether an order may be executed on a bar."""
    waits = order["waits"] == 1 and order["live"] == 1 and order["active"] <= t
    return waits and bars.there[order["column"], t] != 0


@rule
def execute_due(
    t: int, prices: Floats, moment: int, bars: Bars, rules: Rules, costs: Costs, work: Work
) -> None:
    """Market orders, in the order of the book."""
    for place in range(work.desk[0]["waiting"]):
        number = work.waiting[place]
        order = work.tape[number]
        if order["kind"] == MARKET and is_due(t, order, bars):
            execute(t, number, prices[order["column"], t], moment, rules, costs, work)


@rule
def try_book(t: int, bars: Bars, rules: Rules, costs: Costs, work: Work) -> None:
    """Orders that wait for a price, in the order of the same-bar rule, until none wakes another."""
    desk = work.desk[0]
    desk["woken"] = 1
    while desk["woken"] != 0:
        desk["woken"] = 0
        if rules.same_bar == WORST:
            try_orders(t, STOPS, WHOLE, bars, rules, costs, work)
            try_orders(t, LIMITS, WHOLE, bars, rules, costs, work)
            continue
        stops_first = rules.same_bar == STOP_FIRST
        try_orders(t, ALL, GAP, bars, rules, costs, work)
        try_orders(t, STOPS if stops_first else LIMITS, LATER, bars, rules, costs, work)
        try_orders(t, LIMITS if stops_first else STOPS, LATER, bars, rules, costs, work)


@rule
def try_orders(
    t: int, which: int, part: int, bars: Bars, rules: Rules, costs: Costs, work: Work
) -> None:
    """Stops, limits or both, against a part of the bar, in the order of the book."""
    for place in range(work.desk[0]["waiting"]):
        number = work.waiting[place]
        order = work.tape[number]
        if order["kind"] == MARKET or not is_due(t, order, bars):
            continue
        limit = order["kind"] == LIMIT or order["triggered"] == 1
        if (which == STOPS and limit) or (which == LIMITS and not limit):
            continue
        column = order["column"]
        born = order["woke"] == t and not math.isnan(order["first"])
        first = order["first"] if born else bars.open[column, t]
        price = price_of(t, order, first, bars.high[column, t], bars.low[column, t], part)
        if not math.isnan(price):
            moment = AT_OPEN if price == first and not born else INSIDE
            execute(t, number, price, moment, rules, costs, work)


@rule
def price_of(t: int, order: Any, first: float, high: float, low: float, part: int) -> float:
    """Where a bar meets an order, NaN where it does not."""
    buys = order["side"] > 0
    if order["kind"] == LIMIT or order["triggered"] == 1:
        return met(order["limit"], not buys, first, high, low, part)
    if order["kind"] == STOP:
        return met(order["stop"], buys, first, high, low, part)
    if order["kind"] == TRAILING_STOP:
        return met(trail_level(order), buys, first, high, low, part)
    return stop_limit_price(t, order, first, high, low, part)


@rule
def stop_limit_price(t: int, order: Any, first: float, high: float, low: float, part: int) -> float:
    """A stop-limit that is triggered at the open is a limit at once, else from the next bar on.

    Inside the bar it fills at its stop, if its limit allows that.
    """
    buys = order["side"] > 0
    price = met(order["stop"], buys, first, high, low, part)
    if math.isnan(price):
        return math.nan
    order["triggered"] = 1
    if price == first:
        return met(order["limit"], not buys, first, high, low, GAP)
    if (order["limit"] >= price) if buys else (order["limit"] <= price):
        return price
    order["active"] = t + 1
    return math.nan


@rule
def trail_level(order: Any) -> float:
    """A trailing stop stands this far behind the best price."""
    buys, best = order["side"] > 0, order["best"]
    if order["amount"] == order["amount"]:
        return best + order["amount"] if buys else best - order["amount"]
    return best * (1 + order["percent"]) if buys else best * (1 - order["percent"])


@rule
def follow(t: int, bars: Bars, work: Work) -> None:
    """Trails follow the bar's best price; a child woken inside the bar knows only its close."""
    for place in range(work.desk[0]["waiting"]):
        order = work.tape[work.waiting[place]]
        if order["kind"] != TRAILING_STOP or not is_due(t, order, bars):
            continue
        column = order["column"]
        high, low = bars.high[column, t], bars.low[column, t]
        if order["woke"] == t and not math.isnan(order["first"]):
            high = low = bars.close[column, t]
        order["best"] = further(order["side"] < 0, order["best"], high, low)


@rule
def next_event(t: int, end: int, bars: Bars, work: Work) -> int:
    """The first bar from t on on which a row is decided or an order may end or move."""
    desk = work.desk[0]
    if desk["row"] < len(work.tape):
        end = min(end, work.tape[desk["row"]]["bar"])
    for place in range(desk["waiting"]):
        if end <= t:
            return t
        end = wakes_at(t, end, work.tape[work.waiting[place]], bars)
    return end


@rule
def wakes_at(t: int, end: int, order: Any, bars: Bars) -> int:
    """The first bar from t on, before ``end``, on which one order may end or move."""
    if order["expires"] >= 0:
        end = min(end, max(t, order["expires"]))
    if order["live"] == 0:
        return end
    t, column = max(t, order["active"]), order["column"]
    if order["kind"] == MARKET:
        while t < end and bars.there[column, t] == 0:
            t += 1
        return min(t, end)
    reach = bars.reach
    below, above = levels(order)
    return first_reach(
        reach.low[column], reach.high[column], reach.small[column], reach.large[column], t, end,
        below, above,
    )  # fmt: skip


@rule
def levels(order: Any) -> tuple[float, float]:
    """Prices at or below and at or above which an order may be executed, or its trail move."""
    buys, kind = order["side"] > 0, order["kind"]
    if kind == TRAILING_STOP:
        level = trail_level(order)
        return (order["best"], level) if buys else (level, order["best"])
    limit = kind == LIMIT or order["triggered"] == 1
    level = order["limit"] if limit else order["stop"]
    rising = buys != limit
    return (math.nan, level) if rising else (level, math.nan)
