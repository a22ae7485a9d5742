"""What a column asks for on a bar: value it, check its stops, read its signals."""

from __future__ import annotations

import math
from typing import Any

from engine.execution.kernel import rule, step
from engine.execution.vectorbt.search import (
    LONG_ENTRY,
    LONG_EXIT,
    SHORT_ENTRY,
    SHORT_EXIT,
    next_mark,
)
from engine.execution.vectorbt.signals import Asked, ask_stop, resolve, want
from engine.execution.vectorbt.state import Bars, Settings, Signals, Work
from engine.execution.vectorbt.stops import check_stops, exit_terms, is_armed, trail


@step
def decide(
    t: int, column: int, bars: Bars, signals: Signals, settings: Settings, work: Work
) -> int:
    """Write the column's wish of this bar; returns a fault or 0.

    A stop that is hit discards the signals of the bar.
    """
    option = option_at(t, column, settings, work)
    holding, wish = work.holdings[column], work.wishes[column]
    symbol = settings.symbol[column]
    opening, close = bars.open[symbol, t], bars.close[symbol, t]
    before = bars.close[symbol, t - 1] if t > 0 else math.nan
    price = order_price(option, opening, close, before)
    worth = valuation_price(option, price, before)
    if math.isnan(worth) and option["ffill_val_price"] != 0:
        worth = latest_worth(t, column, bars, settings, work)
        option = option_at(t, column, settings, work)
    holding["valuation"] = worth
    holding["seen"] = t
    slippage = option["slippage"]
    position, accumulate = holding["position"], int(option["accumulate"])
    hit = math.nan
    if is_armed(holding):
        high, low = bars.high[symbol, t], bars.low[symbol, t]
        fault, hit = check_stops(holding, bars.first[symbol, t], high, low)
        if fault:
            return fault
        trail(holding, high, low)
    if math.isnan(hit):
        asked = resolve(
            Asked(
                next_mark(t, LONG_ENTRY, column, signals, work.cursor) == t,
                next_mark(t, LONG_EXIT, column, signals, work.cursor) == t,
                next_mark(t, SHORT_ENTRY, column, signals, work.cursor) == t,
                next_mark(t, SHORT_EXIT, column, signals, work.cursor) == t,
                accumulate,
            ),
            position,
            int(option["upon_long_conflict"]),
            int(option["upon_short_conflict"]),
            int(option["upon_dir_conflict"]),
            int(option["upon_opposite_entry"]),
        )
    else:
        asked = ask_stop(position, int(option["upon_stop_exit"]), accumulate)
        mode = int(option["stop_exit_price"])
        price, slippage = exit_terms(mode, hit, price, close, slippage)
    unit, rust = int(option["size_type"]), option["rust"] != 0
    wanted = want(asked, position, option["size"], unit, holding["valuation"], rust)
    wish["quantity"] = wanted.quantity
    wish["unit"] = wanted.unit
    wish["direction"] = wanted.direction
    wish["price"] = price
    wish["slippage"] = slippage
    return wanted.fault


@step
def option_at(t: int, column: int, settings: Settings, work: Work) -> Any:
    """The options of a column on a bar; the record is good until the next call."""
    if len(settings.varied) == 0:
        return work.options[column]
    return varied_option(t, column, settings, work)


@rule
def varied_option(t: int, column: int, settings: Settings, work: Work) -> Any:
    """The constant options of a column, with those that vary by bar laid over them."""
    spare = len(work.options) - 1
    for slot in range(work.table.shape[1]):
        work.table[spare, slot] = work.table[column, slot]
    for place in range(len(settings.varied)):
        work.table[spare, settings.varied[place]] = settings.grid[place, column, t]
    return work.options[spare]


@rule
def order_price(option: Any, opening: float, close: float, before: float) -> float:
    """The price asked for: inf is the close; -inf the open, or without one the close before it."""
    price = opening if option["at_open"] != 0 else option["price"]
    if not math.isinf(price):
        return price
    if price > 0:
        return close
    return before if math.isnan(opening) else opening


@rule
def valuation_price(option: Any, price: float, before: float) -> float:
    """What the column is valued at: inf is the price asked for, -inf the previous close."""
    if not math.isinf(option["val_price"]):
        return option["val_price"]
    return price if option["val_price"] > 0 else before


@rule
def latest_worth(t: int, column: int, bars: Bars, settings: Settings, work: Work) -> float:
    """The newest number the column was valued at up to a bar.

    Bars that were passed over since the last look count as well, the newest one first.
    """
    holding, symbol = work.holdings[column], settings.symbol[column]
    bar = t
    while bar > holding["seen"]:
        option = option_at(bar, column, settings, work)
        before = bars.close[symbol, bar - 1] if bar > 0 else math.nan
        price = order_price(option, bars.open[symbol, bar], bars.close[symbol, bar], before)
        worth = valuation_price(option, price, before)
        if not math.isnan(worth):
            return worth
        bar -= 1
    return holding["valuation"]
