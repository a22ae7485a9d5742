"""Running the loop, on several threads when there are many columns."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.arrays import spans, threaded
from engine.execution.records import FILL_ROW, ORDER_ROW, Floats, Refused
from engine.execution.vectorbt.codes import REFUSALS
from engine.execution.vectorbt.loop import play
from engine.execution.vectorbt.prepare import Prepared
from engine.execution.vectorbt.state import (
    ACCOUNT_ROW,
    HOLDING_ROW,
    OPTION_ROW,
    PROGRESS_ROW,
    WISH_ROW,
    Chunk,
    Work,
)

# Fewer columns than this to a thread are not worth its start.
LEAST = 8


class Played(NamedTuple):
    """The order log and the fills, and what stopped the run: a fault or 0, its bar and column."""

    orders: NDArray[Any]
    fills: NDArray[Any]
    fault: int = 0
    bar: int = -1
    column: int = -1


def played(prepared: Prepared, *, skip: bool, log: bool) -> Played:
    """The order log and the fills of all columns; raises Refused where the platform stops."""
    accounts = len(prepared.groups.start) - 1
    parts = threaded(
        lambda first, last: play_part(prepared, first, last, skip=skip, log=log),
        spans(accounts, accounts // LEAST),
    )
    for part in parts:
        if part.fault:
            reason, message = REFUSALS[part.fault]
            raise Refused(reason, message, part.bar, part.column)
    return parts[0] if len(parts) == 1 else joined(parts, log=log)


def play_part(prepared: Prepared, first: int, last: int, *, skip: bool, log: bool) -> Played:
    """Play the accounts from first to last; more room is made whenever it runs out."""
    bars, signals, settings, groups = prepared[:4]
    progress = np.zeros(1, dtype=PROGRESS_ROW)
    progress["group"], progress["bar"] = first, -1
    room = likely_fills(prepared, first, last)
    fills, orders = np.empty(room, FILL_ROW), np.empty(room if log else 0, ORDER_ROW)
    work = work_of(prepared.table)
    while True:
        chunk = Chunk(last, skip, log, progress, orders, fills)
        play(bars, signals, settings, groups, work, chunk)
        row = progress[0]
        if row["group"] == last or row["fault"]:
            break
        fills, orders = longer(fills), longer(orders)
    ended = row["fault"], row["bar"], row["column"]
    return Played(orders[: row["ordered"]], fills[: row["filled"]], *map(int, ended))


def likely_fills(prepared: Prepared, first: int, last: int) -> int:
    """Twice the marks: every entry may be stopped. Memory that is not written is not used."""
    signals, start = prepared.signals, prepared.groups.start
    own = slice(start[first], start[last])
    return 2 * int((signals.last[:, own] - signals.first[:, own]).sum()) + 64


def longer(rows: NDArray[Any]) -> NDArray[Any]:
    """The same rows with room for as many again."""
    return np.concatenate((rows, np.empty_like(rows)))


def joined(parts: list[Played], *, log: bool) -> Played:
    """One ledger of several; fills keep pointing at their orders."""
    fills = np.concatenate([part.fills for part in parts])
    if log:
        shift = np.cumsum([0, *(len(part.orders) for part in parts[:-1])])
        fills["order"] += np.repeat(shift, [len(part.fills) for part in parts])
    return Played(np.concatenate([part.orders for part in parts]), fills)


def work_of(table: Floats) -> Work:
    """Fresh state for every column; its option table is a copy."""
    own = table.copy()
    columns = len(own) - 1
    return Work(
        own,
        own.view(OPTION_ROW)[:, 0],
        np.zeros(1, dtype=ACCOUNT_ROW),
        np.zeros(columns, dtype=HOLDING_ROW),
        np.zeros(columns, dtype=WISH_ROW),
        np.zeros((4, columns), dtype=np.int64),
        np.zeros(columns, dtype=np.int64),
        np.zeros(columns),
    )
