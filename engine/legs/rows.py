"""A table of bars and signals as the arrays that are played on, and what came of it as columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl

from engine.columns import column_of
from engine.execution.records import Floats, Ints
from engine.legs.loop import Lines, Prices, Symbols, Trips, count_trips, play, units

Execution = Literal["close", "next_open", "next_close"]
Cost = float | str | Mapping[str, float]
DELAY: Final = {"close": 1, "next_open": 1, "next_close": 2}
NOTHING: Final[Floats] = np.empty(0)
NO_ORDER: Final[Ints] = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one frame, each in its symbol's turn, and how they are traded."""

    prices: Prices
    symbols: Symbols
    execution: Execution

    @property
    def alone(self) -> bool:
        """Whether there is one symbol, so that what it does is what the account does."""
        return len(self.symbols.rate) == 1

    def play(self, *lines: str, weighted: bool = True) -> tuple[list[pl.Series], Trips]:
        """Some of ``Lines`` as columns, null where a cost is unknown, and all trades.

        Without ``weighted`` every symbol is an account of its own.
        """
        symbols, height = self.symbols, len(self.prices.close)
        if not weighted:
            symbols = symbols._replace(weight=np.ones(len(symbols.rate)))
        room = Lines(*(np.empty(height if name in lines else 0) for name in Lines._fields))
        trips = _room_for(count_trips(self.prices.signal, symbols))
        found, unknown = play(self.prices, symbols, *self._when, room, trips)
        columns = [column_of(getattr(room, name)).alias(name) for name in lines]
        if unknown:
            columns = [column.fill_nan(None) for column in columns]
        return columns, Trips._make(rows[:found] for rows in trips)

    def units(self) -> pl.DataFrame:
        """What a unit held all along earns before and after a row's trades, and what one costs."""
        carried, held, rate = (np.empty(len(self.prices.close)) for _ in range(3))
        units(self.prices, self.symbols, self._when[1], carried, held, rate)
        return pl.DataFrame({"carried": carried, "held": held, "rate": rate})

    @property
    def _when(self) -> tuple[int, bool]:
        return DELAY[self.execution], self.execution == "next_open"


def rows_of(
    frame: pl.DataFrame,
    execution: Execution,
    costs: tuple[Cost, ...],
    weights: Mapping[str, float] | None,
) -> Rows:
    """Rows of symbol, signal, close, and open if it is traded there; equal weights if None."""
    start, order, names = _turns(frame["symbol"])
    shares = dict.fromkeys(names, 1.0 / max(len(names), 1)) if weights is None else weights
    opened = execution == "next_open"
    symbols = Symbols(
        start=start,
        order=order,
        weight=np.array([float(shares[name]) for name in names]),
        rate=np.array([sum(_flat(cost, name) for cost in costs) for name in names], dtype=float),
    )
    varying = [_floats(frame[cost]) for cost in costs if isinstance(cost, str)]
    prices = Prices(
        open=_floats(frame["open"]) if opened else NOTHING,
        close=_floats(frame["close"]),
        signal=_floats(frame["signal"]),
        rate=sum(varying[1:], start=varying[0]) if varying else NOTHING,
    )
    return Rows(prices, symbols, execution)


def _turns(symbols: pl.Series) -> tuple[Ints, Ints, list[str]]:
    """Where each symbol's rows begin, their order unless they are one after the other, its name."""
    if symbols.len() and bool((symbols == symbols[0]).all()):
        return np.array([0, symbols.len()]), NO_ORDER, [symbols[0]]
    runs, order = symbols.rle(), NO_ORDER
    if runs.struct.field("value").n_unique() < runs.len():
        numbered = (
            symbols.to_frame("symbol").with_row_index("row").sort("symbol", maintain_order=True)
        )
        runs, order = numbered["symbol"].rle(), numbered["row"].cast(pl.Int64()).to_numpy()
    ends = runs.struct.field("len").cum_sum().to_list()
    return np.array([0, *ends]), order, runs.struct.field("value").to_list()


def _flat(cost: Cost, symbol: str) -> float:
    """What is the same on all bars of a symbol."""
    if isinstance(cost, str):
        return 0.0
    return float(cost[symbol]) if isinstance(cost, Mapping) else float(cost)


def _floats(column: pl.Series) -> Floats:
    """NaN where nothing is; read-only, so that a loop is compiled once."""
    array: Floats = column.cast(pl.Float64()).to_numpy()
    array.setflags(write=False)
    return array


def _room_for(trips: int) -> Trips:
    return Trips._make(np.empty(trips, kind) for kind in ("i8", "i8", "i8", "i8", "f8", "f8"))
