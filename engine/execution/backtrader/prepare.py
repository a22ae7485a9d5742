"""A request in the numbers the loop takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.arrays import frozen
from engine.execution.backtrader.options import OPTIONS, PER_SYMBOL, per_symbol, single
from engine.execution.backtrader.state import (
    DESK,
    EXECUTION,
    HOLDING,
    ORDER,
    SCHEME,
    Bars,
    Broker,
    Settings,
)
from engine.execution.backtrader.tape import rows_of
from engine.execution.options import check_names
from engine.execution.records import BadOption, Market, Refused, Request, Unsupported
from engine.execution.search import reach_of

# Names of Settings in the order of its fields.
RUN = (
    "idiom", "cheat_on_open", "cheat_on_close", "checksubmit", "shortcash", "slip_perc",
    "slip_fixed", "slip_open", "slip_limit", "slip_match", "slip_out", "filler", "filler_size",
    "filler_perc", "filler_minmov", "sizer", "sizer_stake", "sizer_percents",
)  # fmt: skip


def prepare(request: Request) -> tuple[Bars, Settings, Broker]:
    """Check every option and row and put them in place; raises BadOption, Unsupported, Refused."""
    check_names("backtrader", request.options, OPTIONS)
    if request.tape is None:
        raise Unsupported("signals are for vectorbt; give an order tape")
    settings, schemes = settings_of(request), schemes_of(request)
    if np.shape(request.market.close)[1] != len(request.symbols):
        raise BadOption("a tape needs bars of its own for each symbol")
    bars = bars_of(request.market)
    rows, groups = rows_of(request.tape, bars.there, bracket=settings.bracket)
    if request.cash / 100.0 == 0:
        raise Refused("division_by_zero", "an account of nothing has no shares to be valued in")
    return bars, settings, broker_of(request, rows, schemes, groups)


def settings_of(request: Request) -> Settings:
    """Options of the whole run."""
    account = {"slip_perc": request.slippage}
    values = [single(request.options, name, account.get(name)) for name in RUN]
    return Settings(bool(values[0]), *values[1:])


def schemes_of(request: Request) -> NDArray[Any]:
    """The commission scheme of each symbol: without a type, a margin makes it a futures scheme."""
    count = len(request.symbols)
    account = {"commission": request.commission}
    given = {
        name: np.array(per_symbol(request.options, name, count, account.get(name)))
        for name in PER_SYMBOL
    }
    schemes = np.zeros(count, dtype=SCHEME)
    auto, margin = given["commtype"] == 0, given["margin"]
    stock = np.where(auto, margin == 0, given["stocklike"])
    per_unit = np.where(auto, margin != 0, given["commtype"] == 2)
    scale = np.where((per_unit == 0) & ~given["percabs"], 100.0, 1.0)
    schemes["rate"] = given["commission"] / scale
    schemes["fee"] = request.fixed
    schemes["margin"] = np.where(~stock.astype(bool) & (margin == 0), 1.0, margin)
    for name in ("mult", "leverage", "automargin"):
        schemes[name] = given[name]
    schemes["per_unit"], schemes["stock"] = per_unit, stock
    return schemes


def bars_of(market: Market) -> Bars:
    """Prices by symbol, and how far each bar reaches for an order that waits."""
    prices = [frozen(np.asarray(price).T) for price in market]
    first, high, low, close, volume = prices
    there = ~(np.isnan(first) & np.isnan(high) & np.isnan(low) & np.isnan(close))
    # A trailing order follows the close, which bad data puts outside its bar.
    bottom, top = np.fmin(np.fmin(first, low), close), np.fmax(np.fmax(first, high), close)
    reach = reach_of(bottom, top, bottom)
    return Bars(first, high, low, close, volume, frozen(there, np.uint8), reach)


def broker_of(request: Request, rows: NDArray[Any], schemes: NDArray[Any], groups: int) -> Broker:
    """Money in hand, nothing held or sent; room for an execution of each row to start with."""
    symbols, count = len(request.symbols), len(request.market.close)
    desk = np.zeros(1, dtype=DESK)
    desk["cash"] = desk["value"] = request.cash
    holdings = np.zeros(symbols, dtype=HOLDING)
    holdings["bar"] = -1
    queue = np.zeros(max(1, len(rows)), dtype=np.int64)
    return Broker(
        desk,
        rows,
        orders=np.zeros(len(rows), dtype=ORDER),
        holdings=holdings,
        schemes=schemes,
        submitted=queue,
        waiting=queue.copy(),
        arming=queue.copy(),
        completed=queue.copy(),
        touched=np.zeros(symbols, dtype=np.int64),
        leaders=np.full(max(1, groups), -1, dtype=np.int64),
        executions=np.empty(len(rows) + 16, dtype=EXECUTION),
        cash=np.empty(count),
        equity=np.empty(count),
    )
