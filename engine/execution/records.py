"""What goes into an execution model and what comes out: plain numpy, no frames.

A model is a module with ``run(request) -> Ledger``; ``DEFAULTS``, what an empty cell or a missing
option takes; and ``ACCOUNT``, which of its options take their default from the account, by field.
``MODELS`` names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Market(NamedTuple):
    """Prices of a panel, each (bars, symbols) float64; a bar that is absent is NaN."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


class Marks(NamedTuple):
    """Where a signal is true: rising bars[start[c]:start[c + 1]] for column c."""

    start: Ints
    bars: Ints


@dataclass(frozen=True, slots=True)
class Request:
    """One run.

    ``symbols`` names the columns. A market of one symbol serves them all: that is how many
    strategies are played on one symbol's bars.
    ``marks`` maps entry, exit, short_entry, short_exit to their Marks (kind "signals").
    ``tape`` holds the orders (kind "orders"), one TAPE_ROW a row, rising by submission.
    ``values`` maps size, price, stop_loss, take_profit, trailing_stop to what the script says:
    absent, a scalar, or a (bars, columns) array. ``price`` may be the text "open" or "close".
    ``options`` maps the platform's own options: a scalar, a list per column, or a (bars, columns)
    array (of float64, or of text as object).
    ``clock`` is the UTC time of every bar in milliseconds, for models that know sessions.
    """

    market: Market
    symbols: tuple[str, ...]
    cash: float
    commission: float
    fixed: float
    slippage: float
    marks: Mapping[str, Marks] = field(default_factory=dict)
    tape: NDArray[Any] | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    clock: Ints | None = None


# One order of a tape; -1 stands for "none" in the integer fields, NaN in the float fields.
TAPE_ROW = np.dtype(
    [
        ("order_id", np.int64), ("bar", np.int64), ("column", np.int64), ("kind", "U16"),
        ("unit", "U16"), ("quantity", np.float64), ("limit_price", np.float64),
        ("stop_price", np.float64), ("trail_amount", np.float64), ("trail_percent", np.float64),
        ("parent_id", np.int64), ("oco_id", np.int64), ("expires_bar", np.int64),
    ]
)  # fmt: skip

# One order as the platform saw it, with cash and position after it.
ORDER_ROW = np.dtype(
    [
        ("bar", np.int64), ("column", np.int64), ("quantity", np.float64), ("price", np.float64),
        ("status", np.int64), ("reason", np.int64), ("cash", np.float64),
        ("position", np.float64),
    ]
)  # fmt: skip

# One execution; ``order`` is the row of the order table, quantity is signed.
FILL_ROW = np.dtype(
    [
        ("order", np.int64), ("bar", np.int64), ("column", np.int64), ("quantity", np.float64),
        ("price", np.float64), ("commission", np.float64),
    ]
)  # fmt: skip

# The same without its order, small: many strategies leave millions of them.
SMALL_FILL_ROW = np.dtype(
    [
        ("column", np.int32), ("bar", np.int32), ("quantity", np.float64), ("price", np.float64),
        ("commission", np.float64),
    ]
)  # fmt: skip

# One trade; quantity is signed by direction; ``open`` is 1 while it is not closed.
TRADE_ROW = np.dtype(
    [
        ("position", np.int64), ("column", np.int64), ("quantity", np.float64),
        ("entry_bar", np.int64), ("entry_price", np.float64), ("entry_commission", np.float64),
        ("exit_bar", np.int64), ("exit_price", np.float64), ("exit_commission", np.float64),
        ("pnl", np.float64), ("return", np.float64), ("open", np.int64),
    ]
)  # fmt: skip


class Ledger(NamedTuple):
    """What a run did. Statuses and reasons are texts by code; tables are structured arrays.

    The three trade tables are None where the platform itself cannot build them. ``accounts`` names
    the columns of ``cash`` and ``equity``, each (bars, accounts).
    """

    orders: NDArray[Any]
    fills: NDArray[Any]
    trades: NDArray[Any] | None
    entry_trades: NDArray[Any] | None
    positions: NDArray[Any] | None
    accounts: tuple[str, ...]
    cash: Floats
    equity: Floats
    statuses: tuple[str, ...]
    reasons: tuple[str, ...]


class Refused(Exception):
    """The platform's own rules stop the run: a short stable reason, a message, and where."""

    def __init__(self, reason: str, message: str, bar: int = -1, column: int = -1) -> None:
        super().__init__(message)
        self.reason = reason
        self.bar = bar
        self.column = column


class Unsupported(Exception):
    """The platform cannot express this script; the text says why."""


class BadOption(ValueError):
    """An option's name or value the platform does not have; the text names it."""
