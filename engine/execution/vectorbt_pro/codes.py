"""The numbers that stand for the words of this model's options inside the kernels."""

from __future__ import annotations

# Where a signal's order fills.
AT_CLOSE, AT_OPEN, AT_NEXT_OPEN = 0, 1, 2

# What stops and targets are measured from.
FROM_CLOSE, FROM_PRICE, FROM_FILL = 0, 1, 2

# Where a stop that is reached fills, and where one that was passed at the open.
FILL_AT_LEVEL, FILL_AT_CLOSE = 0, 1
GAP_AT_OPEN, GAP_AT_LEVEL = 0, 1

# Which stops pay slippage.
SLIP_ALL, SLIP_LOSSES, SLIP_NONE = 0, 1, 2

# Which of the stop-loss and the trailing stop counts when both are reached.
FIXED_FIRST, TRAILING_FIRST, NEAREST_FIRST = 0, 1, 2

# What of the entry bar can reach a stop.
ENTRY_NONE, ENTRY_RANGE, ENTRY_CLOSE = 0, 1, 2

# When the peak of a trailing stop moves, and whether the close is looked at after that.
LAGGED, LAGGED_CLOSE, LAGGED_CLOSE_LAST, INTRABAR = 0, 1, 2, 3

# Where the second look at the close fills.
LOOK_AT_CLOSE, LOOK_AT_LEVEL = 0, 1

# Where the peak starts.
START_BASE, START_EXTREME = 0, 1

# Which entry signal counts after an exit.
ANY_SIGNAL, FRESH_SIGNAL = 0, 1

# How an infinite size is turned into units.
ALL_CASH, FEES_OUTSIDE, COSTS_OUTSIDE, INITIAL_CASH = 0, 1, 2, 3

# How a level is met on a bar: not, in its range, at its open, or at its close after the peak moved.
NOT_MET, IN_RANGE, OPENED_BEYOND, CLOSED_BEYOND = 0, 1, 2, 3

# Which stop a bar hit.
NO_STOP, STOP_LOSS, TRAILING_STOP, TAKE_PROFIT = 0, 1, 2, 3
