"""An order tape as a backtrader strategy reads it: rows by bar, children by parent."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from wire import PRICES, Request, Unsupported


@dataclass
class Row:
    """One row of the tape, and what became of it: the order sent, or withdrawn before."""

    bar: int
    column: int
    kind: str
    unit: str
    quantity: float
    limit_price: float | None
    stop_price: float | None
    trail_amount: float | None
    trail_percent: float | None
    oco_id: int | None
    valid: datetime | None
    parent: Row | None
    children: list[Row] = field(default_factory=list)
    order: Any = None
    withdrawn: bool = False


def read(request: Request) -> list[Row]:
    """The rows in the order in which they are decided."""
    order = np.argsort(request.rows, kind="stable")
    cells = request.script.to_pylist()
    rows: dict[int, Row] = {}
    for place in order.tolist():
        given = {name: None if is_nan(cell) else cell for name, cell in cells[place].items()}
        parent = given["parent_id"]
        row = Row(
            bar=int(request.rows[place]),
            column=int(request.columns[place]),
            valid=None if given["expires"] is None else naive(given["expires"]),
            parent=None if parent is None else rows[parent],
            **{name: given[name] for name in GIVEN},
        )
        if row.parent is not None and row.kind != "cancel":
            row.parent.children.append(row)
        rows[given["order_id"]] = row
    return list(rows.values())


GIVEN = (
    "kind", "unit", "quantity", "limit_price", "stop_price", "trail_amount", "trail_percent",
    "oco_id",
)  # fmt: skip


def is_nan(cell: Any) -> bool:
    """NaN, whatever the column's type."""
    return isinstance(cell, float) and math.isnan(cell)


def naive(time: datetime) -> datetime:
    """UTC without its name: backtrader's feeds carry no zone."""
    return time.astimezone(UTC).replace(tzinfo=None)


def present(request: Request) -> np.ndarray:
    """The bars a feed delivers, (bars, symbols): those with at least one price."""
    return ~np.all([np.isnan(request.market[name]) for name in PRICES[:4]], axis=0)


def check(request: Request, rows: list[Row]) -> None:
    """Say what backtrader cannot express, before anything is played."""
    there = present(request)
    if not there.any():
        raise Unsupported("backtrader needs a bar with a price to start")
    first = np.where(there.any(axis=0), there.argmax(axis=0), len(there))
    steps = there.any(axis=1)
    bracket = request.options["idiom"] == "bracket"
    for row in rows:
        if not steps[row.bar]:
            raise Unsupported("no feed has a bar where this order is decided")
        if row.kind != "cancel" and first[row.column] > row.bar:
            raise Unsupported("an order needs a first bar of its feed to be made from")
        if bracket and row.children:
            check_family(row)


def check_family(parent: Row) -> None:
    """A native bracket is sent whole, has one level, and its children cancel each other."""
    children = parent.children
    if parent.parent is not None:
        raise Unsupported("a native bracket has one level; a child has no children")
    if any(child.bar != parent.bar for child in children):
        raise Unsupported("a native bracket is sent whole, on one bar")
    if any(child.unit != "units" for child in children):
        raise Unsupported("the children of a native bracket have sizes of their own, in units")
    groups = {child.oco_id for child in children}
    if len(children) > 1 and (len(groups) > 1 or None in groups):
        raise Unsupported("the children of a native bracket cancel each other; give them one oco")


def tied_outside(rows: list[Row]) -> set[int]:
    """The OCO groups that are more than the children of one native bracket."""
    families = defaultdict(set)
    for row in rows:
        if row.oco_id is not None:
            families[row.oco_id].add(id(row.parent) if row.parent else id(row))
    roots = {row.oco_id for row in rows if row.oco_id is not None and row.parent is None}
    return {group for group, members in families.items() if len(members) > 1 or group in roots}
