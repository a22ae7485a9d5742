"""At which price an order can be executed on a bar: scalars in, whether and at what price out.

A gap gives the open: a stop fills there, a limit better than it asked. Slippage moves a price
against the order, but not beyond the bar unless the user lets it; limits are not slipped at their
own price.
"""

from __future__ import annotations

from typing import Any

from engine.execution.backtrader.state import Settings
from engine.execution.kernel import rule

Found = tuple[bool, float]


@rule
def slip_up(cap: float, price: float, slips: bool, limited: bool, settings: Settings) -> Found:
    """A buyer's price after slippage, at most ``cap``; beyond it the cap, the price, or none."""
    if not slips or (settings.slip_perc == 0 and settings.slip_fixed == 0):
        return True, price
    if settings.slip_perc != 0:
        slipped = price * (1 + settings.slip_perc)
    else:
        slipped = price + settings.slip_fixed
    if slipped <= cap:
        return True, slipped
    if settings.slip_match or (limited and settings.slip_limit):
        return True, (slipped if settings.slip_out else cap)
    return False, 0.0


@rule
def slip_down(floor: float, price: float, slips: bool, limited: bool, settings: Settings) -> Found:
    """A seller's price after slippage, at least ``floor``; beyond it as for a buyer."""
    if not slips or (settings.slip_perc == 0 and settings.slip_fixed == 0):
        return True, price
    if settings.slip_perc != 0:
        slipped = price * (1 - settings.slip_perc)
    else:
        slipped = price - settings.slip_fixed
    if slipped >= floor:
        return True, slipped
    if settings.slip_match or (limited and settings.slip_limit):
        return True, (slipped if settings.slip_out else floor)
    return False, 0.0


@rule
def slip(
    buys: bool, high: float, low: float, price: float, slips: bool, limited: bool,
    settings: Settings,
) -> Found:  # fmt: skip
    """Slippage within the bar's own range."""
    if buys:
        return slip_up(high, price, slips, limited, settings)
    return slip_down(low, price, slips, limited, settings)


@rule
def limit_price(
    buys: bool, limit: float, first: float, high: float, low: float, settings: Settings
) -> Found:
    """A limit fills at an open that is better, slipped only so far as the limit, else at its price.

    A buyer's slipped price stays within the bar too, a seller's may fall below its low.
    """
    if buys:
        if limit >= first:
            cap = limit if limit < high else high
            return slip_up(cap, first, settings.slip_open, True, settings)
        return limit >= low, limit
    if limit <= first:
        return slip_down(limit, first, settings.slip_open, True, settings)
    return limit <= high, limit


@rule
def stop_price(
    buys: bool, stop: float, first: float, high: float, low: float, settings: Settings
) -> Found:
    """A stop that the open has passed fills at the open, else at its price if that is reached."""
    if (first >= stop) if buys else (first <= stop):
        return slip(buys, high, low, first, settings.slip_open, False, settings)
    if (high >= stop) if buys else (low <= stop):
        return slip(buys, high, low, stop, True, False, settings)
    return False, 0.0


@rule
def stop_limit_price(
    order: Any, first: float, high: float, low: float, close: float, settings: Settings
) -> Found:
    """A stop-limit that this bar may trigger, which is noted on the order.

    Triggered by the open it is a limit at once. Triggered inside the bar it fills at the stop if
    the limit allows that; else at the limit, if the bar turned back to close beyond it.
    """
    buys, stop, limit = order["buys"] == 1, order["price"], order["limit"]
    if (first >= stop) if buys else (first <= stop):
        order["triggered"] = 1
        return limit_price(buys, limit, first, high, low, settings)
    if not ((high >= stop) if buys else (low <= stop)):
        return False, 0.0
    order["triggered"] = 1
    if (limit >= stop) if buys else (limit <= stop):
        return slip(buys, high, low, stop, True, True, settings)
    turned = (first > close) if buys else (first <= close)
    if turned and ((limit >= close) if buys else (limit <= close)):
        return True, limit
    return False, 0.0


@rule
def trail(order: Any, price: float) -> None:
    """Move a trailing price after the market, never away from it; its limit keeps its distance."""
    distance = 0.0
    if order["amount"] != 0:
        distance = order["amount"]
    elif order["percent"] != 0:
        distance = price * order["percent"]
    if order["buys"] == 1:
        price += distance
        follows = price < order["price"]
    else:
        price -= distance
        follows = price > order["price"]
    if follows:
        order["price"] = price
        order["limit"] = price - order["offset"]
