"""Stop-loss, trailing stop and take-profit at once: which one a bar hits, and where it fills.

A level below the market is met at the open when the bar opens at or below it, else when the bar's
range holds it; above the market likewise. Losses come before the target unless an option turns them
round. The peak of a trailing stop is that of earlier bars and moves after the check; by default the
close of the same bar is then looked at once more. Comparisons are exact.
"""

from __future__ import annotations

import math
from typing import Any

from engine.execution.kernel import rule
from engine.execution.vectorbt.stops import better, stop_level, target_level
from engine.execution.vectorbt_pro.codes import (
    CLOSED_BEYOND,
    FILL_AT_CLOSE,
    FIXED_FIRST,
    FROM_CLOSE,
    FROM_FILL,
    GAP_AT_LEVEL,
    IN_RANGE,
    INTRABAR,
    LAGGED,
    LAGGED_CLOSE_LAST,
    LOOK_AT_CLOSE,
    NO_STOP,
    NOT_MET,
    OPENED_BEYOND,
    SLIP_ALL,
    SLIP_LOSSES,
    START_EXTREME,
    STOP_LOSS,
    TAKE_PROFIT,
    TRAILING_FIRST,
    TRAILING_STOP,
)
from engine.execution.vectorbt_pro.state import Bar, Hit


@rule
def is_armed(state: Any) -> bool:
    """Whether anything is set that a bar could hit."""
    unset = math.isnan(state["stop"]) and math.isnan(state["target"])
    return not (unset and math.isnan(state["trail"]))


@rule
def trail_level(position: float, peak: float, fraction: float, active_from: float) -> float:
    """Where a trailing stop lies, NaN while the peak has not come as far as its threshold."""
    active = peak >= active_from if position > 0 else peak <= active_from
    return stop_level(position, peak, fraction) if active else math.nan


@rule
def met(below: bool, level: float, bar: Bar) -> int:
    """How a bar meets a level; one that is NaN is never met."""
    if bar.first <= level if below else bar.first >= level:
        return OPENED_BEYOND
    return IN_RANGE if bar.low <= level <= bar.high else NOT_MET


@rule
def check_stops(option: Any, state: Any, bar: Bar) -> Hit:
    """The stop this bar hits; the peak of a trailing stop moves on the way."""
    long = state["position"] > 0
    fixed = met(long, state["stop"], bar)
    target = met(not long, state["target"], bar)
    trailing, level = check_trail(option, state, bar)
    late = trailing == CLOSED_BEYOND and int(option["trail_check"]) == LAGGED_CLOSE_LAST
    if late and (fixed != NOT_MET or target != NOT_MET):
        trailing = NOT_MET
    opened = fixed == OPENED_BEYOND or trailing == OPENED_BEYOND or target == OPENED_BEYOND
    if option["gap_first"] != 0 and opened:
        fixed, trailing, target = at_open(fixed), at_open(trailing), at_open(target)
    if target != NOT_MET and option["target_first"] != 0:
        return hit_of(option, TAKE_PROFIT, target, state["target"], bar)
    nearer = state["stop"] > level if long else state["stop"] < level
    if fixed != NOT_MET and (trailing == NOT_MET or takes_fixed(option, nearer)):
        return hit_of(option, STOP_LOSS, fixed, state["stop"], bar)
    if trailing != NOT_MET:
        return hit_of(option, TRAILING_STOP, trailing, level, bar)
    if target != NOT_MET:
        return hit_of(option, TAKE_PROFIT, target, state["target"], bar)
    return Hit(NO_STOP, math.nan)


@rule
def at_open(how: int) -> int:
    """What of a meeting was there at the open already."""
    return how if how == OPENED_BEYOND else NOT_MET


@rule
def takes_fixed(option: Any, nearer: bool) -> bool:
    """Whether the stop-loss counts where the trailing stop is met as well."""
    first = int(option["stop_first"])
    return first == FIXED_FIRST or (first != TRAILING_FIRST and nearer)


@rule
def check_trail(option: Any, state: Any, bar: Bar) -> tuple[int, float]:
    """How the bar meets the trailing stop, and its level; moves the peak."""
    if math.isnan(state["trail"]):
        return NOT_MET, math.nan
    position, mode = state["position"], int(option["trail_check"])
    before = trail_level(position, state["peak"], state["trail"], state["active_from"])
    how = met(position > 0, before, bar)
    state["peak"] = better(position, state["peak"], bar.high, bar.low)
    if how == OPENED_BEYOND or mode == LAGGED or (how != NOT_MET and mode != INTRABAR):
        return how, before
    after = trail_level(position, state["peak"], state["trail"], state["active_from"])
    if mode == INTRABAR:
        return (IN_RANGE if bar.low <= after <= bar.high else NOT_MET), after
    beyond = bar.close <= after if position > 0 else bar.close >= after
    return (CLOSED_BEYOND if beyond else NOT_MET), after


@rule
def hit_of(option: Any, kind: int, how: int, level: float, bar: Bar) -> Hit:
    """Where the stop fills: at its level, at the open of a gap, or at the close."""
    if int(option["stop_fill"]) == FILL_AT_CLOSE:
        return Hit(kind, bar.close)
    if how == OPENED_BEYOND:
        return Hit(kind, level if int(option["gap_fill"]) == GAP_AT_LEVEL else bar.first)
    if how == CLOSED_BEYOND and int(option["close_look_fill"]) == LOOK_AT_CLOSE:
        return Hit(kind, bar.close)
    return Hit(kind, level)


@rule
def slippage_of(option: Any, kind: int) -> float:
    """What a stop's fill pays: every stop, losses only, or none."""
    mode = int(option["stop_slippage"])
    pays = mode == SLIP_ALL or (mode == SLIP_LOSSES and kind != TAKE_PROFIT)
    return option["slippage"] if pays else 0.0


@rule
def arm(
    option: Any, state: Any, stop: float, target: float, trail: float, bar: Bar, asked: float,
    paid: float,
) -> None:  # fmt: skip
    """Set the stops of a new position; ``asked`` is its price, ``paid`` the one with slippage."""
    position, source = state["position"], int(option["stop_entry_price"])
    base = bar.close if source == FROM_CLOSE else asked
    if source == FROM_FILL:
        base = paid
    state["stop"] = stop_level(position, base, stop)
    state["target"] = target_level(position, base, target)
    state["trail"] = trail
    state["active_from"] = target_level(position, base, option["tsl_th"])
    state["peak"] = base
    if int(option["trail_start"]) == START_EXTREME:
        state["peak"] = better(position, base, bar.high, bar.low)


@rule
def disarm(state: Any) -> None:
    """No stop, no target."""
    state["stop"] = math.nan
    state["target"] = math.nan
    state["trail"] = math.nan
    state["peak"] = math.nan
    state["active_from"] = math.nan
