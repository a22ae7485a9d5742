"""What the loop reads and what it carries from bar to bar."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import Floats, Ints

# One number per option and column; words are the numbers of codes.py. The last ones are set by
# nobody: the arithmetic of orders asks for them.
OPTION_ROW = np.dtype(
    [
        (name, np.float64)
        for name in (
            "fees", "fixed_fees", "slippage", "min_size", "tsl_th", "upon_long_conflict",
            "upon_short_conflict", "upon_dir_conflict", "upon_opposite_entry", "stop_entry_price",
            "entry_price", "stop_fill", "gap_fill", "stop_slippage", "stop_first", "target_first",
            "gap_first", "signal_first", "entry_bar_stops", "trail_check", "close_look_fill",
            "trail_start", "reentry_bars", "reentry_signal", "sizing", "init_cash",
            "max_size", "size_granularity", "lock_cash", "allow_partial", "rust",
        )
    ]
)  # fmt: skip

# One column: the next bar to play, its money, what it holds, the levels of its stops (NaN if not
# set), the trailing fraction with its peak and the price from which it works, and the first bars
# from which an entry of either side is heard.
COLUMN_ROW = np.dtype(
    [
        ("bar", np.int64), ("cash", np.float64), ("free", np.float64), ("position", np.float64),
        ("debt", np.float64), ("stop", np.float64), ("target", np.float64), ("trail", np.float64),
        ("peak", np.float64), ("active_from", np.float64), ("long_from", np.int64),
        ("short_from", np.int64),
    ]
)  # fmt: skip


class Values(NamedTuple):
    """What the script says, each (columns, bars), or (columns, 1) where it does not vary.

    A price of inf is the close of the bar, -inf its open.
    """

    size: Floats
    price: Floats
    stop_loss: Floats
    take_profit: Floats
    trailing_stop: Floats


class Settings(NamedTuple):
    """The row of prices each column trades, its options (OPTION_ROW), and the script's values."""

    symbol: Ints
    options: NDArray[Any]
    values: Values


class Work(NamedTuple):
    """Everything that changes: a COLUMN_ROW per column, and the next mark of each signal."""

    columns: NDArray[Any]
    cursor: Ints


class Hit(NamedTuple):
    """Which stop a bar hit, and the price before slippage; NO_STOP and NaN if none."""

    kind: int
    price: float


class Bar(NamedTuple):
    """The prices of one bar of one symbol: as stops see it, and the open and close as given."""

    first: float
    high: float
    low: float
    close: float
    open: float
