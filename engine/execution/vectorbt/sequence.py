"""The order in which the columns of a group get the shared cash."""

from __future__ import annotations

import math
from typing import Any

from engine.execution.kernel import rule, step
from engine.execution.vectorbt.codes import AMOUNT, LONG_ONLY, REVERSED, SORTED, VALUE
from engine.execution.vectorbt.state import Work


@step
def arrange(begin: int, end: int, mode: int, account: Any, work: Work) -> None:
    """Columns in order, reversed, or by the value of their orders so that sales come first."""
    size = end - begin
    for place in range(size):
        work.sequence[place] = size - 1 - place if mode == REVERSED else place
    if mode != SORTED or size == 1:
        return
    for place in range(size):
        work.values[place] = order_value(
            work.wishes[begin + place],
            work.holdings[begin + place],
            account,
            work.options[begin + place]["rust"] != 0,
        )
    # An insertion sort: equal values keep their order; NaN goes last, a later one first.
    for taken in range(1, size):
        value, column = work.values[taken], work.sequence[taken]
        place = taken
        while place > 0 and comes_after(work.values[place - 1], value):
            work.values[place] = work.values[place - 1]
            work.sequence[place] = work.sequence[place - 1]
            place -= 1
        work.values[place] = value
        work.sequence[place] = column


@rule
def comes_after(a: float, b: float) -> bool:
    """Whether an order of value ``a`` waits for one of value ``b``."""
    return a > b or math.isnan(a)


@rule
def order_value(wish: Any, holding: Any, account: Any, rust: bool) -> float:
    """Roughly what a wish will cost, negative for what it will bring in."""
    quantity, valuation = wish["quantity"], holding["valuation"]
    if quantity == 0:
        return 0.0
    if wish["unit"] == AMOUNT:
        return quantity * valuation
    if wish["unit"] == VALUE:
        return quantity
    if quantity >= 0:
        return quantity * account["cash"]
    held = holding["position"] * valuation
    if wish["direction"] == LONG_ONLY:
        return quantity * held
    return quantity * (2 * not_negative(held, rust) + not_negative(account["free"], rust))


@rule
def not_negative(a: float, rust: bool) -> float:
    """At least zero; of NaN the Numba engine makes NaN, the Rust engine zero."""
    if math.isnan(a):
        return 0.0 if rust else a
    return max(a, 0.0)
