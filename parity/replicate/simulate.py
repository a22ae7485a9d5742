"""A batch under an execution model: its fills, trades and money, for all strategies at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import OptionError, ParamsIncomplete, PlatformRefusal
from engine.execution import MODELS
from engine.execution.records import BadOption, Floats, Marks, Refused, Request, Unsupported
from engine.execution.vectorbt.exits import Exits, exits_of, places_of
from engine.execution.vectorbt.measure import Measured, measured
from parity.replicate.prices import Prices
from parity.replicate.settings import Settings
from parity.replicate.signals import Signals

STOPS = ("stop_loss", "take_profit", "trailing_stop")


class Fill(Protocol):
    """What a model needs to be used here: the fills of many strategies, SMALL_FILL_ROW."""

    def __call__(self, request: Request) -> NDArray[Any]:
        """Fills by column and then by bar."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What the model did. ``unsupported`` says why for the strategies it cannot express."""

    exits: Exits
    measured: Measured
    fills: NDArray[Any]
    unsupported: dict[int, str]


def stops_of(signals: Signals, params: dict[str, Any], address: str) -> dict[str, Floats]:
    """Stops in the order of the signals; ParamsIncomplete for a strategy without a row."""
    row_of = {name: row for row, name in enumerate(params["ids"])}
    lacking = [name for name in signals.strategies if name not in row_of]
    if lacking:
        raise ParamsIncomplete(
            f"{address}: no row for strategy {lacking[0]!r}"
            + (f" and {len(lacking) - 1} more" if len(lacking) > 1 else "")
        )
    rows = np.array([row_of[name] for name in signals.strategies])
    return {name: params[name][rows] for name in STOPS}


def replay(
    signals: Signals, stops: dict[str, Floats], prices: Prices, settings: Settings
) -> Replay:
    """Play a batch.

    Strategies that the model cannot express are left out and told. Raises OptionError for an
    option the model does not have and PlatformRefusal where the platform would stop the run.
    """
    request = request_of(signals, stops, prices, settings)
    try:
        fills, unsupported = fills_of(request, settings.model)
    except BadOption as error:
        raise OptionError(f"model {settings.model}: {error}") from error
    except Refused as refusal:
        where = signals.strategies[refusal.column] if refusal.column >= 0 else "?"
        raise PlatformRefusal(refusal.reason, f"{refusal} (strategy {where!r})") from refusal
    columns = len(signals.strategies)
    exits = trades_of(fills, columns, prices)
    return Replay(exits, measured_of(fills, columns, prices, settings), fills, unsupported)


def trades_of(fills: NDArray[Any], columns: int, prices: Prices) -> Exits:
    """The exit trades of all strategies."""
    last = len(prices.times) - 1
    return exits_of(fills, places_of(fills, columns), float(prices.market.close[last, 0]), last)


def measured_of(fills: NDArray[Any], columns: int, prices: Prices, settings: Settings) -> Measured:
    """The money of all strategies, and their daily returns."""
    return measured(fills, places_of(fills, columns), prices.closes, settings.cash)


def fills_of(request: Request, model: str) -> tuple[NDArray[Any], dict[int, str]]:
    """The fills of all strategies, or of those that the model can express."""
    fill: Fill = MODELS[model].fill
    try:
        return fill(request), {}
    except Unsupported:
        pass
    unsupported: dict[int, str] = {}
    for column in range(len(request.symbols)):
        try:
            fill(only(request, np.array([column])))
        except Unsupported as reason:
            unsupported[column] = str(reason)
    kept = np.array([c for c in range(len(request.symbols)) if c not in unsupported], dtype=int)
    if not len(kept):
        return fill(only(request, kept)), unsupported
    fills = fill(only(request, kept))
    fills["column"] = kept[fills["column"]]
    return fills, unsupported


def only(request: Request, columns: NDArray[np.int64]) -> Request:
    """The same request for some of its strategies."""
    return Request(
        market=request.market,
        symbols=tuple(request.symbols[column] for column in columns),
        cash=request.cash,
        commission=request.commission,
        fixed=request.fixed,
        slippage=request.slippage,
        marks={name: picked(marks, columns) for name, marks in request.marks.items()},
        values={
            name: value[columns] if isinstance(value, np.ndarray) else value
            for name, value in request.values.items()
        },
        options=request.options,
    )


def picked(marks: Marks, columns: NDArray[np.int64]) -> Marks:
    """The marks of some columns."""
    own = [marks.bars[marks.start[c] : marks.start[c + 1]] for c in columns]
    start = np.concatenate(([0], np.cumsum([len(bars) for bars in own]))).astype(np.int64)
    return Marks(start, np.concatenate([*own, np.empty(0, dtype=np.int64)]))


def request_of(
    signals: Signals, stops: dict[str, Floats], prices: Prices, settings: Settings
) -> Request:
    """One column per strategy on the bars of one symbol."""
    marks = signals.marks
    if settings.entry_price == "next_open":
        marks = {name: later(own, len(prices.times)) for name, own in marks.items()}
    price = "close" if settings.entry_price == "close" else "open"
    return Request(
        market=prices.market,
        symbols=signals.strategies,
        cash=settings.cash,
        commission=settings.fees,
        fixed=settings.fixed,
        slippage=settings.slippage,
        marks=marks,
        values={"size": settings.size, "price": price, **stops},
        options=settings.options,
    )


def later(marks: Marks, bars: int) -> Marks:
    """The same signals one bar later; one on the last bar never comes."""
    kept = marks.bars + 1 < bars
    gone = np.concatenate(([0], np.cumsum(~kept)))[marks.start]
    return Marks(marks.start - gone, marks.bars[kept] + 1)
