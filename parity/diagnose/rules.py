"""The rule changes a diagnosis tries, each in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from engine.execution.vectorbt_pro.options import DEFAULTS
from parity.diagnose.case import Case
from parity.report.words import counted

# A change of one of these is no option of the model: it moves marks or times, or drops a stop.
CLOCK, SIGNALS, TIMES = "clock", "signals", "trade times"
MOVES: Final = (CLOCK, SIGNALS, TIMES)
HOUR: Final = 3_600_000
SCRIPT: Final = {
    "stop_loss": "stop-loss",
    "take_profit": "take-profit",
    "trailing_stop": "trailing stop",
}

# Of each rule the other readings, and what is then the case.
READINGS: Final[Mapping[str, Mapping[Any, str]]] = {
    "entry_price": {
        "close": "signals fill at the close of their bar",
        "open": "signals fill at the open of their bar",
        "nextopen": "signals fill at the open of the next bar",
    },
    "stop_entry_price": {
        "close": "stops are measured from the close of the entry bar",
        "price": "stops are measured from the entry price before slippage",
        "fillprice": "stops are measured from the entry price with slippage",
    },
    "stop_fill": {
        "level": "a stop fills at its level",
        "close": "a stop fills at the close of its bar",
    },
    "gap_fill": {
        "open": "a stop that is gapped over fills at the open",
        "level": "a stop that is gapped over fills at its level",
    },
    "stop_slippage": {
        "all": "every stop pays slippage",
        "losses": "only losing stops pay slippage, a take-profit pays none",
        "none": "no stop pays slippage",
    },
    "stop_first": {
        "fixed": "the stop-loss comes before the trailing stop",
        "trailing": "the trailing stop comes before the stop-loss",
        "nearest": "the nearer of stop-loss and trailing stop comes first",
    },
    "target_first": {
        False: "stops come before the take-profit",
        True: "the take-profit comes before the stops",
    },
    "gap_first": {
        False: "a level passed at the open has no precedence",
        True: "a level passed at the open comes before those reached later in the bar",
    },
    "signal_first": {
        False: "a stop comes before the signals of its bar",
        True: "signals come before the stops of their bar",
    },
    "entry_bar_stops": {
        "none": "stops are not checked on the entry bar",
        "range": "stops are checked against the whole entry bar",
        "close": "stops are checked against the close of the entry bar",
    },
    "trail_check": {
        "lagged": "a trailing stop is measured from the peak of earlier bars",
        "close": "a trailing stop looks at the close again after its peak moved",
        "close_last": "a trailing stop looks at the close again if nothing else was hit",
        "intrabar": "a trailing stop is measured from a peak that has the bar's own extreme",
    },
    "close_look_fill": {
        "close": "the second look of a trailing stop fills at the close",
        "level": "the second look of a trailing stop fills at its level",
    },
    "trail_start": {
        "base": "the peak of a trailing stop starts at the entry",
        "extreme": "the peak of a trailing stop starts at the entry bar's extreme",
    },
    "reentry_bars": {
        0: "a position may be opened again on the bar of its exit",
        1: "a position may be opened again from the bar after its exit on",
        **{
            bars: f"a position may be opened again from {bars} bars after its exit on"
            for bars in (2, 3, 5, 10, 15, 30, 60)
        },
    },
    "reentry_signal": {
        "any": "any entry signal opens a position again",
        "fresh": "after an exit an entry signal counts only once it has been off",
    },
    "sizing": {
        "all_cash": "all cash is spent, costs inside",
        "fees_outside": "all cash buys, fees come on top",
        "costs_outside": "all cash buys at the price before slippage, fees come on top",
        "initial_cash": "every position is sized by the cash of the start",
    },
    "upon_opposite_entry": {
        "reversereduce": "an entry of the other side reverses the position",
        "close": "an entry of the other side only closes the position",
        "ignore": "an entry of the other side is ignored",
    },
    "fees": {0.0: "nothing is paid in fees"},
    "slippage": {0.0: "nothing is lost to slippage"},
}


@dataclass(frozen=True, slots=True)
class Change:
    """One rule under another reading: an option of the model, a stop that is left out, or a clock.

    ``value`` is the option's, NaN for a stop left out, or a number of bars (clock, signals) or
    milliseconds (trade times).
    """

    rule: str
    value: Any
    words: str


def changes_for(case: Case) -> list[Change]:
    """Every single change of a case, options first, in the order in which they are tried."""
    base = {**DEFAULTS, **base_options(case)}
    own = {"fees": case.account.commission, "slippage": case.account.slippage}
    found = [
        Change(rule, value, words)
        for rule, readings in READINGS.items()
        for value, words in readings.items()
        if value != (own.get(rule) if base[rule] is None else base[rule])
    ]
    for name in SCRIPT:
        if case.values.get(name) is not None and not math.isnan(case.values[name]):
            found.append(Change(name, math.nan, f"the {SCRIPT[name]} is not applied"))
    return found + shifts_for(case)


def base_options(case: Case) -> dict[str, Any]:
    """The options we play with, the script's price said as the rule that it is."""
    return {"entry_price": case.values.get("price", "open"), **case.options}


def shifts_for(case: Case) -> list[Change]:
    """Clocks that are off by hours or by a bar, and signals that act some bars later or earlier."""
    ticks = case.panel.clock.to_physical().to_numpy()
    bar = int(np.median(np.diff(ticks))) if len(ticks) > 1 else 0
    offsets = dict.fromkeys((bar, -bar)) if bar else {}
    offsets |= dict.fromkeys(
        hours * HOUR for hours in range(-14, 15) if hours * HOUR % (bar or 1) == 0
    )
    offsets.pop(0, None)
    found = []
    for offset in offsets:
        told = f"{offset / HOUR:+g} hours" if offset % HOUR == 0 else f"{offset / 60000:+g} minutes"
        found.append(Change(CLOCK, offset, f"bars and ledger are on clocks apart by {told}"))
        found.append(Change(TIMES, offset, f"the ledger's times alone are off by {told}"))
    for bars in (-2, -1, 1, 2, 3, 5):
        when = "later" if bars > 0 else "earlier"
        found.append(Change(SIGNALS, bars, f"signals act {counted(abs(bars), 'bar')} {when}"))
    return found
