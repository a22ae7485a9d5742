"""The bar loop of signals. Its order of phases is the specification.

Each bar: what a stop sent away leaves at the open; signals that are due at the open act; stops and
targets are looked at; at the close what they sent away leaves; signals that are due at the close
act; the account is valued.

Signals act in two rounds, so that what is sold can pay for what is bought: first every symbol
leaves, then every symbol enters, both in the order of the symbols.
"""

from __future__ import annotations

import math

from engine.execution.house.account import at, deal, slipped, wanted
from engine.execution.house.codes import (
    ALL_CASH,
    AT_CLOSE,
    AT_LEVEL,
    AT_NEXT_OPEN,
    BY_ENTRY,
    BY_EXIT,
    BY_REVERSAL,
    BY_TARGET,
    FILLED,
    FRESH,
    IGNORE,
    NEXT_OPEN,
    NONE,
    REVERSE,
    SKIP_BAR,
)
from engine.execution.house.series import rest, tell, value_at
from engine.execution.house.state import Bars, Costs, Rules, Signals, Work
from engine.execution.house.stops import (
    arm,
    disarm,
    follow,
    follow_until,
    is_armed,
    next_stop,
    reached,
)
from engine.execution.kernel import entry, rule
from engine.execution.records import Floats, Ints

LONG_ENTRY, LONG_EXIT, SHORT_ENTRY, SHORT_EXIT = 0, 1, 2, 3
NEVER = 2**62
# The most orders one symbol can make on one bar.
MOST = 6


@entry
def play_signals(
    bars: Bars, signals: Signals, rules: Rules, costs: Costs, work: Work, skip: bool
) -> None:
    """Play from where the desk says until the bars end or room is out.

    With ``skip`` bars on which nothing can happen are only valued; both ways give the same.
    """
    desk, count = work.desk[0], bars.close.shape[1]
    while desk["bar"] < count:
        t = desk["bar"]
        until = next_event(t, count, bars, signals, work) if skip else t
        rest(t, until, bars, work)
        t = desk["bar"] = until
        if t == count or desk["orders"] + MOST * len(work.holdings) > len(work.orders):
            return
        value_at(bars.open, t, work)
        if rules.stop_fill == AT_NEXT_OPEN:
            send_away(t, bars.open, bars, costs, rules, work)
        if rules.timing == NEXT_OPEN:
            act(t, bars.open, bars, signals, rules, costs, work)
        look_at_stops(t, bars, rules, costs, work)
        value_at(bars.worth, t, work)
        if rules.stop_fill == AT_CLOSE:
            send_away(t, bars.close, bars, costs, rules, work)
        if rules.timing != NEXT_OPEN:
            act(t, bars.close, bars, signals, rules, costs, work)
        tell(t, work)
        desk["bar"] = t + 1


@rule
def send_away(t: int, prices: Floats, bars: Bars, costs: Costs, rules: Rules, work: Work) -> None:
    """Positions whose stop or target was reached are closed at the market."""
    for column in range(len(work.holdings)):
        reason = work.holdings[column]["leaving"]
        if reason != 0 and bars.there[column, t] != 0:
            leave(t, column, prices[column, t], reason, rules, costs, work)


@rule
def look_at_stops(t: int, bars: Bars, rules: Rules, costs: Costs, work: Work) -> None:
    """Positions that this bar stops, or that reach their target."""
    for column in range(len(work.holdings)):
        holding = work.holdings[column]
        looks = holding["size"] != 0 and holding["leaving"] == 0 and holding["checked"] <= t
        if not looks or bars.there[column, t] == 0 or not is_armed(holding):
            continue
        first, high, low = bars.open[column, t], bars.high[column, t], bars.low[column, t]
        reason, price = reached(holding, first, high, low, rules)
        if reason == 0:
            follow(holding, high, low)
            continue
        if holding["size"] > 0:
            holding["long_stopped"] = t
        else:
            holding["short_stopped"] = t
        holding["leaving"] = reason
        if rules.stop_fill == AT_LEVEL:
            leave(t, column, price, reason, rules, costs, work)


@rule
def act(
    t: int, prices: Floats, bars: Bars, signals: Signals, rules: Rules, costs: Costs, work: Work
) -> None:
    """Signals that are due on this bar, at its open or its close."""
    for column in range(len(work.holdings)):
        if bars.there[column, t] != 0:
            read(t, column, prices[column, t], signals, rules, costs, work)
        else:
            work.holdings[column]["wish"] = 0
    for column in range(len(work.holdings)):
        if work.holdings[column]["wish"] != 0:
            enter(t, column, prices[column, t], bars, signals, rules, costs, work)


@rule
def read(
    t: int, column: int, price: float, signals: Signals, rules: Rules, costs: Costs, work: Work
) -> None:
    """What a symbol's signals come to: it leaves at once, and notes the side it is to enter.

    An entry and an exit of one side drop each other, then entries of both sides do.
    """
    holding = work.holdings[column]
    held = holding["size"]
    holding["wish"] = 0
    long = counts(t, LONG_ENTRY, column, holding["long_stopped"], signals, rules, work)
    short = counts(t, SHORT_ENTRY, column, holding["short_stopped"], signals, rules, work)
    no_long = due(t, LONG_EXIT, column, signals, work.cursor) >= 0
    no_short = due(t, SHORT_EXIT, column, signals, work.cursor) >= 0
    if long and no_long:
        long = no_long = False
    if short and no_short:
        short = no_short = False
    if long and short:
        long = short = False
    against = (held > 0 and short) or (held < 0 and long)
    exits = (held > 0 and no_long) or (held < 0 and no_short)
    if exits or (against and rules.opposite != IGNORE):
        reason = BY_EXIT if exits else BY_REVERSAL
        leave(t, column, price, reason, rules, costs, work)
    if held == 0 or (against and rules.opposite == REVERSE):
        holding["wish"] = 1 if long else (-1 if short else 0)


