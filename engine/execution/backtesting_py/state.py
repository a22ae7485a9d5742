"""What the loop carries from bar to bar, as records that its steps change in place."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import Floats, Ints

# One row of the tape. ``size`` is signed, below one a share; prices are 0 where none is given, as
# backtesting.py reads them. Of an entry: the rows that fill its sl and tp, and a chain of children
# that wait until it is a trade. ``first`` and ``sent`` name the orders the row was sent as.
PLAN_ROW = np.dtype(
    [
        ("bar", np.int64), ("role", np.int64), ("size", np.float64), ("limit", np.float64),
        ("stop", np.float64), ("whole", np.int64), ("parent", np.int64), ("inline", np.int64),
        ("loss", np.int64), ("target", np.int64), ("trade", np.int64), ("awaited", np.int64),
        ("waiting", np.int64), ("next_waiting", np.int64), ("first", np.int64),
        ("sent", np.int64), ("withdrawn", np.int64),
    ]
)  # fmt: skip

# One order: its place in the queue (neighbours, -1 for none), the pass in which it was made, the
# trade it closes (-1 for an entry), and what it filled so far.
QUEUED_ROW = np.dtype(
    [
        ("size", np.float64), ("limit", np.float64), ("stop", np.float64), ("loss", np.float64),
        ("target", np.float64), ("role", np.int64), ("trade", np.int64), ("plan", np.int64),
        ("before", np.int64), ("after", np.int64), ("born", np.int64), ("waits", np.int64),
        ("parts", np.int64), ("value", np.float64), ("done", np.float64), ("signed", np.float64),
    ]
)  # fmt: skip

# One trade: what is left of it, where it was entered, its sl and tp orders (-1 for none), and its
# neighbours in the list of open trades.
HELD_ROW = np.dtype(
    [
        ("size", np.float64), ("price", np.float64), ("bar", np.int64), ("loss", np.int64),
        ("target", np.int64), ("plan", np.int64), ("before", np.int64), ("after", np.int64),
        ("open", np.int64),
    ]
)  # fmt: skip

# Money, the ends of the queue and of the list of trades, how many rows are written, the pass at
# hand, and how far tape and bars have been played.
ACCOUNT_ROW = np.dtype(
    [
        ("cash", np.float64), ("position", np.float64), ("head", np.int64), ("tail", np.int64),
        ("oldest", np.int64), ("newest", np.int64), ("ordered", np.int64), ("filled", np.int64),
        ("closed", np.int64), ("opened", np.int64), ("trades", np.int64), ("waiting", np.int64),
        ("round", np.int64), ("bar", np.int64), ("row", np.int64), ("ended", np.int64),
        ("fault", np.int64), ("ruined", np.int64), ("finished", np.int64),
    ]
)  # fmt: skip


class Bars(NamedTuple):
    """Prices of the one symbol, each (bars,) float64."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats


class Rules(NamedTuple):
    """What the user set; ``leverage`` is one over the margin."""

    spread: float
    leverage: float
    fixed: float
    relative: float
    on_close: bool
    hedging: bool
    exclusive: bool
    finalize: bool


class Work(NamedTuple):
    """Everything that changes, and the tables that are written.

    ``account`` holds one row. ``ending`` lists the rows of the tape that expire, by bar and then by
    row; ``last`` are their bars. ``orders`` and ``queue`` have the same rows.
    """

    account: NDArray[Any]
    plan: NDArray[Any]
    ending: Ints
    last: Ints
    queue: NDArray[Any]
    held: NDArray[Any]
    orders: NDArray[Any]
    fills: NDArray[Any]
    trades: NDArray[Any]
    cash: Floats
    equity: Floats
