"""Running the loop, on several threads when there are many columns."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.arrays import processors, spans, threaded
from engine.execution.kernel import entry
from engine.execution.records import FILL_ROW, ORDER_ROW, SMALL_FILL_ROW, Ints, Refused
from engine.execution.vectorbt.codes import REFUSALS
from engine.execution.vectorbt.loop import play
from engine.execution.vectorbt.prepare import Prepared
from engine.execution.vectorbt.search import NEVER
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

# Bars whose prices stay at hand while every column of a thread takes its turn at them.
WINDOW = 8192


class Played(NamedTuple):
    """The order log and the fills, and what stopped the run: a fault or 0, its bar and column."""

    orders: NDArray[Any]
    fills: NDArray[Any]
    fault: int = 0
    bar: int = -1
    column: int = -1


def played(prepared: Prepared, *, skip: bool) -> Played:
    """The order log and the fills (FILL_ROW) of all columns, account by account and bar by bar.

    Raises Refused where the platform stops.
    """
    parts = play_parts(prepared, skip=skip, log=True, window=NEVER)
    orders = np.concatenate([part.orders for part in parts])
    small = np.concatenate([part.fills for part in parts])
    fills = np.empty(len(small), dtype=FILL_ROW)
    for name in SMALL_FILL_ROW.names or ():
        fills[name] = small[name]
    fills["order"] = np.flatnonzero(orders["status"] == 0)
    return Played(orders, fills)


def filled(prepared: Prepared, *, skip: bool) -> NDArray[Any]:
    """The fills alone (SMALL_FILL_ROW), by column and then by bar.

    Raises Refused where the platform stops.
    """
    parts = play_parts(prepared, skip=skip, log=False, window=WINDOW)
    columns = len(prepared.table) - 1
    counts = np.sum(
        [np.bincount(part.fills["column"], minlength=columns) for part in parts], axis=0
    )
    first = np.cumsum(counts) - counts
    fills = np.empty(counts.sum(), dtype=SMALL_FILL_ROW)
    threaded(sort_fills, [(part.fills, first.copy(), fills) for part in parts])
    return fills


def play_parts(prepared: Prepared, *, skip: bool, log: bool, window: int) -> list[Played]:
    """Runs of accounts, each played on a thread."""
    accounts = len(prepared.accounts.cash)
    parts = threaded(
        lambda first, last: play_part(prepared, first, last, skip=skip, log=log, window=window),
        spans(accounts, min(accounts // LEAST, 2 * processors())),
    )
    for part in parts:
        if part.fault:
            reason, message = REFUSALS[part.fault]
            raise Refused(reason, message, part.bar, part.column)
    return parts


def play_part(
    prepared: Prepared, first: int, last: int, *, skip: bool, log: bool, window: int
) -> Played:
    """Play the accounts from first to last; more room is made whenever it runs out."""
    progress = np.zeros(1, dtype=PROGRESS_ROW)
    progress["until"], progress["group"] = window, first
    room = likely_fills(prepared, first, last)
    fills, orders = np.empty(room, SMALL_FILL_ROW), np.empty(room if log else 0, ORDER_ROW)
    work = work_of(prepared)
    while True:
        chunk = Chunk(first, last, window, skip, log, progress, orders, fills)
        play(*prepared.inputs, work, chunk)
        row = progress[0]
        if row["group"] == last or row["fault"]:
            break
        fills, orders = longer(fills), longer(orders)
    if row["fault"] and window != NEVER:
        # In windows another column may stop first; the platform plays one after the other.
        return play_part(prepared, first, last, skip=skip, log=log, window=NEVER)
    ended = row["fault"], row["bar"], row["column"]
    return Played(orders[: row["ordered"]], fills[: row["filled"]], *map(int, ended))


def likely_fills(prepared: Prepared, first: int, last: int) -> int:
    """Twice the marks: every entry may be stopped. Memory that is not written is not used."""
    inputs = prepared.inputs
    own = slice(inputs.groups.start[first], inputs.groups.start[last])
    marks = (inputs.signals.last[:, own] - inputs.signals.first[:, own]).sum()
    cells = inputs.bars.close.shape[1] * (own.stop - own.start)
    return int(min(2 * marks + 64, cells))


def longer(rows: NDArray[Any]) -> NDArray[Any]:
    """The same rows with room for as many again."""
    return np.concatenate((rows, np.empty_like(rows)))


def work_of(prepared: Prepared) -> Work:
    """Cash in hand, nothing held or valued, no stop armed, every signal still to come."""
    table = prepared.table.copy()
    columns = len(table) - 1
    accounts = np.zeros(len(prepared.accounts.cash), dtype=ACCOUNT_ROW)
    accounts["cash"] = accounts["free"] = prepared.accounts.cash
    holdings = np.zeros(columns, dtype=HOLDING_ROW)
    holdings["seen"] = -1
    for name in ("valuation", "stop_base", "stop", "target_base", "target"):
        holdings[name] = np.nan
    return Work(
        table,
        table.view(OPTION_ROW)[:, 0],
        accounts,
        holdings,
        np.zeros(columns, dtype=WISH_ROW),
        prepared.inputs.signals.first.copy(),
        np.zeros(columns, dtype=np.int64),
        np.zeros(columns),
    )


@entry
def sort_fills(fills: NDArray[Any], next_place: Ints, out: NDArray[Any]) -> None:
    """Put every fill at the next place of its column."""
    for current in range(len(fills)):
        column = fills[current]["column"]
        out[next_place[column]] = fills[current]
        next_place[column] += 1
