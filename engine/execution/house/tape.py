"""A tape as the orders of a book."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.house.codes import CANCEL, KINDS, OPEN, TRAILING_STOP, UNIT_WORDS
from engine.execution.house.state import ORDER
from engine.execution.records import Ints, Unsupported

NAMES = {"bar": "bar", "column": "column", "quantity": "quantity", "limit": "limit_price",
         "stop": "stop_price", "amount": "trail_amount", "percent": "trail_percent",
         "expires": "expires_bar"}  # fmt: skip


def orders_of(tape: NDArray[Any], there: NDArray[Any]) -> NDArray[Any]:
    """One ORDER for each row, tied to its parent, its children and its group; raises Unsupported.

    ``there`` (symbols, bars) says which bars a symbol has.
    """
    orders = np.zeros(len(tape), dtype=ORDER)
    for name, given in NAMES.items():
        orders[name] = tape[given]
    orders["kind"] = coded(tape["kind"], KINDS)
    orders["unit"] = coded(tape["unit"], UNIT_WORDS)
    for name in ("first", "best", "asked", "price", "cash", "position"):
        orders[name] = np.nan
    orders["status"], orders["changed"], orders["woke"] = OPEN, tape["bar"], -1
    orders["parent"] = places_of(tape["parent_id"], tape["order_id"])
    link_children(orders)
    link_groups(orders, tape["oco_id"])
    check(orders, there)
    return orders


def coded(words: NDArray[Any], known: tuple[str, ...]) -> Ints:
    """The number of each word."""
    codes = np.zeros(len(words), dtype=np.int64)
    for code, word in enumerate(known):
        codes[words == word] = code
    return codes


def places_of(wanted: Ints, ids: Ints) -> Ints:
    """The row of each order named, -1 where none is."""
    if not len(ids):
        return np.empty(0, dtype=np.int64)
    order = np.argsort(ids)
    found = order[np.minimum(np.searchsorted(ids[order], wanted), len(ids) - 1)]
    return np.where((wanted >= 0) & (ids[found] == wanted), found, -1).astype(np.int64)


def link_children(orders: NDArray[Any]) -> None:
    """Each parent knows its first child, each child the next one."""
    orders["child"] = orders["sibling"] = -1
    children = np.flatnonzero((orders["parent"] >= 0) & (orders["kind"] != CANCEL))
    for child in children[::-1]:
        parent = orders[orders["parent"][child]]
        orders["sibling"][child] = parent["child"]
        parent["child"] = child


def link_groups(orders: NDArray[Any], groups: Ints) -> None:
    """The members of an OCO group form a ring."""
    orders["mate"] = -1
    members = np.flatnonzero(groups >= 0)
    members = members[np.argsort(groups[members], kind="stable")]
    cuts = np.flatnonzero(np.diff(groups[members])) + 1
    for ring in np.split(members, cuts):
        if len(ring) > 1:
            orders["mate"][ring] = np.roll(ring, -1)


def check(orders: NDArray[Any], there: NDArray[Any]) -> None:
    """A trail has a price to start from and no limit."""
    trails = orders[orders["kind"] == TRAILING_STOP]
    if (~np.isnan(trails["limit"])).any():
        raise Unsupported("house has no trailing stop-limit; leave out its limit_price")
    begun = np.where(there.any(axis=1), there.argmax(axis=1), there.shape[1])
    if (begun[trails["column"]] > trails["bar"]).any():
        raise Unsupported("a trailing stop needs a bar of its symbol to start from")
