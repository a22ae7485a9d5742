"""What the loop reads, and what it carries from bar to bar as records changed in place."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import Floats, Ints
from engine.execution.search import Reach

# One row of the tape. ``parent`` and the children are rows; ``group`` is the OCO group an order of
# this row joins, -1 if none; ``last`` marks the child with which a native bracket is sent.
# ``order`` is what it became, -1 if nothing yet; ``withdrawn`` says that it never will.
ROW = np.dtype(
    [
        ("bar", np.int64), ("column", np.int64), ("kind", np.int64), ("unit", np.int64),
        ("quantity", np.float64), ("limit", np.float64), ("stop", np.float64),
        ("amount", np.float64), ("percent", np.float64), ("expires", np.int64),
        ("parent", np.int64), ("child", np.int64), ("sibling", np.int64), ("last", np.int64),
        ("group", np.int64), ("order", np.int64), ("withdrawn", np.int64),
    ]
)  # fmt: skip

# One order of the broker, numbered as they are made. ``price`` and ``limit`` follow where the order
# trails. ``created`` and ``changed`` are bars of its own feed. ``waits`` while it is in the queue,
# where it is tried once it is ``active``. A parent's ``family`` is there from the time it is parked
# until it is cancelled; the parent ``heads`` it until it is filled. Members of an OCO group share a
# ``leader`` and its ``round``, which ends with the first of them that does.
ORDER = np.dtype(
    [
        ("row", np.int64), ("column", np.int64), ("kind", np.int64), ("status", np.int64),
        ("buys", np.int64), ("quantity", np.float64), ("left", np.float64),
        ("price", np.float64), ("limit", np.float64), ("close", np.float64), ("amount", np.float64),
        ("percent", np.float64), ("offset", np.float64), ("expires", np.int64),
        ("created", np.int64), ("changed", np.int64), ("triggered", np.int64),
        ("active", np.int64), ("waits", np.int64), ("parent", np.int64), ("child", np.int64),
        ("sibling", np.int64), ("family", np.int64), ("heads", np.int64), ("leader", np.int64),
        ("joined", np.int64), ("round", np.int64), ("tied", np.int64), ("done", np.float64),
        ("mean", np.float64), ("held", np.float64),
    ]
)  # fmt: skip

# One execution: what of it closed and what opened, each with its fee; ``bar`` is the time stamped
# on it, ``seen`` the bar of its feed when it happened.
EXECUTION = np.dtype(
    [
        ("order", np.int64), ("bar", np.int64), ("seen", np.int64), ("column", np.int64),
        ("quantity", np.float64), ("price", np.float64), ("commission", np.float64),
        ("closed", np.float64), ("opened", np.float64), ("closed_fee", np.float64),
        ("opened_fee", np.float64),
    ]
)  # fmt: skip

# What one symbol holds: size, mean price, and the price up to which a futures position is settled.
# ``trial_size`` and ``trial_price`` are the copy that the cash check of pass ``checked`` plays on.
HOLDING = np.dtype(
    [
        ("size", np.float64), ("price", np.float64), ("base", np.float64), ("bar", np.int64),
        ("touched", np.int64), ("trial_size", np.float64), ("trial_price", np.float64),
        ("checked", np.int64),
    ]
)  # fmt: skip

# What one symbol costs; ``stock`` is 1 where value moves through cash and 0 where margin does.
SCHEME = np.dtype(
    [
        ("rate", np.float64), ("fee", np.float64), ("margin", np.float64), ("mult", np.float64),
        ("leverage", np.float64), ("automargin", np.float64), ("per_unit", np.int64),
        ("stock", np.int64),
    ]
)  # fmt: skip

# The broker's money, how much of each list is used, and what stopped the run (0 if nothing).
DESK = np.dtype(
    [
        ("cash", np.float64), ("value", np.float64), ("bar", np.int64), ("row", np.int64),
        ("orders", np.int64), ("submitted", np.int64), ("waiting", np.int64), ("arming", np.int64),
        ("completed", np.int64), ("touched", np.int64), ("executions", np.int64),
        ("passes", np.int64), ("fault", np.int64), ("column", np.int64),
    ]
)  # fmt: skip


class Bars(NamedTuple):
    """Prices per symbol, each (symbols, bars) float64; ``there`` says which bars a feed has."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    there: NDArray[np.uint8]
    reach: Reach


class Settings(NamedTuple):
    """What the user set for the whole run."""

    bracket: bool
    early: bool
    on_close: bool
    checks: bool
    shortcash: bool
    slip_perc: float
    slip_fixed: float
    slip_open: bool
    slip_limit: bool
    slip_match: bool
    slip_out: bool
    filler: int
    filler_size: float
    filler_perc: float
    filler_minmov: float
    sizer: int
    stake: float
    percents: float


class Broker(NamedTuple):
    """Everything that changes. ``desk`` holds one row.

    ``submitted``, ``waiting``, ``arming`` and ``completed`` list orders, ``touched`` columns in the
    order in which their positions were first asked for, ``leaders`` the order that leads each OCO
    group, -1 while it has none.
    """

    desk: NDArray[Any]
    rows: NDArray[Any]
    orders: NDArray[Any]
    holdings: NDArray[Any]
    schemes: NDArray[Any]
    submitted: Ints
    waiting: Ints
    arming: Ints
    completed: Ints
    touched: Ints
    leaders: Ints
    executions: NDArray[Any]
    cash: Floats
    equity: Floats
