"""A request in the numbers the loop takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.arrays import frozen
from engine.execution.options import check_names
from engine.execution.records import BadOption, Floats, Marks, Refused, Request, Unsupported
from engine.execution.vectorbt.bars import bars_of
from engine.execution.vectorbt.codes import REFUSALS, STOP_NEGATIVE
from engine.execution.vectorbt.options import encoded, fitted
from engine.execution.vectorbt.prepare import numeric
from engine.execution.vectorbt.sides import NAMES, directed_signals, four_signals
from engine.execution.vectorbt.state import Bars, Signals
from engine.execution.vectorbt_pro.codes import AT_NEXT_OPEN
from engine.execution.vectorbt_pro.options import ACCOUNT, OPTIONS, PER_COLUMN, VALUES
from engine.execution.vectorbt_pro.state import OPTION_ROW, Settings, Values

Shape = tuple[int, int]

# What the arithmetic of orders asks for besides: no cap, any size, no locks, parts are allowed.
FIXED = {
    "max_size": np.inf,
    "size_granularity": np.nan,
    "lock_cash": 0.0,
    "allow_partial": 1.0,
    "rust": 0.0,
}


class Prepared(NamedTuple):
    """The loop's inputs, the names of the columns and the money each starts with."""

    bars: Bars
    signals: Signals
    settings: Settings
    symbols: tuple[str, ...]
    cash: Floats


def prepare(request: Request) -> Prepared:
    """Check every option and value and put them in place; raises BadOption and Unsupported."""
    check_names("vectorbt_pro", request.options, OPTIONS)
    if request.tape is not None:
        raise Unsupported("vectorbt_pro plays signals; an order tape is beyond this model")
    (bars, symbols), columns = np.shape(request.market.close), len(request.symbols)
    if symbols not in (1, columns):
        raise BadOption(f"the market has {symbols} symbols for {columns} columns")
    options = options_of(request, (bars, columns))
    late = options["entry_price"] == AT_NEXT_OPEN
    marks = {name: later(marks, late, bars) for name, marks in request.marks.items()}
    settings = Settings(
        frozen(np.arange(columns) % symbols, np.int64),
        options,
        values_of(request.values, options["entry_price"], late, (bars, columns)),
    )
    signals = signals_of(marks, request, (bars, columns))
    return Prepared(
        bars_of(request.market), signals, settings, request.symbols, options["init_cash"].copy()
    )


def options_of(request: Request, shape: Shape) -> NDArray[Any]:
    """An OPTION_ROW per column; costs and cash are the account's where no option says otherwise."""
    table = np.zeros(shape[1], dtype=OPTION_ROW)
    account = {option: getattr(request, name) for option, name in ACCOUNT.items()}
    for name, option in PER_COLUMN.items():
        given = request.options.get(name)
        given = account.get(name, option.default) if given is None else given
        if name == "direction":
            continue
        table[name] = (
            np.nan if given is None else constant(name, encoded(name, option, given), shape)
        )
    given = request.options.get("init_cash")
    table["init_cash"] = constant(
        "init_cash", numeric("init_cash", request.cash if given is None else given), shape
    )
    for name, value in FIXED.items():
        table[name] = value
    waits = table["reentry_bars"]
    if not ((waits >= 0) & (waits == np.floor(waits)) & (waits < 2**31)).all():
        raise BadOption("reentry_bars is a whole number of bars, 0 or more")
    if not (table["tsl_th"] >= 0).all():
        raise BadOption("tsl_th is a fraction of the entry, 0 or more")
    if not (table["init_cash"] >= 0).all():
        raise BadOption("init_cash is a number, 0 or more")
    return table


def constant(name: str, numbers: Floats, shape: Shape) -> Floats:
    """An option is one value for all or one per column; it does not vary by bar."""
    column = fitted(name, numbers, shape)
    if column.ndim == 2:
        raise BadOption(f"{name} varies by bar, which this model cannot; give one per column")
    return column


def later(marks: Marks, late: NDArray[np.bool_], bars: int) -> Marks:
    """Signals whose orders fill at the next open are signals of the next bar."""
    if not late.any():
        return marks
    columns = np.repeat(np.arange(len(late)), np.diff(marks.start))
    moved = marks.bars + late[columns]
    kept = moved < bars
    counts = np.bincount(columns[kept], minlength=len(late))
    return Marks(np.concatenate(([0], np.cumsum(counts))), moved[kept])


def signals_of(marks: Mapping[str, Marks], request: Request, shape: Shape) -> Signals:
    """The four signals, or with ``direction`` entries and exits of the side it names."""
    given = request.options.get("direction")
    if given is None:
        return four_signals(marks, shape[1])
    direction = constant("direction", encoded("direction", PER_COLUMN["direction"], given), shape)
    if any(len(marks[name].bars) for name in NAMES[2:] if name in marks):
        raise BadOption("direction has no effect with short signals; give one or the other")
    return directed_signals(marks, direction, shape[1])


def values_of(
    given: Mapping[str, Any], source: Floats, late: NDArray[np.bool_], shape: Shape
) -> Values:
    """Size, price and the three stops; ``entry_price`` of a column stands before its price."""
    unknown = sorted(set(given) - set(VALUES))
    if unknown:
        raise BadOption(f"unknown value {unknown[0]!r}; the values are {', '.join(VALUES)}")
    chosen = {name: VALUES[name] if given.get(name) is None else given[name] for name in VALUES}
    if isinstance(chosen["price"], str):
        if chosen["price"] not in ("open", "close"):
            raise BadOption(f"price is {chosen['price']!r}; it is a number, open or close")
        chosen["price"] = np.inf if chosen["price"] == "close" else -np.inf
    grids = {name: grid_of(name, value, late, shape) for name, value in chosen.items()}
    for name in ("stop_loss", "take_profit", "trailing_stop"):
        if (grids[name] < 0).any():
            raise Refused(*REFUSALS[STOP_NEGATIVE])
    if not np.isnan(source).all():
        own = np.where(np.isnan(source), np.nan, np.where(source == 0, np.inf, -np.inf))[:, None]
        grids["price"] = np.where(np.isnan(own), grids["price"], own)
    return Values(**{name: frozen(grid) for name, grid in grids.items()})


def grid_of(name: str, value: Any, late: NDArray[np.bool_], shape: Shape) -> Floats:
    """A value as (columns, 1), or (columns, bars) where it varies; it moves with late signals."""
    numbers = fitted(name, numeric(name, value), shape)
    if numbers.ndim == 1:
        return numbers[:, None]
    grid = np.array(numbers.T, order="C")
    grid[late, 1:] = grid[late, :-1]
    return grid
