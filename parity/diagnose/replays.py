"""Many replays of one strategy at once: every set of rule changes is a column of one request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import FILL_ROW, SMALL_FILL_ROW, Ints, Marks, Request
from engine.execution.vectorbt.trades import derive_trades
from engine.execution.vectorbt_pro import fill
from engine.execution.vectorbt_pro.options import DEFAULTS, VALUES
from parity.diagnose.case import Case
from parity.diagnose.rules import CLOCK, MOVES, SCRIPT, SIGNALS, TIMES, Change, base_options

Changes = tuple[Change, ...]


def replay_sets(case: Case, sets: Sequence[Changes]) -> list[NDArray[Any]]:
    """The trades (TRADE_ROW) of a case under each set of changes, rising in entry bar."""
    request = request_of(case, sets)
    small = fill(request)
    fills = np.empty(len(small), dtype=FILL_ROW)
    for name in SMALL_FILL_ROW.names or ():
        fills[name] = small[name]
    fills["order"] = np.arange(len(small))
    close = case.panel.market.close[:, 0]
    first = np.searchsorted(fills["column"], np.arange(len(sets) + 1))
    last = np.full(len(sets), close[-1])
    trades = derive_trades(fills, first, last, len(close) - 1).exits
    cuts = np.searchsorted(trades["column"], np.arange(1, len(sets)))
    return np.split(trades, cuts)


def request_of(case: Case, sets: Sequence[Changes]) -> Request:
    """One column per set, all on the bars of the one symbol."""
    return Request(
        market=case.panel.market,
        symbols=tuple(map(str, range(len(sets)))),
        cash=case.account.cash,
        commission=case.account.commission,
        fixed=case.account.fixed,
        slippage=case.account.slippage,
        marks={name: tiled(case, marks, sets) for name, marks in case.marks.items()},
        values=values_of(case, sets),
        options=options_of(case, sets),
    )


def values_of(case: Case, sets: Sequence[Changes]) -> dict[str, Any]:
    """The script's values; a stop that a set leaves out is NaN there."""
    found = {name: value for name, value in case.values.items() if name != "price"}
    for name in SCRIPT:
        if name in found:
            dropped = [any(change.rule == name for change in changes) for changes in sets]
            found[name] = np.where(dropped, np.nan, np.float64(found[name]))
    return {name: value for name, value in found.items() if name in VALUES}


def options_of(case: Case, sets: Sequence[Changes]) -> dict[str, Any]:
    """Every option that some set changes as a list by column, the others as they are."""
    base = base_options(case)
    account = {"fees": case.account.commission, "slippage": case.account.slippage}
    options: dict[str, Any] = dict(base)
    for name in {change.rule for changes in sets for change in changes}:
        if name in MOVES or name in SCRIPT:
            continue
        ours = base.get(name, account.get(name, DEFAULTS[name]))
        options[name] = [chosen(changes, name, ours) for changes in sets]
    return options


def chosen(changes: Changes, rule: str, ours: Any) -> Any:
    """What a set says of a rule."""
    return next((change.value for change in changes if change.rule == rule), ours)


def tiled(case: Case, marks: Marks, sets: Sequence[Changes]) -> Marks:
    """The marks of the one strategy for every set, moved where a set moves them."""
    moved = [moved_bars(case, marks.bars, changes) for changes in sets]
    counts = [len(bars) for bars in moved]
    start = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return Marks(start, np.concatenate(moved).astype(np.int64))


def moved_bars(case: Case, bars: Ints, changes: Changes) -> Ints:
    """Bars of signals after the clock and the signals themselves are moved; none off the clock."""
    bars = on_clock(case, bars, chosen(changes, CLOCK, 0))
    bars = bars[bars >= 0] + chosen(changes, SIGNALS, 0)
    return bars[(bars >= 0) & (bars < len(case.panel.clock))]


def moved_by(changes: Changes) -> int:
    """Milliseconds by which a set moves the times of the reference."""
    return int(chosen(changes, CLOCK, 0)) + int(chosen(changes, TIMES, 0))


def on_clock(case: Case, bars: Ints, offset: int) -> Ints:
    """The bars some milliseconds later; -1 where the clock has no such bar, or none was given."""
    if not offset:
        return bars
    ticks = case.panel.clock.to_physical().to_numpy()
    wanted = ticks[bars] + offset
    rows = np.minimum(np.searchsorted(ticks, wanted), len(ticks) - 1)
    return np.where((ticks[rows] == wanted) & (bars >= 0), rows, -1).astype(np.int64)
