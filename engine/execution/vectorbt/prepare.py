"""A request in the numbers the loop takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from engine.execution.arrays import frozen
from engine.execution.options import check_names
from engine.execution.records import BadOption, Floats, Ints, Request, Unsupported
from engine.execution.vectorbt.accounts import Accounts, accounts_of
from engine.execution.vectorbt.arithmetic import ABSOLUTE
from engine.execution.vectorbt.bars import bars_of
from engine.execution.vectorbt.codes import ACCUMULATE, ADD_ONLY, PERCENT
from engine.execution.vectorbt.options import (
    ACCOUNT,
    OPTIONS,
    PER_COLUMN,
    VALUES,
    fitted,
    per_column,
    single,
)
from engine.execution.vectorbt.sides import directed_signals, four_signals
from engine.execution.vectorbt.state import SLOTS, Bars, Groups, Settings, Signals
from engine.execution.vectorbt.tape import signals_of_tape

Shape = tuple[int, int]


class Inputs(NamedTuple):
    """What the loop reads."""

    bars: Bars
    signals: Signals
    settings: Settings
    groups: Groups


class Prepared(NamedTuple):
    """The loop's inputs, the option table it starts from, and whose cash it plays with."""

    inputs: Inputs
    table: Floats
    accounts: Accounts


def prepare(request: Request) -> Prepared:
    """Check every option and value and put them in place; raises BadOption and Unsupported."""
    check_names("vectorbt", request.options, OPTIONS)
    marks, values, options = request.marks, request.values, request.options
    if request.tape is not None:
        marks, values, options = signals_of_tape(request)
    (bars, symbols), columns = np.shape(request.market.close), len(request.symbols)
    if symbols not in (1, columns):
        raise BadOption(f"the market has {symbols} symbols for {columns} columns")
    shape = bars, columns
    if "direction" in options:
        direction = per_column(options, "direction", "longonly", shape)
        signals = directed_signals(marks, direction, columns)
    else:
        signals = four_signals(marks, columns)
    accounts = accounts_of(request, options)
    chosen = {**values_of(values, shape), **options_of(request, options, shape)}
    table, settings = settings_of(chosen, np.arange(columns) % symbols, shape)
    groups = Groups(frozen(accounts.start, np.int64), accounts.sequence)
    inputs = Inputs(bars_of(request.market), signals, settings, groups)
    return Prepared(inputs, table, accounts)


def values_of(values: Mapping[str, Any], shape: Shape) -> dict[str, Floats]:
    """Size, price and stops; a fixed and a trailing stop share one slot."""
    unknown = sorted(set(values) - set(VALUES))
    if unknown:
        raise BadOption(f"unknown value {unknown[0]!r}; the values are {', '.join(VALUES)}")
    given = {name: VALUES[name] if values.get(name) is None else values[name] for name in VALUES}
    price: Any = given.pop("price")
    at_open = 0.0
    if isinstance(price, str):
        if price not in ("open", "close"):
            raise BadOption(f"price is {price!r}; it is a number, open or close")
        price, at_open = np.inf, float(price == "open")
    numbers = {
        name: fitted(name, numeric(name, value), shape)
        for name, value in {**given, "price": price}.items()
    }
    fixed, trailing = numbers.pop("stop_loss"), numbers.pop("trailing_stop")
    trails = ~np.isnan(trailing)
    if (trails & ~np.isnan(fixed)).any():
        raise Unsupported(
            "vectorbt has one stop-loss slot: a fixed and a trailing stop cannot be set together"
        )
    return {
        **numbers,
        "at_open": np.full(shape[1], at_open),
        "stop": np.where(trails, trailing, fixed),
        "trails": trails.astype(np.float64),
    }


def numeric(name: str, value: Any) -> Floats:
    """Numbers as float64; words are an error."""
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise BadOption(f"{name} is {value!r}; it is a number")
    return array.astype(np.float64, copy=False)


def options_of(request: Request, options: Mapping[str, Any], shape: Shape) -> dict[str, Floats]:
    """Every option of vectorbt's; costs are the account's where no option says otherwise."""
    account = {option: getattr(request, name) for option, name in ACCOUNT.items()}
    chosen = {
        name: per_column(options, name, account.get(name, option.default), shape)
        for name, option in PER_COLUMN.items()
        if name != "direction"
    }
    for name, slot in (
        ("ffill_val_price", "ffill_val_price"),
        ("update_value", "update_value"),
        ("engine", "rust"),
    ):
        chosen[slot] = np.full(shape[1], single(options, name))
    return chosen


def settings_of(
    chosen: Mapping[str, Floats], symbol: Ints, shape: Shape
) -> tuple[Floats, Settings]:
    """A table of the constant options, and arrays of those that vary by bar."""
    bars, columns = shape
    table = np.full((columns + 1, len(SLOTS)), np.nan)
    varied = [name for name in SLOTS if chosen[name].ndim == 2]
    grid = np.empty((len(varied), columns, bars))
    for name, slot in SLOTS.items():
        if name in varied:
            grid[varied.index(name)] = chosen[name].T
        else:
            table[:columns, slot] = chosen[name]
    settings = Settings(
        frozen([SLOTS[name] for name in varied], np.int64),
        frozen(grid),
        frozen(symbol, np.int64),
        frozen(first_refusal(chosen, shape), np.int64),
        frozen(may_add(chosen["accumulate"]), np.int64),
    )
    return table, settings


def first_refusal(chosen: Mapping[str, Floats], shape: Shape) -> Ints:
    """The first bar whose size or size type stops the run, signal or not; all bars if none."""
    bars = shape[0]
    broken = (chosen["size"] < -ABSOLUTE) | (chosen["size_type"] > PERCENT)
    if broken.ndim == 1:
        return np.where(broken, 0, bars)
    return np.where(broken.any(axis=0), broken.argmax(axis=0), bars)


def may_add(accumulate: Floats) -> Floats:
    """Whether an entry of the side held can ask for more, per column."""
    adds = (accumulate == ACCUMULATE) | (accumulate == ADD_ONLY)
    return adds if adds.ndim == 1 else np.ones(adds.shape[1])
