"""What the loop carries from bar to bar, as records that its steps change in place."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import Floats, Ints

SETTINGS_ROW = np.dtype(
    [
        ("slippage", np.int64), ("percentage", np.float64), ("volume_limit", np.float64),
        ("price_impact", np.float64), ("exponent", np.float64), ("half_spread", np.float64),
        ("commission", np.int64), ("cost", np.float64), ("least_cost", np.float64),
        ("end_of_day", np.int64),
    ]
)  # fmt: skip

# One row of the tape. ``target`` is the row of the parent or of the order withdrawn; ``last`` the
# last bar, -1 if none; children of a row are chained, the orders of a group stand in a ring.
TAPE_STEP = np.dtype(
    [
        ("bar", np.int64), ("column", np.int64), ("action", np.int64), ("unit", np.int64),
        ("quantity", np.float64), ("limit", np.float64), ("stop", np.float64),
        ("target", np.int64), ("last", np.int64), ("first_child", np.int64),
        ("next_child", np.int64), ("rival", np.int64),
    ]
)  # fmt: skip

# One order, in the place of its row. ``bar`` is that of its last change; ``amount`` and ``filled``
# are signed shares; a limit or stop that is NaN is none; ``before`` and ``after`` link the open
# orders of a symbol. ``paid``, ``shares`` and ``parts`` lead to its mean price.
ORDER_STATE = np.dtype(
    [
        ("status", np.int64), ("number", np.int64), ("bar", np.int64), ("amount", np.int64),
        ("filled", np.int64), ("side", np.float64), ("limit", np.float64), ("stop", np.float64),
        ("stop_reached", np.int64), ("limit_reached", np.int64), ("commission", np.float64),
        ("before", np.int64), ("after", np.int64), ("price", np.float64), ("paid", np.float64),
        ("shares", np.float64), ("parts", np.int64),
    ]
)  # fmt: skip

# One symbol: its open orders, whether zipline's book has it, shares held and what one cost.
COLUMN_STATE = np.dtype(
    [
        ("head", np.int64), ("tail", np.int64), ("open", np.int64), ("listed", np.int64),
        ("position", np.int64), ("cost_basis", np.float64),
    ]
)  # fmt: skip

# How far the run has come: the next bar, row and expiry, the session, rows written, symbols listed
# and held, orders completed since the algorithm was last asked; cash, now and at first; whether the
# account was ever nearly worth nothing, and then up to which bar and session its returns are
# chained as zipline does, what it was last worth, the return so far, and whether all was lost when
# the session began; and what stopped the run.
PROGRESS_ROW = np.dtype(
    [
        ("bar", np.int64), ("row", np.int64), ("expiry", np.int64), ("session", np.int64),
        ("fills", np.int64),
        ("placed", np.int64), ("listed", np.int64), ("held", np.int64), ("completed", np.int64),
        ("cash", np.float64), ("start", np.float64), ("thin", np.int64), ("chained", np.int64),
        ("closed", np.int64), ("worth", np.float64), ("returned", np.float64), ("lost", np.int64),
        ("fault", np.int64),
    ]
)  # fmt: skip


class Bars(NamedTuple):
    """(symbols, bars): ``price`` is the close carried forward, ``worth`` what a position is valued
    at; ``small`` and ``large`` are the extremes of blocks of closes, of none where no order has a
    price. ``ends`` has the last bar of every session. By symbol, ``orderable`` is the last bar on
    which orders are taken, and ``closing`` the bar at whose end it leaves the market.
    """

    close: Floats
    volume: Floats
    price: Floats
    worth: Floats
    small: Floats
    large: Floats
    ends: Ints
    orderable: Ints
    closing: Ints


class Tape(NamedTuple):
    """The rows of a tape, and those that expire, by their last bar."""

    rows: NDArray[Any]
    expiring: Ints


class Work(NamedTuple):
    """What changes.

    ``listed`` holds the columns of the book in zipline's order, ``held`` those with a position in
    the order in which they were opened, ``placed`` the row of every order by number, ``completed``
    the rows filled since the algorithm was last asked, ``awake`` room for the children they wake.
    """

    orders: NDArray[Any]
    columns: NDArray[Any]
    listed: Ints
    held: Ints
    placed: Ints
    completed: Ints
    awake: Ints
    progress: NDArray[Any]


class Account(NamedTuple):
    """Cash and equity at each bar's close."""

    cash: Floats
    equity: Floats
