"""Running the loop, on several threads when there are many columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.arrays import processors, spans, threaded
from engine.execution.records import FILL_ROW, ORDER_ROW, SMALL_FILL_ROW, Refused
from engine.execution.vectorbt.codes import REFUSALS
from engine.execution.vectorbt.play import LEAST, WINDOW, Played, longer, sort_fills
from engine.execution.vectorbt.search import NEVER
from engine.execution.vectorbt.state import PROGRESS_ROW, Chunk
from engine.execution.vectorbt_pro.loop import ROWS_OF_A_BAR, play
from engine.execution.vectorbt_pro.prepare import Prepared
from engine.execution.vectorbt_pro.state import COLUMN_ROW, Work


def played(prepared: Prepared, *, skip: bool) -> Played:
    """The order log and the fills (FILL_ROW) of all columns, column by column and bar by bar.

    Raises Refused where the platform would stop.
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
    """The fills alone (SMALL_FILL_ROW), by column and then by bar."""
    parts = play_parts(prepared, skip=skip, log=False, window=WINDOW)
    columns = len(prepared.symbols)
    counts = np.sum(
        [np.bincount(part.fills["column"], minlength=columns) for part in parts], axis=0
    )
    first = np.cumsum(counts) - counts
    fills = np.empty(counts.sum(), dtype=SMALL_FILL_ROW)
    threaded(sort_fills, [(part.fills, first.copy(), fills) for part in parts])
    return fills


def play_parts(prepared: Prepared, *, skip: bool, log: bool, window: int) -> list[Played]:
    """Runs of columns, each played on a thread."""
    columns = len(prepared.symbols)
    parts = threaded(
        lambda first, last: play_part(prepared, first, last, skip=skip, log=log, window=window),
        spans(columns, min(columns // LEAST, 2 * processors())),
    )
    for part in parts:
        if part.fault:
            reason, message = REFUSALS[part.fault]
            raise Refused(reason, message, part.bar, part.column)
    return parts


def play_part(
    prepared: Prepared, first: int, last: int, *, skip: bool, log: bool, window: int
) -> Played:
    """Play the columns from first to last; more room is made whenever it runs out."""
    progress = np.zeros(1, dtype=PROGRESS_ROW)
    progress["until"], progress["group"] = window, first
    room = likely_fills(prepared, first, last)
    fills, orders = np.empty(room, SMALL_FILL_ROW), np.empty(room if log else 0, ORDER_ROW)
    work = work_of(prepared)
    while True:
        chunk = Chunk(first, last, window, skip, log, progress, orders, fills)
        play(prepared.bars, prepared.signals, prepared.settings, work, chunk)
        row = progress[0]
        if row["group"] == last or row["fault"]:
            break
        fills, orders = longer(fills), longer(orders)
    if row["fault"] and window != NEVER:
        # In windows another column may stop first; columns are played one after the other.
        return play_part(prepared, first, last, skip=skip, log=log, window=NEVER)
    ended = row["fault"], row["bar"], row["column"]
    return Played(orders[: row["ordered"]], fills[: row["filled"]], *map(int, ended))


def likely_fills(prepared: Prepared, first: int, last: int) -> int:
    """Twice the marks: every entry may be stopped. Memory that is not written is not used."""
    signals = prepared.signals
    marks = (signals.last[:, first:last] - signals.first[:, first:last]).sum()
    return int(2 * marks) + 64 + ROWS_OF_A_BAR


def work_of(prepared: Prepared) -> Work:
    """Cash in hand, nothing held, no stop set, every signal still to come."""
    columns = np.zeros(len(prepared.symbols), dtype=COLUMN_ROW)
    columns["cash"] = columns["free"] = prepared.cash
    for name in ("stop", "target", "trail", "peak", "active_from"):
        columns[name] = np.nan
    return Work(columns, prepared.signals.first.copy())
