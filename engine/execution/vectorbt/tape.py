"""An order tape as the signals vectorbt users write for it.

An order decided at a bar's close fills at the next bar's open, as an accumulating entry priced at
that open. The stop, limit or trailing child of such an order becomes its stop-loss or take-profit,
a fraction of the open. vectorbt has nothing else that a tape could be said in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import Floats, Marks, Request, Unsupported


class Signalled(NamedTuple):
    """The marks, values and options a tape stands for."""

    marks: Mapping[str, Marks]
    values: Mapping[str, Any]
    options: Mapping[str, Any]


def signals_of_tape(request: Request) -> Signalled:
    """The whole tape as signals; raises Unsupported for what vectorbt cannot express."""
    tape = request.tape
    assert tape is not None
    check(tape)
    opens = np.asarray(request.market.open)
    values = {
        "size": np.full(opens.shape, np.inf),
        "stop_loss": np.full(opens.shape, np.nan),
        "take_profit": np.full(opens.shape, np.nan),
        "trailing_stop": np.full(opens.shape, np.nan),
    }
    entries = tape[is_entry(tape)]
    reached = entries[entries["bar"] + 1 < len(opens)]
    values["size"][reached["bar"] + 1, reached["column"]] = np.abs(reached["quantity"])
    for child in tape[~is_entry(tape)]:
        parent = entries[entries["order_id"] == child["parent_id"]][0]
        if parent["bar"] + 1 < len(opens):
            place_stop(values, child, int(parent["bar"]) + 1, opens)
    columns = len(request.symbols)
    return Signalled(
        {
            "entry": marks_at(reached[reached["quantity"] > 0], columns),
            "short_entry": marks_at(reached[reached["quantity"] < 0], columns),
        },
        {**values, "price": "open"},
        {
            **request.options,
            "size_type": "amount",
            "accumulate": True,
            "stop_entry_price": "price",
            "cash_sharing": columns > 1,
        },
    )


def place_stop(values: dict[str, Floats], child: Any, bar: int, opens: Floats) -> None:
    """A child's price as a fraction of the open at which its parent fills.

    A child sells what a long entry bought (its quantity is negative), so its stop lies below the
    open and its limit above; for a short entry it is the other way round.
    """
    cell = bar, child["column"]
    if child["kind"] == "trailing_stop":
        values["trailing_stop"][cell] = child["trail_percent"]
        return
    stop = child["kind"] == "stop"
    ratio = child["stop_price" if stop else "limit_price"] / opens[cell]
    below = stop == (child["quantity"] < 0)
    if (ratio > 1) if below else (ratio < 1):
        raise Unsupported(
            f"vectorbt measures stops from the entry; this {child['kind']} lies on its other side"
        )
    values["stop_loss" if stop else "take_profit"][cell] = (
        abs(1 - ratio) if stop else abs(ratio - 1)
    )


def marks_at(orders: NDArray[Any], columns: int) -> Marks:
    """The bars after those of the orders, per column."""
    order = np.lexsort((orders["bar"], orders["column"]))
    counts = np.bincount(orders["column"], minlength=columns)
    start = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return Marks(start, orders["bar"][order] + 1)


def is_entry(tape: NDArray[Any]) -> NDArray[np.bool_]:
    """A market order that stands for itself."""
    entry: NDArray[np.bool_] = (tape["kind"] == "market") & (tape["parent_id"] == -1)
    return entry


def check(tape: NDArray[Any]) -> None:
    """Every order alone, every child with its parent, then what each column and bar can hold."""
    parents = {int(row["order_id"]): row for row in tape}
    for row in tape:
        check_order(row, parents)
    entries, children = tape[is_entry(tape)], tape[~is_entry(tape)]
    if len(np.unique(entries[["bar", "column"]])) < len(entries):
        raise Unsupported("vectorbt executes one order per column and bar")
    slots = {(int(row["parent_id"]), row["kind"] == "limit") for row in children}
    if len(slots) < len(children):
        raise Unsupported(
            "vectorbt has one stop-loss slot and one take-profit slot: "
            "a fixed and a trailing stop cannot be set together"
        )
    crowded = np.bincount(entries["column"]) > 1
    if crowded[children["column"]].any():
        raise Unsupported("vectorbt keeps one stop per position, not per order")


def check_order(row: Any, tape: Mapping[int, Any]) -> None:
    """Units, no expiry, no trailing by an amount, no ties but those to a parent it closes."""
    if row["unit"] != "units":
        raise Unsupported(f"a tape is played on vectorbt in units, not in {row['unit']}")
    if row["expires_bar"] != -1:
        raise Unsupported("vectorbt has no orders that expire")
    if not np.isnan(row["trail_amount"]):
        raise Unsupported("vectorbt trails by a fraction of the price, not by an amount")
    if row["kind"] == "market" and row["parent_id"] == -1:
        if row["oco_id"] != -1:
            raise Unsupported("vectorbt has no orders that cancel each other")
        return
    parent = tape.get(int(row["parent_id"]))
    closes = (
        parent is not None
        and parent["bar"] == row["bar"]
        and parent["kind"] == "market"
        and parent["parent_id"] == -1
        and parent["column"] == row["column"]
        and parent["quantity"] == -row["quantity"]
    )
    if row["kind"] not in ("stop", "limit", "trailing_stop") or not closes:
        raise Unsupported(
            f"vectorbt has no {row['kind']} orders; stops exist only as fractions of an entry"
        )
    if row["oco_id"] == -1:
        return
    families = {other["parent_id"] for other in tape.values() if other["oco_id"] == row["oco_id"]}
    if len(families) > 1:
        raise Unsupported("vectorbt has no orders that cancel each other, save an entry's stops")
