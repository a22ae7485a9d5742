"""How large an order is: the row's unit, or a sizer in its place.

Every rule returns a fault (0 if none) and a signed size; a size of 0 sends no order.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.execution.backtrader.codes import (
    ALL_IN,
    ALL_IN_INT,
    BY_PERCENT_INT,
    DIVISION_BY_ZERO,
    FIXED,
    PERCENT,
    REVERSER,
    SIZE_INFINITE,
    SIZE_NOT_A_NUMBER,
    TARGET_PERCENT,
    TARGET_UNITS,
)
from engine.execution.backtrader.costs import margin_of, worth_of
from engine.execution.backtrader.state import Broker, Settings
from engine.execution.kernel import rule


@rule
def whole(size: float) -> tuple[int, float]:
    """Cut off after the point, as Python's int does, which knows no infinity and no NaN."""
    if math.isnan(size):
        return SIZE_NOT_A_NUMBER, 0.0
    if math.isinf(size):
        return SIZE_INFINITE, 0.0
    return 0, np.trunc(size)


@rule
def size_for(scheme: Any, price: float, money: float) -> tuple[int, float]:
    """Whole units that an amount of money buys at a price: floored, levered, then cut off."""
    unit = price if scheme["stock"] == 1 else margin_of(scheme, price)
    if unit == 0:
        return DIVISION_BY_ZERO, 0.0
    return whole(scheme["leverage"] * (money // unit))


@rule
def wanted(
    row: Any, price: float, close: float, settings: Settings, broker: Broker
) -> tuple[int, float]:
    """The size of an order by its unit; ``price`` is the order's own, else the close."""
    desk, quantity = broker.desk[0], row["quantity"]
    scheme, holding = broker.schemes[row["column"]], broker.holdings[row["column"]]
    if row["unit"] == 0:
        return 0, quantity
    if row["unit"] < TARGET_UNITS:
        money = abs(quantity) * (desk["value"] if row["unit"] == PERCENT else 1.0)
        fault, size = size_for(scheme, price, money)
        return fault, (abs(size) if quantity > 0 else -abs(size))
    held = holding["size"]
    touch(row["column"], broker)
    if row["unit"] == TARGET_PERCENT:
        quantity *= desk["value"]
    if quantity == 0 and held != 0:
        return 0, (-held if held > 0 or held < 0 else 0.0)
    if row["unit"] == TARGET_UNITS:
        return 0, (quantity - held if quantity > held or quantity < held else 0.0)
    value = worth_of(scheme, held, holding["price"], close, settings.shortcash)
    if quantity > value:
        fault, size = size_for(scheme, price, quantity - value)
        return fault, abs(size)
    if quantity < value:
        fault, size = size_for(scheme, price, value - quantity)
        return fault, -abs(size)
    return 0, 0.0


@rule
def sized(row: Any, close: float, settings: Settings, broker: Broker) -> tuple[int, float]:
    """The size a sizer gives, on the row's side; only AFFORDABLE asks what the row says."""
    sizer, column = settings.sizer, row["column"]
    cash, side = broker.desk[0]["cash"], (1.0 if row["quantity"] > 0 else -1.0)
    if sizer == FIXED:
        return 0, side * abs(settings.stake)
    if sizer == REVERSER:
        touch(column, broker)
        held = broker.holdings[column]["size"] != 0
        return 0, side * abs(settings.stake * (2.0 if held else 1.0))
    if sizer <= ALL_IN_INT:
        touch(column, broker)
        fault, size = share_of_cash(broker.holdings[column]["size"], cash, close, settings)
        return fault, side * abs(size)
    if side < 0:
        return 0, row["quantity"]
    fault, most = size_for(broker.schemes[column], close, cash)
    size = most if most < row["quantity"] else row["quantity"]
    return fault, (size if size > 0 else 0.0)


@rule
def share_of_cash(held: float, cash: float, close: float, settings: Settings) -> tuple[int, float]:
    """A share of the cash at the close when flat, else all that is held."""
    all_in = settings.sizer == ALL_IN or settings.sizer == ALL_IN_INT
    size = held
    if held == 0:
        if close == 0:
            return DIVISION_BY_ZERO, 0.0
        size = cash / close * ((100.0 if all_in else settings.percents) / 100)
    if settings.sizer == BY_PERCENT_INT or settings.sizer == ALL_IN_INT:
        return whole(size)
    return 0, size


@rule
def touch(column: int, broker: Broker) -> None:
    """Positions are valued in the order in which they were first asked for."""
    desk, holding = broker.desk[0], broker.holdings[column]
    if holding["touched"] == 0:
        holding["touched"] = 1
        broker.touched[desk["touched"]] = column
        desk["touched"] += 1
