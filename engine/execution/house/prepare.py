"""A request in the numbers the loops take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.arrays import frozen
from engine.execution.house.codes import NEXT_CLOSE, NEXT_OPEN
from engine.execution.house.options import (
    COSTS,
    LEVERAGE,
    OPTIONS,
    RULES,
    VALUES,
    chosen,
    cost_of,
    grid_of,
)
from engine.execution.house.state import (
    DESK,
    HOLDING,
    Bars,
    Costs,
    Rules,
    Signals,
    Work,
)
from engine.execution.options import check_names
from engine.execution.records import (
    FILL_ROW,
    ORDER_ROW,
    BadOption,
    Floats,
    Ints,
    Market,
    Marks,
    Refused,
    Request,
    Unsupported,
)
from engine.execution.search import reach_of

SIGNALS = ("entry", "exit", "short_entry", "short_exit")


def bars_of(market: Market, symbols: int) -> Bars:
    """Prices by symbol; a bar that lacks one of its four prices is absent.

    Raises Refused for a price that is not above zero.
    """
    if np.shape(market.close)[1] != symbols:
        raise BadOption("the house model needs bars of its own for each symbol")
    prices = [np.asarray(price).T for price in market[:4]]
    sound = np.logical_and.reduce([(price > 0) & (price < np.inf) for price in prices])
    worth = prices[3]
    if sound.all():
        first, high, low, close = prices
    else:
        refuse_odd(prices, sound)
        first, high, low, close = (np.where(sound, price, np.nan) for price in prices)
    outside = (first > high) | (close > high) | (first < low) | (close < low)
    if outside.any():
        high = np.maximum(np.maximum(first, high), close)
        low = np.minimum(np.minimum(first, low), close)
    first, high, low, close = map(frozen, (first, high, low, close))
    reach = reach_of(first, high, low)
    return Bars(first, high, low, close, frozen(sound, np.uint8), frozen(worth), reach)


def refuse_odd(prices: list[Floats], sound: NDArray[np.bool_]) -> None:
    """What is neither above zero nor missing stops the run: nothing can be sized by it."""
    missing = np.logical_or.reduce([np.isnan(price) for price in prices])
    odd = np.argwhere((~sound & ~missing).T)
    if len(odd):
        bar, column = map(int, odd[0])
        raise Refused("price_not_positive", "a price must be finite and above zero", bar, column)


def rules_of(options: Mapping[str, Any]) -> Rules:
    """The choices of the run; raises BadOption for a name or a value there is not."""
    check_names("house", options, OPTIONS)
    leverage = options.get("leverage")
    levered = LEVERAGE.read("leverage", LEVERAGE.default if leverage is None else leverage)
    return Rules(**{name: chosen(options, name) for name in RULES}, leverage=levered)


def costs_in(request: Request) -> Costs:
    """What executions cost, and lots."""
    bars, symbols = len(request.market.close), len(request.symbols)
    account = {
        "commission": request.commission, "fixed": request.fixed, "slippage": request.slippage,
    }  # fmt: skip
    grids = [
        grid_of(name, cost_of(request.options, name, account.get(name)), bars, symbols)
        for name in COSTS
    ]
    if any(np.isnan(grid).any() for grid in grids):
        raise BadOption("a cost is no number; give one for every bar")
    commission, fixed, slippage, lot = grids
    if lot.shape[1] > 1:
        raise BadOption("lot does not vary by bar; give one value, or one for each symbol")
    return Costs(frozen(commission), frozen(fixed), frozen(slippage), frozen(lot[:, 0]))


def signals_of(request: Request, bars: Bars, timing: int) -> Signals:
    """Marks with the bars on which they are executed, and the values of their scripts."""
    count, symbols = len(request.market.close), len(request.symbols)
    values = values_in(request.values, count, symbols)
    none = Marks(np.zeros(symbols + 1, dtype=np.int64), np.empty(0, dtype=np.int64))
    found = [
        timed(request.marks.get(name, none), bars.there, timing, request.symbols)
        for name in SIGNALS
    ]
    starts = np.array([marks[3] for marks in found])
    shift = np.concatenate(([0], np.cumsum([len(marks[0]) for marks in found])))
    starts = starts + shift[:4, None]
    due, decided, since = (
        frozen(np.concatenate([marks[place] for marks in found]), np.int64) for place in range(3)
    )
    return Signals(
        due, decided, since, frozen(starts[:, :-1], np.int64), frozen(starts[:, 1:], np.int64),
        values["size"], values["stop_loss"], values["take_profit"], values["trailing_stop"],
    )  # fmt: skip


def values_in(values: Mapping[str, Any], bars: int, symbols: int) -> dict[str, Floats]:
    """Sizes and fractions; a price cannot be chosen."""
    if values.get("price") is not None:
        raise Unsupported(
            "house executes at the bar its option timing names; leave price out and choose timing"
        )
    return {
        name: frozen(
            grid_of(name, default if values.get(name) is None else values[name], bars, symbols)
        )
        for name, default in VALUES.items()
    }


def timed(
    marks: Marks, there: NDArray[np.uint8], timing: int, symbols: tuple[str, ...]
) -> tuple[Ints, Ints, Ints, Ints]:
    """Bars on which marks are due, decided, and since when; and where each symbol's begin.

    A mark is due on its own bar or on the next that its symbol has; one without such a bar is never
    executed.
    """
    due, decided, since, counts = [], [], [], []
    for column, name in enumerate(symbols):
        bars = marks.bars[marks.start[column] : marks.start[column + 1]]
        own = np.flatnonzero(there[column])
        place = np.searchsorted(own, bars)
        lone = np.flatnonzero(~there[column].astype(np.bool_)[bars])
        if len(lone):
            raise Unsupported(
                f"a signal is decided at the close of a bar; {name} has none at bar {bars[lone[0]]}"
            )
        begins = np.append(True, place[1:] != place[:-1] + 1)[: len(place)]
        run = bars[np.maximum.accumulate(np.where(begins, np.arange(len(place)), 0))]
        when = place + (1 if timing in (NEXT_OPEN, NEXT_CLOSE) else 0)
        kept = when < len(own)
        due.append(own[when[kept]])
        decided.append(bars[kept])
        since.append(run[kept])
        counts.append(int(kept.sum()))
    start = np.concatenate(([0], np.cumsum(counts)))
    return np.concatenate(due), np.concatenate(decided), np.concatenate(since), start


def work_of(request: Request, signals: Signals | None, tape: NDArray[Any], room: int) -> Work:
    """Money in hand, nothing held, no order made."""
    bars, symbols = len(request.market.close), len(request.symbols)
    desk = np.zeros(1, dtype=DESK)
    desk["cash"] = request.cash
    holdings = np.zeros(symbols, dtype=HOLDING)
    for name in ("stop", "trail", "target", "base", "best"):
        holdings[name] = np.nan
    holdings["long_stopped"] = holdings["short_stopped"] = -1
    cursor = np.zeros((4, symbols), dtype=np.int64) if signals is None else signals.first.copy()
    return Work(
        desk, holdings, cursor, tape, np.zeros(max(1, len(tape)), dtype=np.int64),
        np.zeros(room, dtype=ORDER_ROW), np.zeros(room, dtype=FILL_ROW), np.empty(bars),
        np.empty(bars),
    )  # fmt: skip
