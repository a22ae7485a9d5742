"""The open orders of every symbol, in the order in which zipline goes through them.

Orders of a symbol stand in the order in which they were placed; symbols in the order in which they
came into the book, which they leave once none of their orders is open after a bar's fills.
"""

from __future__ import annotations

from engine.execution import chain
from engine.execution.kernel import rule
from engine.execution.zipline.codes import CANCELLED, FILLED, NEVER_PLACED, OPEN, WAITING
from engine.execution.zipline.state import Work


@rule
def append(row: int, column: int, work: Work) -> None:
    """The order comes last of its symbol, and a new symbol last of the book."""
    state, progress = work.columns[column], work.progress[0]
    work.orders[row]["before"] = state["tail"]
    work.orders[row]["after"] = -1
    if state["tail"] >= 0:
        work.orders[state["tail"]]["after"] = row
    else:
        state["head"] = row
    state["tail"] = row
    state["open"] += 1
    if state["listed"] == 0:
        state["listed"] = 1
        work.listed[progress["listed"]] = column
        progress["listed"] += 1


@rule
def remove(row: int, column: int, work: Work) -> None:
    """The order leaves its symbol; the symbol stays in the book until it is swept."""
    state = work.columns[column]
    before, after = chain.take_out(row, work.orders)
    if before < 0:
        state["head"] = after
    if after < 0:
        state["tail"] = before
    state["open"] -= 1


@rule
def sweep(work: Work) -> None:
    """Symbols without an open order leave the book."""
    progress = work.progress[0]
    kept = 0
    for place in range(progress["listed"]):
        column = work.listed[place]
        if work.columns[column]["open"] > 0:
            work.listed[kept] = column
            kept += 1
        else:
            work.columns[column]["listed"] = 0
    progress["listed"] = kept


@rule
def complete(row: int, column: int, work: Work) -> None:
    """No share of the order is left; whatever waits for it may be placed."""
    progress = work.progress[0]
    work.orders[row]["status"] = FILLED
    work.completed[progress["completed"]] = row
    progress["completed"] += 1
    remove(row, column, work)


@rule
def cancel(row: int, column: int, t: int, work: Work) -> None:
    """An open order is cancelled; any other stays what it is."""
    order = work.orders[row]
    if order["status"] == OPEN:
        order["status"] = CANCELLED
        order["bar"] = t
        remove(row, column, work)


@rule
def withdraw(row: int, column: int, t: int, work: Work) -> None:
    """An open order is cancelled, and one that waits for its parent will never be placed."""
    order = work.orders[row]
    if order["status"] == WAITING:
        order["status"] = NEVER_PLACED
    cancel(row, column, t, work)
