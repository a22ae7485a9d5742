"""Running the loop from one split or dividend to the next."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import FILL_ROW, Refused, Request, Unsupported
from engine.execution.zipline.actions import actions_of, begin
from engine.execution.zipline.bars import bars_of
from engine.execution.zipline.clock import clock_of
from engine.execution.zipline.codes import NO_ROOM, REFUSALS, TOO_LARGE, WAITING
from engine.execution.zipline.listing import listing_of
from engine.execution.zipline.loop import play
from engine.execution.zipline.options import settings_of
from engine.execution.zipline.state import (
    COLUMN_STATE,
    ORDER_STATE,
    PROGRESS_ROW,
    Account,
    Tape,
    Work,
)
from engine.execution.zipline.tape import tape_of


class Played(NamedTuple):
    """What the loop left behind; ``fills`` is cut to its length."""

    tape: Tape
    work: Work
    fills: NDArray[Any]
    account: Account


def played(request: Request, *, skip: bool) -> Played:
    """Play all bars. Raises what options and tape raise, and Refused where zipline stops."""
    tape, settings, clock = tape_of(request), settings_of(request), clock_of(request)
    actions, work = actions_of(request, clock), work_of(request, len(tape.rows))
    bars = bars_of(request, actions, clock, listing_of(request, clock), priced=has_prices(tape))
    if request.cash <= 0:
        raise Refused("no_capital", f"zipline needs money to start with; cash is {request.cash}")
    count = bars.close.shape[1]
    account = Account(np.empty(count), np.empty(count))
    fills = np.zeros(len(tape.rows) + 64, dtype=FILL_ROW)
    progress = work.progress[0]
    stops = [*actions.bars(), count]
    while progress["bar"] < count:
        t = int(progress["bar"])
        if t == stops[0]:
            begin(t, actions, work)
            stops.pop(0)
        while progress["bar"] < stops[0]:
            play(stops[0], skip, bars, tape, settings, work, fills, account)
            fills = resumed(fills, progress)
    return Played(tape, work, fills[: progress["fills"]], account)


def has_prices(tape: Tape) -> bool:
    """Whether some order has a limit or a stop."""
    return not (np.isnan(tape.rows["limit"]) & np.isnan(tape.rows["stop"])).all()


def resumed(fills: NDArray[Any], progress: Any) -> NDArray[Any]:
    """More room where that is what the loop stopped for; any other fault ends the run."""
    fault, progress["fault"] = int(progress["fault"]), 0
    if fault == NO_ROOM:
        return np.concatenate((fills, np.zeros(len(fills), dtype=FILL_ROW)))
    if fault == TOO_LARGE:
        raise Unsupported("more than 1e15 shares in one order are not played")
    if fault:
        raise Refused(*REFUSALS[fault], bar=int(progress["bar"]))
    return fills


def work_of(request: Request, rows: int) -> Work:
    """Everything empty, all cash in hand."""
    symbols = len(request.symbols)
    orders, columns = np.zeros(rows, dtype=ORDER_STATE), np.zeros(symbols, dtype=COLUMN_STATE)
    orders["status"] = WAITING
    orders["price"] = np.nan
    columns["head"] = columns["tail"] = -1
    progress = np.zeros(1, dtype=PROGRESS_ROW)
    progress["cash"] = progress["worth"] = progress["start"] = request.cash
    listed, held = np.zeros((2, symbols), dtype=np.int64)
    placed, completed, awake = np.zeros((3, rows), dtype=np.int64)
    return Work(orders, columns, listed, held, placed, completed, awake, progress)
