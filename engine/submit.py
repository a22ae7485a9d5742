"""Scripts as arrays: sparse marks for signals, rows for orders, one value per bar and symbol."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.errors import ScriptError
from engine.execution.records import TAPE_ROW, Ints, Marks
from engine.panel import Panel
from engine.schema import SIGNAL_VALUES, Kind, Unit
from engine.script import Script

FLAGS = ("entry", "exit", "short_entry", "short_exit")


def marks_of(panel: Panel, frame: pl.DataFrame) -> dict[str, Marks]:
    """The bars at which each flag is true, per symbol."""
    rows, columns = _places(panel, frame)
    _once(frame, rows, columns, len(panel.symbols))
    marks = {}
    for flag in FLAGS:
        on = frame[flag].to_numpy().astype(bool)
        order = np.lexsort((rows[on], columns[on]))
        counts = np.bincount(columns[on], minlength=len(panel.symbols))
        start = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        marks[flag] = Marks(start, np.ascontiguousarray(rows[on][order]))
    return marks


def values_of(
    panel: Panel,
    script: Script,
    model: str,
    bases: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The script's values and the options it varies by bar, each a scalar or (bars, symbols).

    A cell that is null takes the script's default, else what ``bases`` says, else it is NaN.
    """
    odd = sorted(set(script.defaults) - set(SIGNAL_VALUES))
    if odd:
        raise ScriptError(f"script: unknown defaults {odd}; they are {list(SIGNAL_VALUES)}")
    values: dict[str, Any] = dict(script.defaults)
    varied: dict[str, Any] = {}
    if script.kind == "orders":
        return values, varied
    frame = script.frame
    rows, columns = _places(panel, frame)
    prefix = f"{model}."
    for name in frame.columns:
        if name in SIGNAL_VALUES:
            base = _price_base(panel, values.get(name, bases.get(name)))
            _check_size(frame, name)
            values[name] = _scatter(panel, frame[name], rows, columns, base)
        elif name.startswith(prefix):
            option = name.removeprefix(prefix)
            varied[option] = _scatter(panel, frame[name], rows, columns, bases.get(option))
    return values, varied


def tape_of(panel: Panel, frame: pl.DataFrame) -> NDArray[Any]:
    """One TAPE_ROW per order, in the order of the script within a bar."""
    rows, columns = _places(panel, frame)
    _check_words(frame, "kind", {kind.value for kind in Kind})
    _check_words(frame, "unit", {unit.value for unit in Unit})
    _check_tape(frame)
    tape = np.zeros(frame.height, dtype=TAPE_ROW)
    tape["bar"], tape["column"] = rows, columns
    for name in ("order_id", "parent_id", "oco_id"):
        tape[name] = frame[name].fill_null(-1).to_numpy()
    for name in ("kind", "unit"):
        tape[name] = frame[name].to_numpy()
    for name in ("quantity", "limit_price", "stop_price", "trail_amount", "trail_percent"):
        tape[name] = frame[name].to_numpy()
    clock = panel.clock.to_physical().to_numpy()
    last = np.searchsorted(clock, frame["expires"].to_physical().fill_null(-1), side="right") - 1
    tape["expires_bar"] = np.where(frame["expires"].is_null().to_numpy(), -1, last)
    return tape[np.argsort(tape["bar"], kind="stable")]


def _places(panel: Panel, frame: pl.DataFrame) -> tuple[Ints, Ints]:
    """The bar and the column of each row; a row outside the bars is an error that names it."""
    column_of = {name: position for position, name in enumerate(panel.symbols)}
    symbols = frame["symbol"].to_list()
    columns = np.array([column_of.get(name, -1) for name in symbols], dtype=np.int64)
    rows = panel.rows_of(frame["timestamp"])
    outside = np.flatnonzero((rows < 0) | (columns < 0))
    if len(outside):
        row = int(outside[0])
        what = (
            f"symbol {symbols[row]!r} is not among {list(panel.symbols)}"
            if columns[row] < 0
            else f"there is no bar at {frame['timestamp'][row]}"
        )
        raise ScriptError(f"script: row {row}: {what}; the script points outside the bars")
    return rows, columns


def _once(frame: pl.DataFrame, rows: Ints, columns: Ints, width: int) -> None:
    keys = rows * width + columns
    _, first = np.unique(keys, return_index=True)
    if len(first) < len(keys):
        row = int(np.setdiff1d(np.arange(len(keys)), first)[0])
        raise ScriptError(
            f"script: row {row}: a second row for {frame['symbol'][row]} at "
            f"{frame['timestamp'][row]}; merge the two into one"
        )


