"""The numbers that stand for words inside the kernels of backtesting.py's model."""

from __future__ import annotations

# What a row of the tape is to backtesting.py.
ENTRY, LOSS, TARGET, CLOSE, FLAT, CANCEL = 0, 1, 2, 3, 4, 5

# What became of an order.
FILLED, REJECTED, CANCELLED, OPEN = 0, 1, 2, 3
STATUSES = ("filled", "rejected", "cancelled", "open")

NO_REASON, WRONG_SIDE, NO_WHOLE_UNIT, NO_MARGIN, TRADE_CLOSED, EXCLUSIVE, RUIN = range(7)
REASONS = (
    "", "wrong_side", "no_whole_unit", "insufficient_margin", "trade_closed", "exclusive_orders",
    "ruin",
)  # fmt: skip

# What stops the whole run.
SIZE_NOT_A_NUMBER = 1
REFUSALS = {SIZE_NOT_A_NUMBER: ("size_not_a_number", "a share of what can be bought has no size")}
