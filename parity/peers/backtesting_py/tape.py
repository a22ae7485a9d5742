"""An order tape in the words of backtesting.py: which row is an entry, and what hangs on it.

Entries are ``buy`` and ``sell``. A stop or a limit that closes its entry is that trade's ``sl`` or
``tp``; a market order that closes it is ``Trade.close``; a target of zero is ``Position.close``.
Expiry and withdrawal are ``Order.cancel``. There is nothing else a tape could be said in.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from wire import Request, Unsupported

ENTRIES = ("market", "limit", "stop", "stop_limit")
CHILDREN = ("market", "limit", "stop")
SLOTS = {"stop": "sl", "limit": "tp"}

Row = dict[str, Any]


def read(request: Request) -> list[Row]:
    """The tape's rows with the bar and the last bar they name; null and NaN mean "not given"."""
    if request.kind != "orders":
        raise Unsupported("signals are for vectorbt; give an order tape")
    if len(request.symbols) > 1:
        raise Unsupported("backtesting.py trades one symbol in a run")
    rows = []
    clock = request.clock.tolist()
    for cells, bar in zip(request.script.to_pylist(), request.rows, strict=True):
        given = {name: None if is_nan(value) else value for name, value in cells.items()}
        expires = given["expires"]
        if expires is not None:
            stamp = round(expires.timestamp() * 1000)
            expires = bisect_right(clock, stamp) - 1
        rows.append({**given, "bar": int(bar), "expires": expires})
    rows.sort(key=lambda row: row["bar"])
    known = {row["order_id"]: row for row in rows}
    for row in rows:
        row["role"] = role_of(row, known)
    check_slots(rows)
    return rows


def is_nan(value: Any) -> bool:
    """NaN, whatever the column's type."""
    return isinstance(value, float) and math.isnan(value)


def role_of(row: Row, known: Mapping[int, Row]) -> str:
    """What a row is to backtesting.py; raises Unsupported for what it has no word for."""
    if row["kind"] == "cancel":
        return "cancel"
    if row["kind"] == "trailing_stop":
        raise Unsupported("backtesting.py has no trailing stops; its users move a trade's sl")
    parent = known.get(row["parent_id"])
    if row["oco_id"] is not None and (parent is None or row["kind"] == "market"):
        raise Unsupported("backtesting.py has no orders that cancel each other but sl and tp")
    if row["unit"].startswith("target_"):
        if row["quantity"] != 0 or row["kind"] != "market" or parent is not None:
            raise Unsupported("backtesting.py has one target, a position closed at the market")
        return "flat"
    check_size(row, parent)
    if parent is not None:
        check_child(row, parent)
        return SLOTS.get(row["kind"], "close")
    return "entry"


def check_size(row: Row, parent: Row | None) -> None:
    """Whole units, or a share up to one of what can be bought; a part of a trade may be any."""
    size = abs(row["quantity"])
    if row["unit"] not in ("units", "percent"):
        raise Unsupported(f"backtesting.py sizes orders in units or shares, not in {row['unit']}")
    if row["unit"] == "percent" and size > 1:
        raise Unsupported("a share of backtesting.py is one at most; more comes from margin")
    if row["unit"] == "units" and parent is None and size != round(size):
        raise Unsupported("backtesting.py counts whole units; less than one would be a share")


def check_child(row: Row, parent: Row) -> None:
    """A child closes its entry: all of it at a stop or limit, all or a part at the market."""
    if parent["parent_id"] is not None or parent["kind"] not in ENTRIES:
        raise Unsupported("backtesting.py ties orders to entries only")
    if parent["unit"].startswith("target_") or row["kind"] not in CHILDREN:
        raise Unsupported(f"backtesting.py has no {row['kind']} order that waits for another")
    whole = row["quantity"] == -parent["quantity"] and row["unit"] == parent["unit"]
    part = row["kind"] == "market" and row["unit"] == parent["unit"] == "units"
    if not whole and not (part and row["quantity"] * parent["quantity"] < 0):
        raise Unsupported("an order tied to an entry of backtesting.py closes that entry")


def check_slots(rows: list[Row]) -> None:
    """A trade has one sl and one tp; a second one must find the first withdrawn."""
    held: dict[tuple[int, str], Row] = {}
    withdrawn: set[int] = set()
    groups: dict[int, int] = {}
    for row in rows:
        if row["role"] == "cancel":
            withdrawn.add(row["parent_id"])
        if row["role"] not in ("sl", "tp"):
            continue
        group = row["oco_id"]
        if group is not None and groups.setdefault(group, row["parent_id"]) != row["parent_id"]:
            raise Unsupported("only the sl and tp of one entry cancel each other in backtesting.py")
        slot = row["parent_id"], row["role"]
        first = held.get(slot)
        if first is not None and first["order_id"] not in withdrawn and not over(first, row):
            raise Unsupported("a trade of backtesting.py has one sl and one tp")
        held[slot] = row


def over(first: Row, row: Row) -> bool:
    """Whether an order has expired when another is decided."""
    return first["expires"] is not None and first["expires"] < row["bar"]