def _scatter(panel: Panel, cells: pl.Series, rows: Ints, columns: Ints, base: Any) -> NDArray[Any]:
    """A (bars, symbols) array of the base value with the cells that are not null laid over it."""
    shape = panel.market.close.shape
    words = cells.dtype == pl.String() or np.asarray(base).dtype.kind == "U"
    if not words and base is None:
        base = np.nan
    grid = np.array(np.broadcast_to(base, shape), dtype=object if words else np.float64)
    given = cells.is_not_null().to_numpy()
    known = cells.drop_nulls()
    grid[rows[given], columns[given]] = known.to_numpy() if words else known.cast(pl.Float64())
    return grid


def _price_base(panel: Panel, base: Any) -> Any:
    if base == "open":
        return panel.market.open
    return np.inf if base == "close" else base


def _check_size(frame: pl.DataFrame, name: str) -> None:
    if name != "size":
        return
    negative = np.flatnonzero((frame[name] < 0).fill_null(value=False).to_numpy())
    if len(negative):
        row = int(negative[0])
        raise ScriptError(
            f"script: row {row}: size {frame[name][row]} is negative; "
            "the direction comes from the signal (use short_entry to sell)"
        )


def _check_words(frame: pl.DataFrame, name: str, known: set[str]) -> None:
    odd = frame.with_row_index("row").filter(~pl.col(name).is_in(list(known)))
    if odd.height:
        row = odd.row(0, named=True)
        raise ScriptError(
            f"script: row {row['row']}: {name} {row[name]!r} is none of {sorted(known)}"
        )


NEEDS = {
    "limit": ("limit_price",),
    "stop": ("stop_price",),
    "stop_limit": ("limit_price", "stop_price"),
}


def _check_tape(frame: pl.DataFrame) -> None:
    """Ids are unique, parents stand before their children, sizes and prices are there."""
    seen: dict[int, datetime] = {}
    for row, order in enumerate(frame.iter_rows(named=True)):
        problem = _problem(order, seen)
        if problem:
            raise ScriptError(f"script: row {row} (order {order['order_id']}): {problem}")
        seen[order["order_id"]] = order["timestamp"]


def _problem(order: dict[str, Any], seen: dict[int, datetime]) -> str:
    return next(filter(None, (find(order, seen) for find in PROBLEMS)), "")


def _odd_identity(order: dict[str, Any], seen: dict[int, datetime]) -> str:
    parent = order["parent_id"]
    if order["order_id"] in seen:
        return "order_id occurs twice; give each order its own"
    if order["kind"] == Kind.CANCEL and parent is None:
        return "a cancel needs parent_id, the order that it withdraws"
    if parent is not None and parent not in seen:
        return f"parent_id {parent} is no order of an earlier row of this script"
    if parent is not None and seen[parent] > order["timestamp"]:
        return f"its parent {parent} is submitted later, at {seen[parent]}"
    return ""


def _odd_quantity(order: dict[str, Any], _seen: dict[int, datetime]) -> str:
    quantity = order["quantity"]
    if order["kind"] == Kind.CANCEL:
        return "" if not quantity else f"a cancel has no quantity; {quantity} is given"
    if quantity is None or not np.isfinite(quantity):
        return f"quantity {quantity} is not a finite number"
    if quantity == 0 and not order["unit"].startswith("target_"):
        return "quantity 0 asks for nothing; only a target may be zero"
    return ""


def _odd_price(order: dict[str, Any], _seen: dict[int, datetime]) -> str:
    for name in ("limit_price", "stop_price"):
        price, needed = order[name], name in NEEDS.get(order["kind"], ())
        if (needed or price is not None) and not (price is not None and 0 < price < np.inf):
            return f"{name} {price} of a {order['kind']} order must be a number above zero"
    if order["kind"] == Kind.TRAILING_STOP and not _trails(order):
        return "a trailing stop needs trail_amount or trail_percent above zero, and only one"
    return ""


def _odd_expiry(order: dict[str, Any], _seen: dict[int, datetime]) -> str:
    expires, when = order["expires"], order["timestamp"]
    if expires is not None and expires < when:
        return f"it expires at {expires}, before it is submitted at {when}"
    return ""


PROBLEMS = (_odd_identity, _odd_quantity, _odd_price, _odd_expiry)


def _trails(order: dict[str, Any]) -> bool:
    given = [order[name] for name in ("trail_amount", "trail_percent") if order[name] is not None]
    return len(given) == 1 and given[0] > 0
