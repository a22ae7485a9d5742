"""Which shares of an order fill on a bar, at which price, and what they cost."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from engine.execution.kernel import rule
from engine.execution.zipline.codes import (
    BASIS_POINTS,
    NO_SLIPPAGE,
    PER_DOLLAR,
    PER_SHARE,
    PER_TRADE,
    SPREAD,
)

# Beyond this many shares a volume limits nothing.
UNLIMITED = 4e18


class Part(NamedTuple):
    """What a bar gives an order: shares without sign and their price; ``dry`` ends the bar for the
    symbol, because its volume is used up."""

    shares: int
    price: float
    dry: bool


@rule
def look(order: Any, price: float, t: int) -> None:
    """Compare the order's prices with the close and remember what was reached.

    A stop that was reached stays reached, a limit as well. The stop of a stop-limit is forgotten
    once it was reached: what is left is a limit order.
    """
    if is_ready(order):
        return
    buys = order["amount"] > 0
    has_stop, has_limit = not math.isnan(order["stop"]), not math.isnan(order["limit"])
    stopped = has_stop and (price >= order["stop"] if buys else price <= order["stop"])
    met = has_limit and (price <= order["limit"] if buys else price >= order["limit"])
    if has_stop and has_limit:
        if stopped:
            order["stop"] = math.nan
        met = met and stopped
        stopped = False
    if stopped or met:
        order["bar"] = t
    order["stop_reached"] = 1 if stopped else 0
    order["limit_reached"] = 1 if met else 0


@rule
def is_ready(order: Any) -> bool:
    """A market order, or one whose prices were reached."""
    if not math.isnan(order["stop"]) and order["stop_reached"] == 0:
        return False
    return math.isnan(order["limit"]) or order["limit_reached"] == 1


@rule
def part_of(order: Any, settings: Any, price: float, volume: float, used: int) -> Part:
    """The shares and the price a bar gives, after ``used`` shares of its volume are gone."""
    model, side = settings["slippage"], order["side"]
    left = abs(order["amount"] - order["filled"])
    if model == BASIS_POINTS:
        most = math.trunc(min(settings["volume_limit"] * volume, UNLIMITED))
        shares = min(left, most - used)
        return Part(shares, price + price * (settings["percentage"] * side), shares == 0)
    if model == SPREAD:
        return Part(abs(order["amount"]), price + settings["half_spread"] * side, False)
    if model == NO_SLIPPAGE:
        return Part(abs(order["amount"]), price, False)
    return share_of_volume(order, settings, price, volume, used, left)


@rule
def share_of_volume(
    order: Any, settings: Any, price: float, volume: float, used: int, left: int
) -> Part:
    """The price moves with the square of the share of volume; past its limit nothing is filled.

    The square is the library's power function, which need not be the product.
    """
    open_volume = settings["volume_limit"] * volume - used
    if open_volume < 1:
        return Part(0, price, True)
    shares = math.trunc(min(open_volume, float(left)))
    if shares < 1:
        return Part(0, price, False)
    share = min((used + shares) / volume, settings["volume_limit"])
    push = math.copysign(settings["price_impact"], order["side"])
    moved = price + math.pow(share, settings["exponent"]) * push * price
    limit = order["limit"]
    if limit != 0 and (moved > limit if order["side"] > 0 else moved < limit):
        return Part(0, price, False)
    return Part(shares, moved, False)


@rule
def fee_of(order: Any, settings: Any, shares: int, price: float) -> float:
    """What a part costs; ``order`` holds what was paid and filled before it."""
    model, cost, paid = settings["commission"], settings["cost"], order["commission"]
    if model == PER_SHARE:
        more = abs(shares * cost)
        if paid == 0:
            return max(settings["least_cost"], more)
        total = abs(order["filled"] * cost) + more
        return 0.0 if total < settings["least_cost"] else total - paid
    if model == PER_TRADE:
        return cost if paid == 0 else 0.0
    if model == PER_DOLLAR:
        return abs(shares) * (price * cost)
    return 0.0
