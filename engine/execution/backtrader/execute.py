"""Executing an order: what of it closes, what opens, and whether the cash is there."""

from __future__ import annotations

import math
from typing import Any

from engine.execution.backtrader.book import end_family, end_group
from engine.execution.backtrader.codes import (
    BAR_POINT_PERC,
    COMPLETED,
    FIXED_SIZE,
    MARGIN,
    MARKET,
    NO_FILLER,
    PARTIAL,
)
from engine.execution.backtrader.costs import fee_of, gain_of, settled, update, value_of
from engine.execution.backtrader.sizing import touch
from engine.execution.backtrader.state import Bars, Broker, Settings
from engine.execution.kernel import rule


@rule
def least(a: float, b: float) -> float:
    """The smaller of two as Python's min sees it, which keeps a NaN that comes first."""
    return b if b < a else a


@rule
def portion(order: Any, bars: Bars, t: int, settings: Settings) -> float:
    """How much of an order this bar's volume lets through, signed as the order."""
    column, left = order["column"], abs(order["left"])
    volume = bars.volume[column, t]
    if settings.filler == FIXED_SIZE:
        most = settings.filler_size if settings.filler_size != 0 else math.inf
        size = least(least(volume, left), most)
    elif settings.filler == BAR_POINT_PERC:
        parts, step = 1.0, settings.filler_minmov
        if step != 0:
            parts = (bars.high[column, t] - bars.low[column, t] + step) // step
        size = least(((volume / parts) * settings.filler_perc) // 100.0, left)
    else:
        size = least((volume * settings.filler_perc) // 100, left)
    return size if order["buys"] == 1 else -size


@rule
def close_part(
    cash: float, closed: float, mean: float, price: float, gain: float, scheme: Any,
    settings: Settings,
) -> tuple[float, float]:  # fmt: skip
    """Cash after a part of the position is closed, and the fee: its cost comes back, with gain."""
    value = value_of(scheme, -closed if settings.shortcash else closed, mean, settings.shortcash)
    back = value
    if value > 0:
        back /= scheme["leverage"]
    fee = fee_of(scheme, closed, price)
    cash += back + gain * (1.0 if scheme["stock"] == 1 else 0.0)
    return cash - fee, fee


@rule
def open_part(
    cash: float, opened: float, price: float, scheme: Any, settings: Settings
) -> tuple[float, float]:
    """Cash after a part is opened, and the fee; a short opens with the proceeds in hand."""
    value = value_of(scheme, opened, price, settings.shortcash)
    if value > 0:
        value /= scheme["leverage"]
    fee = fee_of(scheme, opened, price)
    return cash - value - fee, fee


@rule
def rehearse(number: int, cash: float, bars: Bars, settings: Settings, broker: Broker) -> float:
    """Play a submitted order on a copy of its position at the price it was made with.

    Returns the cash that would be left. The copy is not taken back when the order is refused.
    """
    order = broker.orders[number]
    column = order["column"]
    holding, scheme = broker.holdings[column], broker.schemes[column]
    touch(column, broker)
    if holding["checked"] != broker.desk[0]["passes"]:
        holding["checked"] = broker.desk[0]["passes"]
        holding["trial_size"] = holding["size"]
        holding["trial_price"] = holding["price"] if holding["size"] != 0 else 0.0
    price = order["price"]
    if settings.early and order["kind"] == MARKET:
        price = bars.open[column, holding["bar"]]
    size, mean, opened, closed = update(
        holding["trial_size"], holding["trial_price"], order["left"], price
    )
    holding["trial_size"], holding["trial_price"] = size, mean
    if closed != 0:
        cash, _ = close_part(cash, closed, price, price, 0.0, scheme, settings)
    if opened != 0:
        cash, _ = open_part(cash, opened, price, scheme, settings)
    return cash


@rule
def execute(
    number: int, price: float, stamp: int, bars: Bars, settings: Settings, broker: Broker
) -> None:
    """Execute an order at a price, as far as the filler lets it and the cash pays for it.

    The closing part always stands. An opening part that would leave cash below zero does not
    happen, and ends the order. ``stamp`` is the bar that the execution is dated by.
    """
    desk, order = broker.desk[0], broker.orders[number]
    column = order["column"]
    holding, scheme = broker.holdings[column], broker.schemes[column]
    size = order["left"]
    if settings.filler != NO_FILLER:
        size = portion(order, bars, holding["bar"], settings)
    touch(column, broker)
    held, _, opened, closed = update(holding["size"], holding["price"], size, price)
    gain = gain_of(scheme, -closed, holding["price"], price)
    cash = desk["cash"]
    closed_fee = opened_fee = 0.0
    if closed != 0:
        cash, closed_fee = close_part(cash, closed, holding["price"], price, gain, scheme, settings)
        cash += settled(scheme, -closed, holding["base"], price)
        desk["cash"] = cash
    asked = opened
    if opened != 0:
        cash, opened_fee = open_part(cash, opened, price, scheme, settings)
        if cash < 0:
            opened = opened_fee = 0.0
        else:
            if abs(held) > abs(opened):
                cash += settled(scheme, held - opened, holding["base"], price)
            holding["base"] = price
            desk["cash"] = cash
    done = closed + opened
    if done != 0:
        new, average, _, _ = update(holding["size"], holding["price"], done, price)
        holding["size"], holding["price"] = new, average
        note(order, done, price, stamp, held)
        write(number, stamp, done, price, closed, opened, closed_fee, opened_fee, broker)
        end_group(number, broker)
    if asked != 0 and opened == 0:
        order["status"], order["changed"] = MARGIN, holding["bar"]
        end_group(number, broker)
        end_family(number, broker)


@rule
def note(order: Any, done: float, price: float, stamp: int, held: float) -> None:
    """What an execution leaves on its order: the mean price is taken anew from the sums."""
    before = order["done"] * order["mean"]
    order["left"] -= done
    order["done"] += done
    order["mean"] = (before + done * price) / order["done"]
    order["held"], order["changed"] = held, stamp
    order["status"] = PARTIAL if order["left"] != 0 else COMPLETED


@rule
def write(
    number: int, stamp: int, done: float, price: float, closed: float, opened: float,
    closed_fee: float, opened_fee: float, broker: Broker,
) -> None:  # fmt: skip
    """One line of the execution log."""
    desk, order = broker.desk[0], broker.orders[number]
    line = broker.executions[desk["executions"]]
    desk["executions"] += 1
    line["order"], line["bar"], line["column"] = number, stamp, order["column"]
    line["seen"] = broker.holdings[order["column"]]["bar"]
    line["quantity"], line["price"] = done, price
    line["commission"] = closed_fee + opened_fee
    line["closed"], line["opened"] = closed, opened
    line["closed_fee"], line["opened_fee"] = closed_fee, opened_fee
