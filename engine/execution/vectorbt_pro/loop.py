"""The bar loop. Its order of phases is the specification.

Each column is an account of its own and is played bar by bar: its stops are checked; if none is hit
its signals are read and one order executed; a position opened at the open may then meet its stops
on the same bar; after an exit entries are heard again from a bar on.
"""

from __future__ import annotations

import math

from engine.execution.kernel import entry, rule, step
from engine.execution.vectorbt.codes import FAULT, FILLED
from engine.execution.vectorbt.loop import lacks_room, stop
from engine.execution.vectorbt.order import Deal, status_of
from engine.execution.vectorbt.search import LONG_ENTRY, SHORT_ENTRY
from engine.execution.vectorbt.state import Bars, Chunk, Signals
from engine.execution.vectorbt_pro.codes import (
    ENTRY_CLOSE,
    ENTRY_NONE,
    FRESH_SIGNAL,
    NO_STOP,
)
from engine.execution.vectorbt_pro.search import next_event
from engine.execution.vectorbt_pro.state import Bar, Hit, Settings, Work
from engine.execution.vectorbt_pro.stops import arm, check_stops, disarm, is_armed, slippage_of
from engine.execution.vectorbt_pro.trade import (
    acts,
    asked_at,
    deal_of_signals,
    deal_of_stop,
    value_at,
)

# A bar can write an exit and a new entry, or an entry and its exit.
ROWS_OF_A_BAR = 2


@entry
def play(bars: Bars, signals: Signals, settings: Settings, work: Work, chunk: Chunk) -> None:
    """Play the columns of a chunk from where its progress says, until all is played or room is out.

    Columns know nothing of each other, so they take turns window by window, while the prices of a
    window are at hand. ``progress["group"]`` is the column whose turn it is.
    """
    count = bars.close.shape[1]
    progress = chunk.progress[0]
    while True:
        until = min(progress["until"], count)
        while progress["group"] < chunk.last:
            if not play_column(until, bars, signals, settings, work, chunk):
                return
            progress["group"] += 1
        if until == count:
            return
        progress["group"] = chunk.first
        progress["until"] += chunk.window


@step
def play_column(
    until: int, bars: Bars, signals: Signals, settings: Settings, work: Work, chunk: Chunk
) -> bool:
    """Play one column up to a bar; false when it cannot go on."""
    column = chunk.progress[0]["group"]
    state = work.columns[column]
    while True:
        t = state["bar"]
        if chunk.skip:
            t = next_event(t, until, column, bars, signals, settings, work)
            state["bar"] = t
        if t >= until:
            return True
        if lacks_room(ROWS_OF_A_BAR, chunk):
            return False
        fault = play_bar(t, column, bars, signals, settings, work, chunk)
        if fault:
            return stop(fault, t, column, chunk)
        state["bar"] = t + 1


@step
def play_bar(
    t: int, column: int, bars: Bars, signals: Signals, settings: Settings, work: Work, chunk: Chunk
) -> int:
    """Stops, then signals, then the stops of what was opened; returns a fault or 0."""
    state, option, symbol = work.columns[column], settings.options[column], settings.symbol[column]
    bar = Bar(
        bars.first[symbol, t], bars.high[symbol, t], bars.low[symbol, t], bars.close[symbol, t],
        bars.open[symbol, t],
    )  # fmt: skip
    source = value_at(settings.values.price, column, t)
    price = order_price(source, bar)
    stopped = acting = False
    if option["signal_first"] != 0:
        acting = acts(asked_at(t, column, False, signals, settings, work), state["position"])
    if is_armed(state) and not acting:
        hit = check_stops(option, state, bar)
        stopped = hit.kind != NO_STOP
        if stopped:
            fault = leave(t, column, hit, signals, settings, work, chunk)
            if fault or state["position"] != 0:
                return fault
            if t < min(state["long_from"], state["short_from"]):
                return 0
    asked = asked_at(t, column, stopped, signals, settings, work)
    before = state["position"]
    size = value_at(settings.values.size, column, t)
    quantity, deal = deal_of_signals(option, state, asked, size, price)
    if quantity == 0:
        return 0
    write(t, column, quantity, price, deal, work, chunk)
    if deal.code >= FAULT:
        return deal.code
    book(t, column, deal, signals, settings, work)
    if deal.code != FILLED or not opened(before, state["position"]):
        return 0
    values = settings.values
    arm(
        option, state, value_at(values.stop_loss, column, t),
        value_at(values.take_profit, column, t), value_at(values.trailing_stop, column, t), bar,
        price, deal.price,
    )  # fmt: skip
    mode = int(option["entry_bar_stops"])
    if mode == ENTRY_NONE or stopped or source != -math.inf or not is_armed(state):
        return 0
    if mode == ENTRY_CLOSE:
        bar = Bar(bar.close, bar.close, bar.close, bar.close, bar.open)
    hit = check_stops(option, state, bar)
    if hit.kind == NO_STOP:
        return 0
    return leave(t, column, hit, signals, settings, work, chunk)


