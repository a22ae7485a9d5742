"""A tape as the rows that a backtrader strategy works through."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.backtrader.codes import CANCEL, KINDS, TRAIL, TRAIL_LIMIT, UNIT_WORDS
from engine.execution.backtrader.state import ROW
from engine.execution.records import Ints, Unsupported

NAMES = {"limit": "limit_price", "stop": "stop_price", "amount": "trail_amount",
         "percent": "trail_percent", "expires": "expires_bar"}  # fmt: skip


def rows_of(tape: NDArray[Any], there: NDArray[Any], *, bracket: bool) -> tuple[NDArray[Any], int]:
    """The rows in the order in which they are decided, and how many OCO groups they form.

    ``there`` (symbols, bars) says which bars a feed has. Raises Unsupported.
    """
    rows = np.zeros(len(tape), dtype=ROW)
    for name in ("bar", "column", "quantity"):
        rows[name] = tape[name]
    for name, given in NAMES.items():
        rows[name] = tape[given]
    rows["kind"] = coded(tape["kind"], KINDS)
    rows["kind"][(rows["kind"] == TRAIL) & ~np.isnan(rows["limit"])] = TRAIL_LIMIT
    rows["unit"] = coded(tape["unit"], UNIT_WORDS)
    for name in ("amount", "percent"):
        rows[name] = np.nan_to_num(rows[name])
    rows["order"] = -1
    rows["parent"] = places_of(tape["parent_id"], tape["order_id"])
    link_children(rows)
    check_bars(rows, there)
    if bracket:
        check_families(rows, tape["oco_id"])
    rows["group"], groups = tied_groups(rows, tape["oco_id"], bracket=bracket)
    return rows, groups


def coded(words: NDArray[Any], known: tuple[str, ...]) -> Ints:
    """The number of each word."""
    codes = np.zeros(len(words), dtype=np.int64)
    for code in range(len(known) - 1, -1, -1):
        codes[words == known[code]] = code
    return codes


def places_of(wanted: Ints, ids: Ints) -> Ints:
    """The row of each order named, -1 where none is."""
    if not len(ids):
        return np.empty(0, dtype=np.int64)
    order = np.argsort(ids)
    found = order[np.minimum(np.searchsorted(ids[order], wanted), len(ids) - 1)]
    return np.where((wanted >= 0) & (ids[found] == wanted), found, -1).astype(np.int64)


def link_children(rows: NDArray[Any]) -> None:
    """Each parent knows its first child, each child the next one, the last one that it is."""
    rows["child"] = rows["sibling"] = -1
    children = np.flatnonzero((rows["parent"] >= 0) & (rows["kind"] != CANCEL))
    family = children[np.argsort(rows["parent"][children], kind="stable")]
    parents = rows["parent"][family]
    # A family ends where the next child has another parent, or where there is no next.
    ends = np.append(parents[1:] != parents[:-1], np.ones(min(1, len(family)), dtype=np.bool_))
    rows["last"][family[ends]] = 1
    inner = np.flatnonzero(~ends)
    rows["sibling"][family[inner]] = family[inner + 1]
    rows["child"][parents[::-1]] = family[::-1]


def check_bars(rows: NDArray[Any], there: NDArray[Any]) -> None:
    """Orders are decided where time passes, and for feeds that have begun."""
    if not there.any():
        raise Unsupported("backtrader needs a bar with a price to start")
    steps = np.asarray(there.any(axis=0))
    first = np.where(there.any(axis=1), there.argmax(axis=1), len(steps))
    if not steps[rows["bar"]].all():
        raise Unsupported("no feed has a bar where an order is decided")
    asks = rows[rows["kind"] != CANCEL]
    if (first[asks["column"]] > asks["bar"]).any():
        raise Unsupported("an order needs a first bar of its feed to be made from")


def check_families(rows: NDArray[Any], groups: Ints) -> None:
    """A native bracket is sent whole, has one level, and its children cancel each other."""
    children = np.flatnonzero((rows["parent"] >= 0) & (rows["kind"] != CANCEL))
    child, parent = rows[children], rows[rows["parent"][children]]
    if (parent["parent"] >= 0).any():
        raise Unsupported("a native bracket has one level; a child has no children")
    if (child["bar"] != parent["bar"]).any():
        raise Unsupported("a native bracket is sent whole, on one bar")
    if (child["unit"] != 0).any():
        raise Unsupported("the children of a native bracket have sizes of their own, in units")
    eldest = parent["child"]
    alone = (child["sibling"] < 0) & (eldest == children)
    tied = (groups[children] >= 0) & (groups[children] == groups[eldest])
    if not (alone | tied).all():
        raise Unsupported("the children of a native bracket cancel each other; give them one oco")


def tied_groups(rows: NDArray[Any], groups: Ints, *, bracket: bool) -> tuple[Ints, int]:
    """The OCO group of every row, numbered from 0; a native bracket's own children need none."""
    found, numbers = np.unique(groups, return_inverse=True)
    place = np.where(groups >= 0, numbers, -1).astype(np.int64)
    if bracket:
        first = np.full(len(found), len(rows), dtype=np.int64)
        last = np.full(len(found), -1, dtype=np.int64)
        np.minimum.at(first, numbers, rows["parent"])
        np.maximum.at(last, numbers, rows["parent"])
        place[((first == last) & (first >= 0))[numbers]] = -1
    return place, len(found)
