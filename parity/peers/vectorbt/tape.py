"""An order tape as the signals vectorbt users write for it.

An order decided at the close of a bar fills at the open of the next one. vectorbt has market orders
and, tied to an entry, one stop-loss and one take-profit as fractions of the entry price; anything
else on a tape it cannot express.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from wire import Request, Unsupported


class Tape(NamedTuple):
    """Panel arrays, (bars, symbols): what is bought and sold at each bar's open, and its stops."""

    buys: np.ndarray
    sells: np.ndarray
    sizes: np.ndarray
    stop_losses: np.ndarray
    trailing: np.ndarray
    take_profits: np.ndarray


def shifted(request: Request) -> Tape:
    """Put every market order on the bar after its own, its children beside it."""
    orders = read(request)
    entries = {order["order_id"]: order for order in orders if is_entry(order)}
    check(orders, entries)
    shape = request.shape
    tape = Tape(
        buys=np.zeros(shape, dtype=np.bool_),
        sells=np.zeros(shape, dtype=np.bool_),
        sizes=np.full(shape, np.inf),
        stop_losses=np.full(shape, np.nan),
        trailing=np.zeros(shape, dtype=np.bool_),
        take_profits=np.full(shape, np.nan),
    )
    for order in orders:
        entry = order if is_entry(order) else entries[order["parent_id"]]
        cell = entry["row"] + 1, entry["column"]
        if cell[0] < shape[0]:
            write(tape, order, cell, request.market["open"][cell])
    return tape


def write(tape: Tape, order: dict[str, Any], cell: tuple[int, int], start: float) -> None:
    """One order in its cell; ``start`` is the open at which its entry fills."""
    if order["kind"] == "market":
        tape.buys[cell] = order["quantity"] > 0
        tape.sells[cell] = order["quantity"] < 0
        tape.sizes[cell] = abs(order["quantity"])
    elif order["kind"] == "limit":
        check_side(order, order["limit_price"], start, above=order["quantity"] < 0)
        tape.take_profits[cell] = abs(order["limit_price"] / start - 1)
    elif order["kind"] == "stop":
        check_side(order, order["stop_price"], start, above=order["quantity"] > 0)
        tape.stop_losses[cell] = abs(1 - order["stop_price"] / start)
    else:
        tape.stop_losses[cell] = order["trail_percent"]
        tape.trailing[cell] = True


def check_side(order: Mapping[str, Any], price: float, start: float, *, above: bool) -> None:
    """A long entry has its stop below and its target above; a fraction has no other side."""
    if price < start if above else price > start:
        raise Unsupported(
            f"a {order['kind']} on the wrong side of its entry is no stop of vectorbt"
        )


def read(request: Request) -> list[dict[str, Any]]:
    """The tape's rows with their place on the panel; null and NaN both mean "not given"."""
    orders = []
    places = zip(request.script.to_pylist(), request.rows, request.columns, strict=True)
    for cells, row, column in places:
        given = {name: None if is_nan(value) else value for name, value in cells.items()}
        orders.append({**given, "row": int(row), "column": int(column)})
    return orders


def is_nan(value: Any) -> bool:
    """NaN, whatever the column's type."""
    return isinstance(value, float) and math.isnan(value)


def is_entry(order: Mapping[str, Any]) -> bool:
    """An order that goes to the market by itself."""
    return order["kind"] == "market" and order["parent_id"] is None


def check(orders: list[dict[str, Any]], entries: Mapping[int, dict[str, Any]]) -> None:
    """Say what vectorbt cannot express, before anything is played."""
    known = {order["order_id"]: order for order in orders}
    for order in orders:
        check_order(order, known)
        if not is_entry(order):
            check_child(order, entries)
    children = [order for order in orders if not is_entry(order)]
    if len({(order["row"], order["column"]) for order in entries.values()}) < len(entries):
        raise Unsupported("vectorbt executes one order per column and bar")
    slots = [(order["parent_id"], order["kind"] == "limit") for order in children]
    if len(set(slots)) < len(slots):
        raise Unsupported("vectorbt has one stop-loss slot and one take-profit slot per entry")
    crowded = [order["column"] for order in entries.values()]
    if any(crowded.count(child["column"]) > 1 for child in children):
        raise Unsupported("vectorbt keeps one stop per position, not per order")


def check_order(order: Mapping[str, Any], known: Mapping[int, Mapping[str, Any]]) -> None:
    """Units, lifetime, trailing distance and cancelling have one form in vectorbt each."""
    if order["unit"] != "units":
        raise Unsupported(f"vectorbt's shifted orders count units, not {order['unit']}")
    if order["expires"] is not None:
        raise Unsupported("vectorbt has no orders that expire")
    if order["trail_amount"] is not None:
        raise Unsupported("vectorbt trails by a fraction, not by an amount")
    if order["oco_id"] is None:
        return
    group = [other for other in known.values() if other["oco_id"] == order["oco_id"]]
    parents = {other["parent_id"] for other in group}
    if None in parents or len(parents) > 1:
        raise Unsupported("vectorbt has no orders that cancel each other, save an entry's stops")


def check_child(order: Mapping[str, Any], entries: Mapping[int, dict[str, Any]]) -> None:
    """Only a stop, limit or trailing stop that closes just its own entry is a vectorbt stop."""
    entry = entries.get(order["parent_id"])
    closes = (
        entry is not None
        and entry["row"] == order["row"]
        and entry["column"] == order["column"]
        and entry["quantity"] == -order["quantity"]
    )
    if order["kind"] not in ("stop", "limit", "trailing_stop") or not closes:
        raise Unsupported(
            f"vectorbt has no {order['kind']} orders; stops exist only as fractions of an entry"
        )