@rule
def leave(
    t: int, column: int, hit: Hit, signals: Signals, settings: Settings, work: Work, chunk: Chunk
) -> int:
    """Close what is held where a stop was hit; returns a fault or 0."""
    state, option = work.columns[column], settings.options[column]
    deal = deal_of_stop(option, state, hit.price, slippage_of(option, hit.kind))
    write(t, column, -state["position"], hit.price, deal, work, chunk)
    if deal.code >= FAULT:
        return deal.code
    book(t, column, deal, signals, settings, work)
    return 0


@rule
def order_price(asked: float, bar: Bar) -> float:
    """The price of a signal's order: inf is the close of the bar, -inf its open."""
    if not math.isinf(asked):
        return asked
    return bar.close if asked > 0 else bar.open


@rule
def opened(before: float, position: float) -> bool:
    """Whether a fill left a position of another side than before."""
    return (position > 0 and not before > 0) or (position < 0 and not before < 0)


@rule
def book(t: int, column: int, deal: Deal, signals: Signals, settings: Settings, work: Work) -> None:
    """Money and position after a deal; flat means no stops, and entries wait for their bar."""
    state, option = work.columns[column], settings.options[column]
    held = state["position"]
    state["cash"] = deal.purse.cash
    state["free"] = deal.purse.free
    state["position"] = deal.purse.position
    state["debt"] = deal.purse.debt
    if deal.code != FILLED or held == 0 or state["position"] != 0:
        return
    disarm(state)
    heard = t + int(option["reentry_bars"])
    if int(option["reentry_signal"]) != FRESH_SIGNAL:
        state["long_from"] = heard
        state["short_from"] = heard
        return
    long = stale_until(t, LONG_ENTRY, column, signals, work)
    short = stale_until(t, SHORT_ENTRY, column, signals, work)
    state["long_from"] = max(heard, long, state["long_from"])
    state["short_from"] = max(heard, short, state["short_from"])


@rule
def stale_until(t: int, signal: int, column: int, signals: Signals, work: Work) -> int:
    """The first bar after a bar at which a signal is no longer the one that was on there."""
    place, last = work.cursor[signal, column], signals.last[signal, column]
    while place < last and signals.bars[place] < t:
        place += 1
    while place < last and signals.bars[place] == t:
        place += 1
        t += 1
    return t


@rule
def write(
    t: int, column: int, quantity: float, price: float, deal: Deal, work: Work, chunk: Chunk
) -> None:
    """Log the order, and what it filled."""
    progress = chunk.progress[0]
    if chunk.log:
        order = chunk.orders[progress["ordered"]]
        progress["ordered"] += 1
        order["bar"] = t
        order["column"] = column
        order["quantity"] = quantity
        order["price"] = price
        order["status"] = status_of(deal.code)
        order["reason"] = deal.code
        order["cash"] = deal.purse.cash
        order["position"] = deal.purse.position
    if deal.code == FILLED:
        row = chunk.fills[progress["filled"]]
        progress["filled"] += 1
        row["bar"] = t
        row["column"] = column
        row["quantity"] = deal.size if quantity > 0 else -deal.size
        row["price"] = deal.price
        row["commission"] = deal.fees
