"""What the loop carries from bar to bar, as records that its steps change in place."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import Floats, Ints
from engine.execution.search import Reach

# One option each, a number per column; words are the numbers of codes.py.
OPTION_ROW = np.dtype(
    [
        (name, np.float64)
        for name in (
            "size", "size_type", "price", "at_open", "val_price", "fees", "fixed_fees", "slippage",
            "min_size", "max_size", "size_granularity", "lock_cash", "allow_partial",
            "raise_reject", "accumulate", "upon_long_conflict", "upon_short_conflict",
            "upon_dir_conflict", "upon_opposite_entry", "stop", "trails", "take_profit",
            "stop_entry_price", "stop_exit_price", "upon_stop_exit", "upon_stop_update",
            "ffill_val_price", "update_value", "rust",
        )
    ]
)  # fmt: skip
SLOTS = {name: slot for slot, name in enumerate(OPTION_ROW.names or ())}

# Cash of a column, or of a group that shares it; free cash is what shorts have not tied up; ``bar``
# is the next one to play.
ACCOUNT_ROW = np.dtype([("cash", np.float64), ("free", np.float64), ("bar", np.int64)])

# One column: what it holds, what it was last valued at (up to bar ``seen``), and its stops.
HOLDING_ROW = np.dtype(
    [
        ("position", np.float64), ("debt", np.float64), ("valuation", np.float64),
        ("seen", np.int64), ("stop_base", np.float64), ("stop", np.float64),
        ("trails", np.float64), ("target_base", np.float64), ("target", np.float64),
    ]
)  # fmt: skip

# The order a column asks for on a bar; quantity is signed, 0 when it asks for none.
WISH_ROW = np.dtype(
    [
        ("quantity", np.float64), ("unit", np.int64), ("direction", np.int64),
        ("price", np.float64), ("slippage", np.float64),
    ]
)  # fmt: skip


# How far a chunk has been played: the window of bars that ends at ``until``, the group in it, rows
# written, and what stopped the run (0 if nothing) at ``bar`` in ``column``.
PROGRESS_ROW = np.dtype(
    [
        ("until", np.int64), ("group", np.int64), ("ordered", np.int64), ("filled", np.int64),
        ("fault", np.int64), ("bar", np.int64), ("column", np.int64),
    ]
)  # fmt: skip


class Bars(NamedTuple):
    """Prices per symbol, each (symbols, bars) float64.

    ``open`` and ``close`` are as given. ``first``, ``high`` and ``low`` are open, high and low with
    missing ones mended the way stops see them, and ``reach`` is what can be searched of those.
    """

    open: Floats
    close: Floats
    first: Floats
    high: Floats
    low: Floats
    reach: Reach


class Signals(NamedTuple):
    """Bars at which a signal is true: ``bars[first[s, c]:last[s, c]]`` for signal s, column c.

    The signals are long entry, long exit, short entry, short exit.
    """

    bars: Ints
    first: Ints
    last: Ints


class Settings(NamedTuple):
    """What the user set that varies, and where things are.

    ``varied`` lists the options (places in OPTION_ROW) that vary by bar and ``grid`` their values,
    (varied, columns, bars). ``symbol`` is the row of Bars that a column trades. ``refused`` is the
    first bar at which a column's size stops the run, ``adds`` whether more of the same side can be
    asked for.
    """

    varied: Ints
    grid: Floats
    symbol: Ints
    refused: Ints
    adds: Ints


class Groups(NamedTuple):
    """Columns ``start[g]:start[g + 1]`` share the cash of group g, called in the sequence given."""

    start: Ints
    sequence: int


class Work(NamedTuple):
    """Everything that changes, sized for all columns.

    ``table`` and ``options`` are the same numbers, as (columns + 1, options) floats and as
    OPTION_ROW records; the last row is where options that vary by bar are put together. There is
    one account to a group. ``cursor`` (4, columns) is the next mark of each signal, ``sequence``
    the order of calls within a group and ``values`` what it is sorted by.
    """

    table: Floats
    options: NDArray[Any]
    accounts: NDArray[Any]
    holdings: NDArray[Any]
    wishes: NDArray[Any]
    cursor: Ints
    sequence: Ints
    values: Floats


class Chunk(NamedTuple):
    """The groups to play, ``window`` bars at a time, and where to write orders and fills.

    Quiet bars are passed over with ``skip``; ``orders`` is only written with ``log``. ``progress``
    holds one row.
    """

    first: int
    last: int
    window: int
    skip: bool
    log: bool
    progress: NDArray[Any]
    orders: NDArray[Any]
    fills: NDArray[Any]
