"""The numbers that stand for the words of rules, orders and ends inside the kernels."""

from __future__ import annotations

# When an order without a price of its own is executed.
TIMINGS = ("next_open", "close", "next_close")
NEXT_OPEN, CLOSE, NEXT_CLOSE = 0, 1, 2

# What the fractions of a stop and a target are measured from.
BASES = ("fill", "signal_close", "bar_close")
FROM_FILL, FROM_SIGNAL, FROM_CLOSE = 0, 1, 2

# Where a stop or target of a signal is executed once it is reached.
STOP_FILLS = ("level", "close", "next_open")
AT_LEVEL, AT_CLOSE, AT_NEXT_OPEN = 0, 1, 2

# Which of two prices comes first where a bar reaches both.
SAME_BAR = ("stop_first", "target_first", "worst")
STOP_FIRST, TARGET_FIRST, WORST = 0, 1, 2

# Whether stops and targets are looked at on the bar of the entry.
ENTRY_BAR = ("check", "skip")
CHECK, SKIP = 0, 1

# Which entries count after a stop or a target.
REENTRIES = ("free", "skip_bar", "fresh")
FREE, SKIP_BAR, FRESH = 0, 1, 2

# What an entry does to a position of the other side.
OPPOSITE = ("reverse", "close", "ignore")
REVERSE, LEAVE, IGNORE = 0, 1, 2

# What a size counts; the first four are those of signals, the names those of a tape's units.
SIZINGS = ("units", "value", "percent", "all_cash")
UNIT_WORDS = (*SIZINGS, "target_units", "target_value", "target_percent")
UNITS, VALUE, PERCENT, ALL_CASH = 0, 1, 2, 3
TARGET_UNITS, TARGET_VALUE, TARGET_PERCENT = 4, 5, 6

# What becomes of an order that costs more than there is.
CASH_RULES = ("shrink", "reject", "margin")
SHRINK, REJECT, MARGIN = 0, 1, 2

KINDS = ("market", "limit", "stop", "stop_limit", "trailing_stop", "cancel")
MARKET, LIMIT, STOP, STOP_LIMIT, TRAILING_STOP, CANCEL = 0, 1, 2, 3, 4, 5

STATUSES = ("filled", "ignored", "rejected", "cancelled", "expired", "open")
FILLED, IGNORED, REJECTED, CANCELLED, EXPIRED, OPEN = 0, 1, 2, 3, 4, 5

# Why a signal's order was made, and why an order ended without being executed in full.
REASONS = (
    "", "entry", "exit", "reversal", "stop_loss", "trailing_stop", "take_profit", "no_cash",
    "nothing_to_do", "oco", "withdrawn", "parent_ended",
)  # fmt: skip
NONE, BY_ENTRY, BY_EXIT, BY_REVERSAL, BY_STOP, BY_TRAIL, BY_TARGET = 0, 1, 2, 3, 4, 5, 6
NO_CASH, NOTHING, BY_OCO, WITHDRAWN, PARENT_ENDED = 7, 8, 9, 10, 11
