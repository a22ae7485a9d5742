"""Words as the numbers the kernels use."""

from __future__ import annotations

# How an order waits; a trailing stop with a limit price is backtrader's trailing stop-limit.
MARKET, LIMIT, STOP, STOP_LIMIT, TRAIL, TRAIL_LIMIT, CANCEL = range(7)
KINDS = ("market", "limit", "stop", "stop_limit", "trailing_stop", "trailing_stop", "cancel")

UNITS, VALUE, PERCENT, TARGET_UNITS, TARGET_VALUE, TARGET_PERCENT = range(6)
UNIT_WORDS = ("units", "value", "percent", "target_units", "target_value", "target_percent")

# An order's life in backtrader's own words, and what each comes to.
CREATED, SUBMITTED, ACCEPTED, PARTIAL, COMPLETED, CANCELED, EXPIRED, MARGIN, REJECTED = range(9)
REASONS = (
    "created", "submitted", "accepted", "partial", "completed", "canceled", "expired", "margin",
    "rejected",
)  # fmt: skip
STATUSES = ("open", "filled", "cancelled", "expired", "rejected")
STATUS_OF = (0, 0, 0, 0, 1, 2, 3, 4, 4)

NO_FILLER, FIXED_SIZE, FIXED_BAR_PERC, BAR_POINT_PERC = range(4)
FILLERS = ("none", "fixed_size", "fixed_bar_perc", "bar_point_perc")

NO_SIZER, FIXED, REVERSER, BY_PERCENT, BY_PERCENT_INT, ALL_IN, ALL_IN_INT, AFFORDABLE = range(8)
SIZERS = (
    "none", "fixed", "reverser", "percent", "percent_int", "all_in", "all_in_int", "affordable",
)  # fmt: skip

# What Python's arithmetic stops the run with.
DIVISION_BY_ZERO, SIZE_INFINITE, SIZE_NOT_A_NUMBER = 1, 2, 3
REFUSALS = {
    DIVISION_BY_ZERO: ("division_by_zero", "a size or a value is divided by zero"),
    SIZE_INFINITE: ("size_infinite", "a size in whole units is infinite"),
    SIZE_NOT_A_NUMBER: ("size_not_a_number", "a size in whole units is not a number"),
}
