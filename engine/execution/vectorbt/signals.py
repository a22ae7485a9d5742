"""From the signals of a bar to the order they ask for.

Only an entry can conflict: first with the exit of its own side, then with the entry of the other
side, then with the position held. After that each side's exit, then entry, asks for a size.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from engine.execution.kernel import rule
from engine.execution.vectorbt.arithmetic import less
from engine.execution.vectorbt.codes import (
    ACCUMULATE,
    ADD_ONLY,
    ADJACENT,
    AMOUNT,
    BOTH,
    DISABLED,
    DIVISION_BY_ZERO,
    ENTRY,
    EXIT,
    LONG,
    LONG_ONLY,
    OPPOSITE,
    OPPOSITE_CLOSE,
    OPPOSITE_IGNORE,
    OPPOSITE_REDUCE,
    OPPOSITE_REVERSE,
    PERCENT,
    PERCENT_REVERSAL,
    REMOVE_ONLY,
    SHORT,
    SHORT_ONLY,
    SIZE_NEGATIVE,
    SIZE_TYPE_UNSUPPORTED,
    STOP_CLOSE,
    STOP_REDUCE,
    STOP_REVERSE,
    VALUE,
)


class Asked(NamedTuple):
    """The signals that count on a bar, and the accumulation that applies to them."""

    long_entry: bool
    long_exit: bool
    short_entry: bool
    short_exit: bool
    accumulate: int


class Wanted(NamedTuple):
    """A fault or 0, and the signed quantity asked for, its unit and its direction."""

    fault: int
    quantity: float
    unit: int
    direction: int


@rule
def ask_stop(position: float, mode: int, accumulate: int) -> Asked:
    """A stop that was hit exits the held side, or enters the other one."""
    if mode == STOP_CLOSE or mode == STOP_REVERSE:
        accumulate = DISABLED
    leaves = mode == STOP_CLOSE or mode == STOP_REDUCE
    long, short = position > 0, position < 0
    return Asked(
        short and not leaves, long and leaves, long and not leaves, short and leaves, accumulate
    )


@rule
def resolve(
    asked: Asked, position: float, upon_long: int, upon_short: int, upon_sides: int, upon_held: int
) -> Asked:
    """Settle the three conflicts in turn; without an entry there is none."""
    if not (asked.long_entry or asked.short_entry):
        return asked
    long_entry, long_exit = settle_side(asked.long_entry, asked.long_exit, position, upon_long)
    short_entry, short_exit = settle_side(asked.short_entry, asked.short_exit, position, upon_short)
    long_entry, short_entry = settle_entries(long_entry, short_entry, position, upon_sides)
    against = (position > 0 and short_entry) or (position < 0 and long_entry)
    if not against:
        return Asked(long_entry, long_exit, short_entry, short_exit, asked.accumulate)
    accumulate = asked.accumulate
    if upon_held == OPPOSITE_CLOSE or upon_held == OPPOSITE_REVERSE:
        accumulate = DISABLED
    leaves = upon_held == OPPOSITE_CLOSE or upon_held == OPPOSITE_REDUCE
    if leaves or upon_held == OPPOSITE_IGNORE:
        if position > 0:
            short_entry, long_exit = False, long_exit or leaves
        else:
            long_entry, short_exit = False, short_exit or leaves
    return Asked(long_entry, long_exit, short_entry, short_exit, accumulate)


@rule
def settle_side(entry: bool, exit: bool, position: float, mode: int) -> tuple[bool, bool]:
    """Entry and exit of one side on one bar; the side of the position held is not looked at."""
    if not (entry and exit):
        return entry, exit
    held = position != 0
    keeps_entry = mode == ENTRY or (mode == ADJACENT and held)
    keeps_exit = mode == EXIT or (mode == OPPOSITE and held)
    return keeps_entry, keeps_exit


@rule
def settle_entries(long: bool, short: bool, position: float, mode: int) -> tuple[bool, bool]:
    """Long and short entry on one bar: adjacent keeps the side held, opposite the other one."""
    if not (long and short):
        return long, short
    bought, sold = position > 0, position < 0
    keeps_long = mode == LONG or (mode == ADJACENT and bought) or (mode == OPPOSITE and sold)
    keeps_short = mode == SHORT or (mode == ADJACENT and sold) or (mode == OPPOSITE and bought)
    return keeps_long, keeps_short


@rule
def want(
    asked: Asked, position: float, size: float, unit: int, valuation: float, rust: bool
) -> Wanted:
    """The order the signals ask for; quantity 0 asks for none.

    Against the held side comes first, then its exit, then more of it. Reversing asks for the
    position plus the size; a NaN size only closes.
    """
    if unit > PERCENT:
        return Wanted(SIZE_TYPE_UNSUPPORTED, 0.0, unit, BOTH)
    if less(size, 0.0):
        return Wanted(SIZE_NEGATIVE, 0.0, unit, BOTH)
    # An infinite size in lots is NaN to the Numba engine, and so is the position it leaves.
    if position == 0 or math.isnan(position):
        if asked.long_entry:
            return Wanted(0, size, unit, BOTH)
        return Wanted(0, -size if asked.short_entry else 0.0, unit, BOTH)
    if position > 0:
        held, against, leaves, more = (
            LONG_ONLY,
            asked.short_entry,
            asked.long_exit,
            asked.long_entry,
        )
        toward = 1.0
    else:
        held, against, leaves, more = (
            SHORT_ONLY, asked.long_entry, asked.short_exit, asked.short_entry,
        )  # fmt: skip
        toward = -1.0
    reduces = asked.accumulate == ACCUMULATE or asked.accumulate == REMOVE_ONLY
    if against:
        if reduces:
            return Wanted(0, -toward * size, unit, BOTH)
        return reverse(toward, abs(position), size, unit, valuation, rust)
    if leaves:
        if reduces:
            return Wanted(0, -toward * size, unit, held)
        return Wanted(0, -toward * abs(position), AMOUNT, held)
    if more and (asked.accumulate == ACCUMULATE or asked.accumulate == ADD_ONLY):
        return Wanted(0, toward * size, unit, held)
    return Wanted(0, 0.0, unit, held)


@rule
def reverse(
    toward: float, held: float, size: float, unit: int, valuation: float, rust: bool
) -> Wanted:
    """Close what is held and open ``size`` on the other side."""
    if math.isnan(size):
        return Wanted(0, -toward * held, AMOUNT, BOTH)
    if unit == PERCENT:
        return Wanted(PERCENT_REVERSAL, 0.0, unit, BOTH)
    if unit == VALUE:
        if valuation == 0 and not rust:
            return Wanted(DIVISION_BY_ZERO, 0.0, unit, BOTH)
        size = size / valuation
    return Wanted(0, -toward * (held + size), AMOUNT, BOTH)
