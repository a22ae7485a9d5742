"""Money: what an order may cost, what an execution does to cash and position.

Buying power is equity times ``leverage`` less everything held, short positions counted as positive:
without leverage and shorts it is the cash. Only what opens is checked; closing always happens.
"""

from __future__ import annotations

import math

import numpy as np

from engine.execution.house.codes import (
    ALL_CASH,
    FILLED,
    IGNORED,
    MARGIN,
    NO_CASH,
    NONE,
    NOTHING,
    PERCENT,
    REJECT,
    REJECTED,
    TARGET_PERCENT,
    TARGET_UNITS,
    TARGET_VALUE,
    UNITS,
)
from engine.execution.house.state import Costs, Rules, Work
from engine.execution.kernel import rule

# Shares of an amount within which two amounts count as equal: rounding, not money.
ROUNDING, DUST = 1e-9, 1e-12


@rule
def at(grid: np.ndarray, column: int, t: int) -> float:
    """The value of a symbol on a bar, from an array that varies by bar or does not."""
    return grid[column, t] if grid.shape[1] > 1 else grid[column, 0]


@rule
def slipped(price: float, buys: bool, slippage: float) -> float:
    """A price moved against the order."""
    return price * (1 + slippage) if buys else price * (1 - slippage)


@rule
def equity_at(column: int, price: float, work: Work) -> float:
    """Cash and all that is held, one symbol at a price of its own."""
    total = work.desk[0]["cash"]
    for place in range(len(work.holdings)):
        size = work.holdings[place]["size"]
        if size != 0:
            total += size * (price if place == column else work.holdings[place]["mark"])
    return total


@rule
def power_at(
    column: int, price: float, size: float, cash: float, leverage: float, work: Work
) -> float:
    """Buying power with so much cash and ``size`` held of one symbol at a price of its own."""
    longs = shorts = 0.0
    for place in range(len(work.holdings)):
        held = size if place == column else work.holdings[place]["size"]
        worth = held * (price if place == column else work.holdings[place]["mark"])
        if held > 0:
            longs += worth
        elif held < 0:
            shorts -= worth
    if leverage == 1:
        return cash - 2 * shorts
    return leverage * cash + (leverage - 1) * longs - (leverage + 1) * shorts


@rule
def floored(quantity: float, lot: float) -> float:
    """Cut down to whole lots, toward zero; a quotient that rounding left just below one is one."""
    if lot == 0:
        return quantity
    lots = math.floor(abs(quantity) / lot * (1 + ROUNDING))
    return math.copysign(lots * lot, quantity)


@rule
def wanted(
    unit: int, quantity: float, column: int, price: float, lot: float, work: Work
) -> float:  # fmt: skip
    """The signed units a quantity asks for at a price; all cash is infinite."""
    held = work.holdings[column]["size"]
    if unit == UNITS:
        return quantity
    if unit == TARGET_UNITS:
        return quantity - held
    if unit == ALL_CASH:
        return math.copysign(math.inf, quantity)
    if unit == PERCENT or unit == TARGET_PERCENT:
        quantity = quantity * max(equity_at(column, price, work), 0.0)
    units = quantity / price
    if unit == TARGET_VALUE or unit == TARGET_PERCENT:
        units = units - held
        if units == -held:
            return units
    return floored(units, lot)


@rule
def deal(
    t: int, column: int, units: float, price: float, order: int, rules: Rules, costs: Costs,
    work: Work,
) -> tuple[int, int]:  # fmt: skip
    """Execute signed units at a price, as far as the cash rule lets what opens; status and reason.

    Order through zero: what closes always happens, what opens is checked against what is then left.
    """
    held, lot = work.holdings[column]["size"], costs.lot[column]
    if units == 0 or math.isnan(units):
        return IGNORED, NOTHING
    if held * units < 0 and abs(units) <= abs(held):
        fill(t, column, units, price, math.nan, order, costs, work)
        return FILLED, NONE
    closed = -held if held * units < 0 else 0.0
    opened = units - closed
    if rules.cash_rule == MARGIN and not math.isinf(opened):
        fill(t, column, units, price, math.nan, order, costs, work)
        return FILLED, NONE
    rate, fixed = at(costs.commission, column, t), at(costs.fixed, column, t)
    cash = work.desk[0]["cash"] - closed * price - abs(closed) * price * rate
    power = power_at(column, price, held + closed, cash, rules.leverage, work)
    needed = abs(opened) * price * (1 + rules.leverage * rate) + rules.leverage * fixed
    if needed <= power * (1 + ROUNDING):
        fill(t, column, units, price, math.nan, order, costs, work)
        return FILLED, NONE
    most = (power - rules.leverage * fixed) / (1 + rules.leverage * rate) / price
    most = floored(most, lot)
    if most <= 0 or math.isnan(most) or (rules.cash_rule == REJECT and not math.isinf(opened)):
        if closed == 0:
            return REJECTED, NO_CASH
        fill(t, column, closed, price, math.nan, order, costs, work)
        return FILLED, NO_CASH
    spends = units > 0 and closed == 0 and lot == 0 and power == work.desk[0]["cash"]
    spent = power if spends and rules.leverage == 1 else math.nan
    fill(t, column, closed + math.copysign(most, opened), price, spent, order, costs, work)
    return FILLED, (NONE if math.isinf(opened) else NO_CASH)


@rule
def fill(
    t: int, column: int, units: float, price: float, spent: float, order: int, costs: Costs,
    work: Work,
) -> None:  # fmt: skip
    """Book an execution. ``spent`` is all the cash of an order for all of it, NaN for any other."""
    desk, holding = work.desk[0], work.holdings[column]
    rate, fixed = at(costs.commission, column, t), at(costs.fixed, column, t)
    value = abs(units) * price
    fees = value * rate + fixed
    if not math.isnan(spent):
        fees = spent - (spent - fixed) / (1 + rate)
        desk["cash"] = 0.0
    elif units > 0:
        desk["cash"] -= value + fees
    else:
        desk["cash"] += value - fees
    after = holding["size"] + units
    holding["size"] = 0.0 if abs(after) <= DUST * abs(units) else after
    row = work.fills[desk["fills"]]
    desk["fills"] += 1
    row["order"], row["bar"], row["column"] = order, t, column
    row["quantity"], row["price"], row["commission"] = units, price, fees
