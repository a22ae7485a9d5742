"""Stop-loss, trailing stop and take-profit of one column.

A level below the market is hit at the open when the bar opens at or below it, else at the level
when the bar's range holds it; above the market likewise. The stop-loss is looked at first, and the
target only when it was not hit. A trailing base is the one of earlier bars and moves after the
check. Comparisons are exact.
"""

from __future__ import annotations

import math
from typing import Any

from engine.execution.kernel import rule
from engine.execution.vectorbt.codes import (
    FROM_FILL,
    FROM_PRICE,
    FROM_VALUATION,
    OVERRIDE,
    OVERRIDE_NAN,
    STOP_AT_CLOSE,
    STOP_LIMIT,
    STOP_MARKET,
    STOP_NEGATIVE,
)


@rule
def is_armed(holding: Any) -> bool:
    """Whether a stop or a target is set."""
    return not (math.isnan(holding["stop"]) and math.isnan(holding["target"]))


@rule
def is_trailing(holding: Any) -> bool:
    """Whether a stop is set whose base moves."""
    return holding["trails"] != 0 and not math.isnan(holding["stop"])


@rule
def hit_below(level: float, first: float, high: float, low: float) -> float:
    """Where a level below is met: at the open on a gap, at the level in range, else NaN."""
    if first <= level:
        return first
    return level if low <= level <= high else math.nan


@rule
def hit_above(level: float, first: float, high: float, low: float) -> float:
    """Where a level above is met: at the open on a gap, at the level in range, else NaN."""
    if first >= level:
        return first
    return level if low <= level <= high else math.nan


@rule
def stop_level(position: float, base: float, fraction: float) -> float:
    """A stop-loss lies below a long position and above a short one."""
    return base * (1 - fraction) if position > 0 else base * (1 + fraction)


@rule
def target_level(position: float, base: float, fraction: float) -> float:
    """A take-profit lies above a long position and below a short one."""
    return base * (1 + fraction) if position > 0 else base * (1 - fraction)


@rule
def check_stops(holding: Any, first: float, high: float, low: float) -> tuple[int, float]:
    """A fault or 0, and the price at which a stop fills on this bar, NaN when none does.

    A position that is no number has no side, so no stop is hit.
    """
    if holding["stop"] < 0:
        return STOP_NEGATIVE, math.nan
    position = holding["position"]
    held = position > 0 or position < 0
    price = math.nan
    if held:
        level = stop_level(position, holding["stop_base"], holding["stop"])
        price = stop_hit(position > 0, level, first, high, low)
    if not math.isnan(price):
        return 0, price
    if holding["target"] < 0:
        return STOP_NEGATIVE, math.nan
    if held:
        level = target_level(position, holding["target_base"], holding["target"])
        price = stop_hit(position < 0, level, first, high, low)
    return 0, price


@rule
def stop_hit(below: bool, level: float, first: float, high: float, low: float) -> float:
    """Where a level is met that lies below or above the market."""
    return hit_below(level, first, high, low) if below else hit_above(level, first, high, low)


@rule
def trail(holding: Any, high: float, low: float) -> None:
    """The base of a trailing stop follows the best price so far."""
    if is_trailing(holding):
        holding["stop_base"] = better(holding["position"], holding["stop_base"], high, low)


@rule
def better(position: float, base: float, high: float, low: float) -> float:
    """The base of a trailing stop after prices up to ``high`` and down to ``low``."""
    if position > 0 and high > base:
        return high
    return low if position < 0 and low < base else base


@rule
def exit_terms(
    mode: int, hit: float, price: float, close: float, slippage: float
) -> tuple[float, float]:
    """Price and slippage of a stop's order; only a stop-limit fills without slippage."""
    if mode == STOP_LIMIT:
        return hit, 0.0
    if mode == STOP_MARKET:
        return hit, slippage
    if mode == STOP_AT_CLOSE:
        return close, slippage
    return price, slippage


@rule
def renew_stops(
    option: Any, holding: Any, before: float, close: float, asked: float, paid: float
) -> None:
    """After a fill: clear the stops when flat, set them on a new side, replace them on an increase.

    ``before`` is the position before the fill, ``asked`` the price asked for, ``paid`` the price
    with slippage. Fractions are those of this bar.
    """
    position = holding["position"]
    if position == 0:
        disarm(holding)
        return
    base = stop_base(int(option["stop_entry_price"]), holding["valuation"], asked, paid, close)
    kept = (position > 0 and before > 0) or (position < 0 and before < 0)
    if not kept:
        set_stop(option, holding, base)
        set_target(option, holding, base)
    elif abs(position) > abs(before):
        mode = int(option["upon_stop_update"])
        if replaces(mode, option["stop"]):
            set_stop(option, holding, base)
        if replaces(mode, option["take_profit"]):
            set_target(option, holding, base)


@rule
def stop_base(mode: int, valuation: float, asked: float, paid: float, close: float) -> float:
    """What the fractions are measured from."""
    if mode == FROM_VALUATION:
        return valuation
    if mode == FROM_PRICE:
        return asked
    if mode == FROM_FILL:
        return paid
    return close


@rule
def replaces(mode: int, fraction: float) -> bool:
    """Whether a larger position takes the new fraction."""
    return mode == OVERRIDE_NAN or (mode == OVERRIDE and not math.isnan(fraction))


@rule
def set_stop(option: Any, holding: Any, base: float) -> None:
    """Arm the stop-loss."""
    holding["stop_base"] = base
    holding["stop"] = option["stop"]
    holding["trails"] = option["trails"]


@rule
def set_target(option: Any, holding: Any, base: float) -> None:
    """Arm the take-profit."""
    holding["target_base"] = base
    holding["target"] = option["take_profit"]


@rule
def disarm(holding: Any) -> None:
    """No stop, no target."""
    holding["stop_base"] = math.nan
    holding["stop"] = math.nan
    holding["trails"] = 0.0
    holding["target_base"] = math.nan
    holding["target"] = math.nan
