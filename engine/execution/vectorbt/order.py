"""Executing one order: what is bought or sold, for how much, and what that does to the cash.

Rules, in plain words: cash and position are snapped to zero first; a buy spends at most the cash
and is cut down to it; a finite short sale is not checked against cash at all unless ``lock_cash``
is set; an infinite one is as large as free cash allows. The order of the operations is part of the
contract: every result is equal to the platform's to the bit.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from engine.execution.kernel import rule
from engine.execution.vectorbt.arithmetic import add, at_most, close, less, sign, snap, whole_lots
from engine.execution.vectorbt.codes import (
    AMOUNT,
    CANT_COVER_FEES,
    CASH_NEGATIVE,
    DEBT_NEGATIVE,
    DIVISION_BY_ZERO,
    FEES_NOT_FINITE,
    FILLED,
    FIXED_FEES_NOT_FINITE,
    FREE_CASH_NAN,
    GRANULARITY_INVALID,
    LONG_INFINITE,
    LONG_ONLY,
    MAX_SIZE_EXCEEDED,
    MAX_SIZE_INVALID,
    MIN_SIZE_INVALID,
    MIN_SIZE_NOT_REACHED,
    NO_CASH_LONG,
    NO_CASH_SHORT,
    NO_OPEN_POSITION,
    PARTIAL_FILL,
    PERCENT,
    POSITION_NOT_FINITE,
    PRICE_NAN,
    PRICE_NOT_POSITIVE,
    SHORT_INFINITE,
    SHORT_ONLY,
    SIZE_NAN,
    SIZE_ZERO,
    SLIPPAGE_INVALID,
    VAL_PRICE_NAN,
    VAL_PRICE_NOT_POSITIVE,
    VALUE,
    VALUE_NAN,
)


class Purse(NamedTuple):
    """What an order is executed against, snapped: cash, position, debt of shorts, free cash."""

    cash: float
    position: float
    debt: float
    free: float


class Deal(NamedTuple):
    """What came of an order: a code, and when it filled its size, price and fees.

    ``purse`` is what is left; it is the snapped one when nothing was filled.
    """

    code: int
    size: float
    price: float
    fees: float
    purse: Purse


@rule
def status_of(code: int) -> int:
    """Filled, ignored when there is nothing to do or no number, else rejected."""
    if code == FILLED:
        return 0
    return 1 if code <= VALUE_NAN or code == SIZE_ZERO else 2


@rule
def unfilled(code: int, purse: Purse) -> Deal:
    """Nothing happens, but the snapped cash and position stay."""
    return Deal(code, math.nan, math.nan, math.nan, purse)


@rule
def execute(
    option: Any, purse: Purse, valuation: float, quantity: float, unit: int, direction: int,
    price: float, slippage: float,
) -> Deal:  # fmt: skip
    """Check the order, turn its size into an amount or a share of what there is, then trade."""
    if math.isnan(quantity):
        return unfilled(SIZE_NAN, purse)
    if math.isnan(price):
        return unfilled(PRICE_NAN, purse)
    fault = invalid(option, purse, price, slippage)
    if fault:
        return unfilled(fault, purse)
    if unit == VALUE:
        worth = snap(valuation)
        if math.isinf(worth) or worth <= 0:
            return unfilled(VAL_PRICE_NOT_POSITIVE, purse)
        if math.isnan(worth):
            return unfilled(VAL_PRICE_NAN, purse)
        quantity = quantity / worth
        unit = AMOUNT
    if unit == AMOUNT and direction != LONG_ONLY and quantity == -math.inf:
        # Selling an infinite amount short means: as much as free cash allows.
        quantity = -1.0
        unit = PERCENT
    share = math.nan
    if unit == PERCENT:
        share = abs(quantity)
        quantity = sign(quantity) * math.inf
    if quantity > 0:
        return buy(option, purse, quantity, share, direction, price * (1 + slippage))
    return sell(option, purse, -quantity, share, direction, price * (1 - slippage))


@rule
def invalid(option: Any, purse: Purse, price: float, slippage: float) -> int:
    """The first thing that stops the whole run, 0 if none."""
    if math.isnan(purse.cash) or purse.cash < 0:
        return CASH_NEGATIVE
    if not math.isfinite(purse.position):
        return POSITION_NOT_FINITE
    if not math.isfinite(purse.debt) or purse.debt < 0:
        return DEBT_NEGATIVE
    if math.isnan(purse.free):
        return FREE_CASH_NAN
    if not math.isfinite(price) or price <= 0:
        return PRICE_NOT_POSITIVE
    if not math.isfinite(option["fees"]):
        return FEES_NOT_FINITE
    if not math.isfinite(option["fixed_fees"]):
        return FIXED_FEES_NOT_FINITE
    if not math.isfinite(slippage) or slippage < 0:
        return SLIPPAGE_INVALID
    if not math.isfinite(option["min_size"]) or option["min_size"] < 0:
        return MIN_SIZE_INVALID
    if math.isnan(option["max_size"]) or option["max_size"] <= 0:
        return MAX_SIZE_INVALID
    if math.isinf(option["size_granularity"]) or option["size_granularity"] <= 0:
        return GRANULARITY_INVALID
    return 0


@rule
def buy(option: Any, purse: Purse, size: float, share: float, direction: int, price: float) -> Deal:
    """Buy, or cover a short, with at most the cash there is."""
    fees, fixed, lot = option["fees"], option["fixed_fees"], option["size_granularity"]
    partial, rust = option["allow_partial"] != 0, option["rust"] != 0
    limit = purse.cash
    if option["lock_cash"] != 0:
        code, limit = unlocked(purse, price, fees, fixed, rust)
        if code:
            return unfilled(code, purse)
        limit = lesser(limit, purse.cash, rust)
    if not math.isnan(share):
        limit = lesser(limit, share * limit, rust)
    if direction != SHORT_ONLY:
        if limit == 0:
            return unfilled(NO_CASH_LONG, purse)
        if math.isinf(size) and math.isinf(limit):
            return unfilled(LONG_INFINITE, purse)
    elif purse.position == 0:
        return unfilled(NO_OPEN_POSITION, purse)
    wanted = min(-purse.position, size) if direction == SHORT_ONLY else size
    if wanted == 0:
        return unfilled(SIZE_ZERO, purse)
    if wanted > option["max_size"]:
        if not partial:
            return unfilled(MAX_SIZE_EXCEEDED, purse)
        wanted = option["max_size"]
    wanted = whole_lots(wanted, lot, rust)
    got, value = wanted, wanted * price
    paid_fees = value * fees + fixed
    paid = value + paid_fees
    if not at_most(paid, limit):
        if fees == -1 and not rust:
            return unfilled(DIVISION_BY_ZERO, purse)
        affordable = add(limit, -fixed) / (1 + fees)
        if affordable <= 0:
            return unfilled(CANT_COVER_FEES, purse)
        got = affordable / price
        paid_fees, paid = limit - affordable, limit
        if not math.isnan(lot):
            got = whole_lots(got, lot, rust)
            value = got * price
            paid_fees = value * fees + fixed
            paid = value + paid_fees
    if close(wanted, 0.0):
        return unfilled(SIZE_ZERO, purse)
    if less(got, option["min_size"]):
        return unfilled(MIN_SIZE_NOT_REACHED, purse)
    if math.isfinite(size) and not partial and less(got, size):
        return unfilled(PARTIAL_FILL, purse)
    return Deal(FILLED, got, price, paid_fees, bought(purse, got, paid))


@rule
def unlocked(
    purse: Purse, price: float, fees: float, fixed: float, rust: bool
) -> tuple[int, float]:
    """A fault or 0, and what a buy may spend under ``lock_cash``.

    Covering a short frees what was locked for it: twice its debt. When that does not pay for the
    whole cover, only as much is covered as the free cash pays the loss of.
    """
    if purse.position >= 0:
        return 0, purse.free
    held = abs(purse.position)
    cover = held * price * (1 + fees) + fixed
    left = add(purse.free + 2 * purse.debt, -cover)
    if left > 0:
        return 0, purse.free + 2 * purse.debt
    if left < 0:
        loss = price * (1 + fees) - 2 * (purse.debt / held)
        if loss == 0 and not rust:
            return DIVISION_BY_ZERO, 0.0
        return 0, (purse.free - fixed) / loss * price * (1 + fees) + fixed
    return 0, purse.cash


@rule
def bought(purse: Purse, size: float, paid: float) -> Purse:
    """Cash pays, and covering a short gives back its debt and frees twice as much."""
    cash = add(purse.cash, -paid)
    position = add(purse.position, size)
    if purse.position >= 0:
        return Purse(cash, position, purse.debt, add(purse.free, -paid))
    covered = size if position < 0 else abs(purse.position)
    returned = covered * (purse.debt / abs(purse.position))
    free = add(purse.free + 2 * returned, -paid)
    return Purse(cash, position, add(purse.debt, -returned), free)


@rule
def sell(
    option: Any, purse: Purse, size: float, share: float, direction: int, price: float
) -> Deal:
    """Sell, or go short; only infinite sizes, shares and ``lock_cash`` look at free cash."""
    fees, fixed, rust = option["fees"], option["fixed_fees"], option["rust"] != 0
    partial, lock = option["allow_partial"] != 0, option["lock_cash"] != 0
    if direction == LONG_ONLY:
        sold = min(purse.position, size)
    elif lock or (math.isinf(size) and not math.isnan(share)):
        code, most = shortable(purse, price, fees, fixed, rust)
        if code:
            return unfilled(code, purse)
        sold = most
        if lock:
            sold = size
            if not math.isnan(share):
                sold = share * most if math.isinf(size) else share * size
            sold = lesser(sold, most, rust)
            share = math.nan
    else:
        sold = size
    if not math.isnan(share):
        sold = share * sold
    if sold > option["max_size"]:
        if not partial:
            return unfilled(MAX_SIZE_EXCEEDED, purse)
        sold = option["max_size"]
    if direction != LONG_ONLY:
        if math.isinf(sold):
            return unfilled(SHORT_INFINITE, purse)
    elif purse.position == 0:
        return unfilled(NO_OPEN_POSITION, purse)
    sold = whole_lots(sold, option["size_granularity"], rust)
    if close(sold, 0.0):
        return unfilled(SIZE_ZERO, purse)
    if less(sold, option["min_size"]):
        return unfilled(MIN_SIZE_NOT_REACHED, purse)
    if math.isfinite(size) and not partial and less(sold, size):
        return unfilled(PARTIAL_FILL, purse)
    value = sold * price
    paid_fees = value * fees + fixed
    gained = add(value, -paid_fees)
    if gained < 0:
        return unfilled(CANT_COVER_FEES, purse)
    return Deal(FILLED, sold, price, paid_fees, after_sale(purse, sold, price, gained))


@rule
def shortable(
    purse: Purse, price: float, fees: float, fixed: float, rust: bool
) -> tuple[int, float]:
    """The most that can be sold: what is held, and short what free cash then stands for."""
    held = max(purse.position, 0.0)
    free = add(purse.free, held * price * (1 - fees))
    if free <= 0:
        if purse.position <= 0:
            return NO_CASH_SHORT, 0.0
        return FILLED, held
    cost = price * (1 + fees)
    if cost == 0 and not rust:
        return DIVISION_BY_ZERO, 0.0
    most = add(held, add(free, -fixed) / cost)
    if most <= 0:
        return CANT_COVER_FEES, 0.0
    return FILLED, most


@rule
def after_sale(purse: Purse, size: float, price: float, gained: float) -> Purse:
    """Cash receives all proceeds; what went short becomes debt and ties up twice its value."""
    cash = purse.cash + gained
    position = add(purse.position, -size)
    if position >= 0:
        return Purse(cash, position, purse.debt, purse.free + gained)
    short = size if purse.position < 0 else abs(position)
    value = short * price
    free = add(purse.free, add(gained, -2 * value))
    return Purse(cash, position, purse.debt + value, free)


@rule
def lesser(a: float, b: float, rust: bool) -> float:
    """The smaller of two; against NaN the Numba engine keeps the first, the Rust one the number."""
    if rust and math.isnan(a):
        return b
    return min(a, b)
