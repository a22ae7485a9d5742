"""A tape as the loop takes it: words as numbers, links as rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.arrays import frozen
from engine.execution.records import Request, Unsupported
from engine.execution.zipline.codes import CHILD, PLACE, UNITS, WITHDRAW
from engine.execution.zipline.state import TAPE_STEP, Tape

LIMITED, STOPPED = ("limit", "stop_limit"), ("stop", "stop_limit")


def tape_of(request: Request) -> Tape:
    """The rows with their links; raises Unsupported for what zipline cannot express."""
    if request.tape is None:
        raise Unsupported("signals are for vectorbt; give an order tape")
    given = request.tape
    kinds = given["kind"]
    if (kinds == "trailing_stop").any():
        raise Unsupported("zipline has no trailing stop orders")
    rows = np.zeros(len(given), dtype=TAPE_STEP)
    for name in ("bar", "column", "quantity"):
        rows[name] = given[name]
    rows["limit"] = np.where(np.isin(kinds, LIMITED), given["limit_price"], np.nan)
    rows["stop"] = np.where(np.isin(kinds, STOPPED), given["stop_price"], np.nan)
    rows["last"] = given["expires_bar"]
    for code, unit in enumerate(UNITS):
        rows["unit"][given["unit"] == unit] = code
    cancels, tied = kinds == "cancel", given["parent_id"] != -1
    rows["action"] = np.where(cancels, WITHDRAW, np.where(tied, CHILD, PLACE))
    link_parents(rows, given, tied)
    link_rivals(rows, given["oco_id"])
    expiring = np.flatnonzero((rows["last"] >= 0) & ~cancels)
    order = np.argsort(rows["last"][expiring], kind="stable")
    return Tape(frozen(rows, TAPE_STEP), frozen(expiring[order], np.int64))


def link_parents(rows: NDArray[Any], given: NDArray[Any], tied: NDArray[np.bool_]) -> None:
    """Every row knows its parent or the order it withdraws, every parent its children."""
    row_of = {number: row for row, number in enumerate(given["order_id"].tolist())}
    for name in ("target", "first_child", "next_child"):
        rows[name] = -1
    for row in np.flatnonzero(tied)[::-1].tolist():
        parent = row_of[int(given["parent_id"][row])]
        rows["target"][row] = parent
        if rows["action"][row] == CHILD:
            rows["next_child"][row] = rows["first_child"][parent]
            rows["first_child"][parent] = row


def link_rivals(rows: NDArray[Any], groups: NDArray[np.int64]) -> None:
    """The rows of a group stand in a ring; one without a group is alone in its own."""
    rows["rival"] = np.arange(len(rows))
    for group in np.unique(groups[groups != -1]):
        members = np.flatnonzero(groups == group)
        rows["rival"][members] = np.roll(members, -1)