@rule
def counts(
    t: int, signal: int, column: int, stopped: int, signals: Signals, rules: Rules, work: Work
) -> bool:
    """Whether an entry is due that the re-entry rule lets count."""
    place = due(t, signal, column, signals, work.cursor)
    if place < 0:
        return False
    if rules.reentry == FRESH:
        return signals.since[place] >= stopped
    if rules.reentry == SKIP_BAR:
        holding, decided = work.holdings[column], signals.decided[place]
        return decided != holding["long_stopped"] and decided != holding["short_stopped"]
    return True


@rule
def enter(
    t: int, column: int, price: float, bars: Bars, signals: Signals, rules: Rules, costs: Costs,
    work: Work,
) -> None:  # fmt: skip
    """Open a position, as large as its size says, and arm its stops."""
    holding = work.holdings[column]
    buys = holding["wish"] > 0
    signal = LONG_ENTRY if buys else SHORT_ENTRY
    decided = signals.decided[due(t, signal, column, signals, work.cursor)]
    price = slipped(price, buys, at(costs.slippage, column, t))
    size, unit = at(signals.size, column, decided), rules.sizing
    if math.isnan(size):
        size, unit = 1.0, ALL_CASH
    units = wanted(unit, size if buys else -size, column, price, costs.lot[column], work)
    status = write(t, column, units, price, BY_ENTRY, rules, costs, work)
    if status == FILLED:
        at_open = rules.timing == NEXT_OPEN
        arm(t, column, decided, price, at_open, holding, bars, signals, rules)


@rule
def leave(
    t: int, column: int, price: float, reason: int, rules: Rules, costs: Costs, work: Work
) -> None:
    """Close a position; a target that fills at its level is a limit order and does not slip."""
    holding = work.holdings[column]
    limit = reason == BY_TARGET and rules.stop_fill == AT_LEVEL
    if not limit:
        price = slipped(price, holding["size"] < 0, at(costs.slippage, column, t))
    write(t, column, -holding["size"], price, reason, rules, costs, work)
    disarm(holding)


@rule
def write(
    t: int, column: int, units: float, price: float, reason: int, rules: Rules, costs: Costs,
    work: Work,
) -> int:  # fmt: skip
    """Execute an order and log it; what is cut down is told by its fill."""
    desk = work.desk[0]
    number, before = desk["orders"], desk["fills"]
    desk["orders"] += 1
    status, why = deal(t, column, units, price, number, rules, costs, work)
    row = work.orders[number]
    row["bar"], row["column"], row["status"] = t, column, status
    row["quantity"] = units
    if math.isinf(units) and desk["fills"] > before:
        row["quantity"] = work.fills[before]["quantity"]
    row["price"] = price if status == FILLED else math.nan
    row["reason"] = reason if why == NONE else why
    row["cash"], row["position"] = desk["cash"], work.holdings[column]["size"]
    return status


@rule
def due(t: int, signal: int, column: int, signals: Signals, cursor: Ints) -> int:
    """The place of the mark that is due on bar t, -1 if there is none."""
    place = next_mark(t, signal, column, signals, cursor)
    return place if place >= 0 and signals.due[place] == t else -1


@rule
def next_mark(t: int, signal: int, column: int, signals: Signals, cursor: Ints) -> int:
    """The place of the first mark that is due from bar t on, -1 if there is none."""
    place, last = cursor[signal, column], signals.last[signal, column]
    while place < last and signals.due[place] < t:
        place += 1
    cursor[signal, column] = place
    return place if place < last else -1


@rule
def sooner(t: int, end: int, signal: int, column: int, signals: Signals, cursor: Ints) -> int:
    """The bar on which the next mark is due, or ``end`` if that comes first."""
    place = next_mark(t, signal, column, signals, cursor)
    return min(end, signals.due[place]) if place >= 0 else end


@rule
def next_event(t: int, end: int, bars: Bars, signals: Signals, work: Work) -> int:
    """The first bar from t on on which anything can happen to any symbol."""
    for column in range(len(work.holdings)):
        if end <= t:
            return t
        end = next_of(t, end, column, bars, signals, work)
    for column in range(len(work.holdings)):
        follow_until(t, end, column, bars, work.holdings[column])
    return end


@rule
def next_of(t: int, end: int, column: int, bars: Bars, signals: Signals, work: Work) -> int:
    """The same of one symbol. Entries of the held side and exits of the other ask for nothing."""
    holding = work.holdings[column]
    held = holding["size"]
    if holding["leaving"] != 0:
        return t
    if not held > 0:
        end = sooner(t, end, LONG_ENTRY, column, signals, work.cursor)
    if not held < 0:
        end = sooner(t, end, SHORT_ENTRY, column, signals, work.cursor)
    if held > 0:
        end = sooner(t, end, LONG_EXIT, column, signals, work.cursor)
    if held < 0:
        end = sooner(t, end, SHORT_EXIT, column, signals, work.cursor)
    if held == 0 or not is_armed(holding):
        return end
    return next_stop(t, end, column, bars, holding)
