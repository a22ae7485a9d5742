"""What the loops read, and what they carry from bar to bar as records changed in place."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import Floats, Ints
from engine.execution.search import Reach

# Money in hand, the next bar to play, and how many rows are written.
DESK = np.dtype(
    [
        ("cash", np.float64), ("bar", np.int64), ("orders", np.int64), ("fills", np.int64),
        ("row", np.int64), ("waiting", np.int64), ("woken", np.int64), ("ended", np.int64),
    ]
)  # fmt: skip

# One symbol: what is held and the price it is valued at. Of a signal's position: its fractions and
# what they are measured from, the best price since, the bar it was entered on and the
# first bar on which its stops are looked at; ``leaving`` is the stop or target that was reached, 0
# if none was; ``wish`` is the side to enter. ``long_stopped`` and ``short_stopped`` are the bars on
# which a stop or target last ended each side, -1 for never.
HOLDING = np.dtype(
    [
        ("size", np.float64), ("mark", np.float64), ("stop", np.float64), ("trail", np.float64),
        ("target", np.float64), ("base", np.float64), ("best", np.float64), ("entered", np.int64),
        ("checked", np.int64), ("leaving", np.int64), ("wish", np.int64),
        ("long_stopped", np.int64), ("short_stopped", np.int64),
    ]
)  # fmt: skip

# One order of a tape with what became of it. ``parent``, ``child``, ``sibling`` and ``mate`` are
# rows, -1 for none: whose fill wakes it, its first child, the next child of its parent, the next
# member of its OCO group (a ring). It ``waits`` in the book, is ``live`` unless it sleeps, and may
# be executed from bar ``active`` on. ``side`` is 1 to buy and -1 to sell, 0 while a market order's
# is not known. ``woke`` is the bar on which its parent woke it and ``first`` the price at which
# that bar began for it, NaN for its open. ``best`` is what a trail follows.
ORDER = np.dtype(
    [
        ("bar", np.int64), ("column", np.int64), ("kind", np.int64), ("unit", np.int64),
        ("quantity", np.float64), ("limit", np.float64), ("stop", np.float64),
        ("amount", np.float64), ("percent", np.float64), ("expires", np.int64),
        ("parent", np.int64), ("child", np.int64), ("sibling", np.int64), ("mate", np.int64),
        ("status", np.int64), ("reason", np.int64), ("changed", np.int64), ("waits", np.int64),
        ("live", np.int64), ("active", np.int64), ("side", np.int64), ("woke", np.int64),
        ("first", np.float64), ("triggered", np.int64), ("best", np.float64),
        ("asked", np.float64), ("done", np.float64), ("price", np.float64), ("cash", np.float64),
        ("position", np.float64),
    ]
)  # fmt: skip


class Bars(NamedTuple):
    """Prices per symbol, each (symbols, bars) float64; NaN throughout where a bar is absent.

    The range from ``low`` to ``high`` holds open and close; ``there`` says which bars a symbol has.
    ``worth`` is every close that is known, of absent bars as well.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    there: NDArray[np.uint8]
    worth: Floats
    reach: Reach


class Rules(NamedTuple):
    """The choices of the whole run, as the numbers of codes.py; ``leverage`` is a number."""

    timing: int
    stop_basis: int
    stop_fill: int
    same_bar: int
    entry_bar: int
    reentry: int
    opposite: int
    sizing: int
    cash_rule: int
    leverage: float


class Costs(NamedTuple):
    """Per symbol, (symbols, bars) or (symbols, 1): share of value, amount per fill, slippage.

    ``lot`` (symbols,) is what computed sizes are cut down to, 0 for none.
    """

    commission: Floats
    fixed: Floats
    slippage: Floats
    lot: Floats


class Signals(NamedTuple):
    """Marks of long entry, long exit, short entry, short exit: s of column c at first[s, c] on.

    ``due`` is the bar on which a mark is executed, ``decided`` the bar it stands on, ``since`` the
    first bar of the unbroken run of marks it belongs to. ``values`` are size, stop-loss,
    take-profit and trailing stop, each (symbols, bars) or (symbols, 1).
    """

    due: Ints
    decided: Ints
    since: Ints
    first: Ints
    last: Ints
    size: Floats
    stop: Floats
    target: Floats
    trail: Floats


class Work(NamedTuple):
    """Everything that changes. ``desk`` holds one row.

    ``cursor`` (4, symbols) is the next mark of each signal; ``tape`` are the rows of a tape and
    ``waiting`` those in the book; ``orders`` and ``fills`` are written as they happen.
    """

    desk: NDArray[Any]
    holdings: NDArray[Any]
    cursor: Ints
    tape: NDArray[Any]
    waiting: Ints
    orders: NDArray[Any]
    fills: NDArray[Any]
    cash: Floats
    equity: Floats
