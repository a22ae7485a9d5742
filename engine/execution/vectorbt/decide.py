"""What a column asks for on a bar: value it, check its stops, read its signals."""

from __future__ import annotations

import math
from typing import Any

from engine.execution.kernel import step
from engine.execution.vectorbt.search import mark_at
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
    revalue(t, column, bars, settings, work)
    option = option_at(t, column, settings, work)
    holding, wish = work.holdings[column], work.wishes[column]
    symbol = settings.symbol[column]
    price = order_price(option, t, symbol, bars)
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
                mark_at(t, 0, column, signals, work),
                mark_at(t, 1, column, signals, work),
                mark_at(t, 2, column, signals, work),
                mark_at(t, 3, column, signals, work),
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
        close, mode = bars.close[symbol, t], int(option["stop_exit_price"])
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
    spare = len(work.options) - 1
    for slot in range(work.table.shape[1]):
        work.table[spare, slot] = work.table[column, slot]
    for place in range(len(settings.varied)):
        work.table[spare, settings.varied[place]] = settings.grid[place, column, t]
    return work.options[spare]


@step
def order_price(option: Any, t: int, symbol: int, bars: Bars) -> float:
    """The price asked for: inf is the close; -inf the open, or the previous close without one."""
    price = bars.open[symbol, t] if option["at_open"] != 0 else option["price"]
    if not math.isinf(price):
        return price
    if price > 0:
        return bars.close[symbol, t]
    if not math.isnan(bars.open[symbol, t]):
        return bars.open[symbol, t]
    return bars.close[symbol, t - 1] if t > 0 else math.nan


@step
def valuation_price(option: Any, t: int, symbol: int, bars: Bars) -> float:
    """What the column is valued at: inf is the price asked for, -inf the previous close."""
    price = option["val_price"]
    if not math.isinf(price):
        return price
    if price > 0:
        return order_price(option, t, symbol, bars)
    return bars.close[symbol, t - 1] if t > 0 else math.nan


@step
def revalue(t: int, column: int, bars: Bars, settings: Settings, work: Work) -> None:
    """Value the column as of this bar; where that is NaN the last value stays (if it may).

    Bars that were skipped since the last look could have moved it too: the newest one counts.
    """
    holding, symbol = work.holdings[column], settings.symbol[column]
    option = option_at(t, column, settings, work)
    keeps = option["ffill_val_price"] != 0
    worth = valuation_price(option, t, symbol, bars)
    bar = t - 1
    while keeps and math.isnan(worth) and bar > holding["seen"]:
        worth = valuation_price(option_at(bar, column, settings, work), bar, symbol, bars)
        bar -= 1
    if not keeps or not math.isnan(worth):
        holding["valuation"] = worth
    holding["seen"] = t
