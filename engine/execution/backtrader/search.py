"""The next bar on which the broker could do more than settle and value.

Levels are looked for a little nearer than they are: a bar that is looked at for nothing costs time
and changes nothing.
"""

from __future__ import annotations

import math
from typing import Any

from engine.execution.backtrader.codes import LIMIT, MARKET, STOP, STOP_LIMIT
from engine.execution.backtrader.state import Bars, Broker, Settings
from engine.execution.kernel import rule, step
from engine.execution.search import first_reach

NEARER = 1e-9


@step
def next_event(t: int, bars: Bars, settings: Settings, broker: Broker) -> int:
    """The first bar from t on at which an order is sent, checked, expires or may be executed."""
    desk = broker.desk[0]
    end = bars.close.shape[1]
    if desk["submitted"] > 0 or desk["arming"] > 0:
        return t
    if desk["row"] < len(broker.rows):
        turn = broker.rows[desk["row"]]["bar"] + (1 if settings.early else 0)
        end = min(end, max(t, turn))
    for place in range(desk["waiting"]):
        if end <= t:
            return t
        order = broker.orders[broker.waiting[place]]
        if order["waits"] == 1:
            end = min(end, wakes_at(order, t, end, bars, broker))
    return end


@rule
def wakes_at(order: Any, t: int, end: int, bars: Bars, broker: Broker) -> int:
    """The first bar from t on, before ``end``, at which a waiting order may change."""
    if order["kind"] == MARKET:
        return t if order["active"] == 1 else end
    column = order["column"]
    if order["expires"] >= 0:
        end = min(end, max(t, order["expires"] + 1))
    if order["active"] == 0 or end <= t:
        return end
    below, above = levels(order)
    reach, old = bars.reach, broker.holdings[column]["bar"]
    # Orders are tried on the last bar of their feed, however old it is.
    touched = reach.low[column, old] <= below or reach.high[column, old] >= above
    if bars.there[column, t] == 0 and touched:
        return t
    return first_reach(
        reach.low[column], reach.high[column], reach.small[column], reach.large[column], t, end,
        below, above,
    )  # fmt: skip


@rule
def levels(order: Any) -> tuple[float, float]:
    """Prices at or below and at or above which an order may fill, or trail; NaN is never reached.

    Levels that are not positive have no such margin: every bar may reach them.
    """
    buys, kind, price = order["buys"] == 1, order["kind"], order["price"]
    if kind == LIMIT or order["triggered"] == 1:
        level = price if kind == LIMIT else order["limit"]
        return (level, math.nan) if buys else (math.nan, level)
    if kind == STOP or kind == STOP_LIMIT:
        return (math.nan, price) if buys else (price, math.nan)
    if buys:
        follow = price - order["amount"]
        if order["amount"] == 0:
            follow = price / (1 + order["percent"])
        follow *= 1 + NEARER
        return (follow, price) if follow > 0 and price > 0 else (math.inf, -math.inf)
    follow = price + order["amount"]
    if order["amount"] == 0:
        follow = price / (1 - order["percent"]) if order["percent"] < 1 else 0.0
    follow *= 1 - NEARER
    return (price, follow) if follow > 0 and price > 0 else (math.inf, -math.inf)
