"""From the signals of a bar, or a stop that was hit, to an executed order.

The arithmetic of orders is the open edition's: an order of infinite size spends all cash with its
costs inside. Three other ways of sizing are there so that a ledger made by them can be recognised.
"""

from __future__ import annotations

import math
from typing import Any

from engine.execution.kernel import rule
from engine.execution.records import Floats
from engine.execution.vectorbt.arithmetic import add, snap
from engine.execution.vectorbt.codes import (
    AMOUNT,
    DISABLED,
    FILLED,
    LONG_ONLY,
    NO_CASH_LONG,
    NO_CASH_SHORT,
    PRICE_NAN,
    PRICE_NOT_POSITIVE,
    SHORT_ONLY,
    SIZE_NAN,
    SIZE_ZERO,
)
from engine.execution.vectorbt.order import (
    Deal,
    Purse,
    after_sale,
    bought,
    buy,
    execute,
    sell,
    unfilled,
)
from engine.execution.vectorbt.search import (
    LONG_ENTRY,
    LONG_EXIT,
    SHORT_ENTRY,
    SHORT_EXIT,
    next_mark,
)
from engine.execution.vectorbt.signals import Asked, resolve, want
from engine.execution.vectorbt.state import Signals
from engine.execution.vectorbt_pro.codes import ALL_CASH, FEES_OUTSIDE, INITIAL_CASH
from engine.execution.vectorbt_pro.state import Settings, Work


@rule
def value_at(values: Floats, column: int, t: int) -> float:
    """A value of the script that may vary by bar."""
    return values[column, t if values.shape[1] > 1 else 0]


@rule
def asked_at(
    t: int, column: int, entries_only: bool, signals: Signals, settings: Settings, work: Work
) -> Asked:
    """The signals of a bar after their conflicts; an entry too soon after an exit is not heard."""
    state, option = work.columns[column], settings.options[column]
    long = next_mark(t, LONG_ENTRY, column, signals, work.cursor) == t
    short = next_mark(t, SHORT_ENTRY, column, signals, work.cursor) == t
    long_exit = next_mark(t, LONG_EXIT, column, signals, work.cursor) == t
    short_exit = next_mark(t, SHORT_EXIT, column, signals, work.cursor) == t
    return resolve(
        Asked(
            long and t >= state["long_from"],
            long_exit and not entries_only,
            short and t >= state["short_from"],
            short_exit and not entries_only,
            DISABLED,
        ),
        state["position"],
        int(option["upon_long_conflict"]),
        int(option["upon_short_conflict"]),
        int(option["upon_dir_conflict"]),
        int(option["upon_opposite_entry"]),
    )


@rule
def acts(asked: Asked, position: float) -> bool:
    """Whether the signals change a position that is held."""
    if position > 0:
        return asked.long_exit or asked.short_entry
    return position < 0 and (asked.short_exit or asked.long_entry)


@rule
def purse_of(state: Any) -> Purse:
    """What an order is executed against, snapped to zero where it is close to it."""
    return Purse(
        snap(state["cash"]), snap(state["position"]), snap(state["debt"]), snap(state["free"])
    )


@rule
def deal_of_stop(option: Any, state: Any, price: float, slippage: float) -> Deal:
    """Close what is held at the stop's price."""
    held = state["position"]
    side = LONG_ONLY if held > 0 else SHORT_ONLY
    return carry_out(option, purse_of(state), -held, side, price, slippage)


@rule
def deal_of_signals(
    option: Any, state: Any, asked: Asked, size: float, price: float
) -> tuple[float, Deal]:
    """Open, close or reverse as the signals ask: the signed quantity wanted, and what came of it.

    A quantity of 0 means that they ask for nothing.
    """
    purse = purse_of(state)
    mode = int(option["sizing"])
    if mode == INITIAL_CASH and math.isinf(size):
        long = asked.long_entry and not state["position"] > 0
        slipped = price * (1 + (option["slippage"] if long else -option["slippage"]))
        size = (option["init_cash"] - option["fixed_fees"]) / (1 + option["fees"]) / slipped
    wanted = want(asked, state["position"], size, AMOUNT, math.nan, False)
    if wanted.fault:
        return size, unfilled(wanted.fault, purse)
    if wanted.quantity == 0:
        return 0.0, unfilled(SIZE_ZERO, purse)
    if math.isinf(wanted.quantity) and mode != ALL_CASH:
        return wanted.quantity, beyond_cash(option, purse, wanted.quantity > 0, price)
    slippage = option["slippage"]
    deal = carry_out(option, purse, wanted.quantity, wanted.direction, price, slippage)
    return wanted.quantity, deal


@rule
def carry_out(
    option: Any, purse: Purse, quantity: float, direction: int, price: float, slippage: float
) -> Deal:
    """An order of the open edition; with costs outside the size cash may be a little below zero."""
    if int(option["sizing"]) == ALL_CASH or int(option["sizing"]) == INITIAL_CASH:
        return execute(option, purse, math.nan, quantity, AMOUNT, direction, price, slippage)
    code = SIZE_NAN if math.isnan(quantity) else fault_of(price)
    if code:
        return unfilled(code, purse)
    if quantity > 0:
        return buy(option, purse, quantity, math.nan, direction, price * (1 + slippage))
    return sell(option, purse, -quantity, math.nan, direction, price * (1 - slippage))


@rule
def fault_of(price: float) -> int:
    """A price that is missing fills nothing; one that is not positive stops the run."""
    if math.isnan(price):
        return PRICE_NAN
    return 0 if price > 0 and math.isfinite(price) else PRICE_NOT_POSITIVE


@rule
def beyond_cash(option: Any, purse: Purse, buys: bool, price: float) -> Deal:
    """Close what is against the order, then open with all money before fees or before all costs."""
    code = fault_of(price)
    if code:
        return unfilled(code, purse)
    slippage = option["slippage"] if buys else -option["slippage"]
    paid = price * (1 + slippage)
    before = unfilled(NO_CASH_LONG if buys else NO_CASH_SHORT, purse)
    closed = fees = 0.0
    if (purse.position < 0) if buys else (purse.position > 0):
        side = SHORT_ONLY if buys else LONG_ONLY
        before = carry_out(option, purse, -purse.position, side, price, option["slippage"])
        if before.code != FILLED or before.purse.position != 0:
            return before
        purse, closed, fees = before.purse, before.size, before.fees
    base = paid if int(option["sizing"]) == FEES_OUTSIDE else price
    size = (purse.cash if buys else purse.free) / base
    if not size > 0:
        return before
    cost = size * paid * option["fees"] + option["fixed_fees"]
    if buys:
        after = bought(purse, size, size * paid + cost)
    else:
        after = after_sale(purse, size, paid, add(size * paid, -cost))
    return Deal(FILLED, closed + size, paid, fees + cost, after)
