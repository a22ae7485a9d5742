"""The numbers that stand for vectorbt's words inside the kernels."""

from __future__ import annotations

# What a size counts.
AMOUNT, VALUE, PERCENT = 0, 1, 2

# Which side an order may leave the position on.
LONG_ONLY, SHORT_ONLY, BOTH = 0, 1, 2

# Accumulation.
DISABLED, ACCUMULATE, ADD_ONLY, REMOVE_ONLY = 0, 1, 2, 3

# Conflicts of an entry and an exit, and of a long and a short entry.
IGNORE, ENTRY, EXIT, ADJACENT, OPPOSITE = 0, 1, 2, 3, 4
LONG, SHORT = 1, 2

# An entry against the held side.
OPPOSITE_IGNORE, OPPOSITE_CLOSE, OPPOSITE_REDUCE, OPPOSITE_REVERSE = 0, 1, 2, 3

# Where a stop is measured from, where it fills, what it does and when it is replaced.
FROM_VALUATION, FROM_PRICE, FROM_FILL, FROM_CLOSE = 0, 1, 2, 3
STOP_LIMIT, STOP_MARKET, STOP_AT_PRICE, STOP_AT_CLOSE = 0, 1, 2, 3
STOP_CLOSE, STOP_REDUCE, STOP_REVERSE, STOP_REVERSE_REDUCE = 0, 1, 2, 3
KEEP, OVERRIDE, OVERRIDE_NAN = 0, 1, 2

# Call sequence within a group that shares cash.
IN_ORDER, REVERSED, SORTED = 0, 1, 2

# What became of an order: the reason alone tells the status.
FILLED = 0
SIZE_NAN, PRICE_NAN, VAL_PRICE_NAN, VALUE_NAN, VALUE_ZERO_NEG = 1, 2, 3, 4, 5
SIZE_ZERO, NO_CASH_SHORT, NO_CASH_LONG, NO_OPEN_POSITION = 6, 7, 8, 9
MAX_SIZE_EXCEEDED, RANDOM_EVENT, CANT_COVER_FEES = 10, 11, 12
MIN_SIZE_NOT_REACHED, PARTIAL_FILL = 13, 14

# What stops the whole run; every one is above the reasons.
FAULT = 100
PRICE_NOT_POSITIVE, STOP_NEGATIVE, SIZE_NEGATIVE, PERCENT_REVERSAL = 100, 101, 102, 103
LONG_INFINITE, SHORT_INFINITE, VAL_PRICE_NOT_POSITIVE = 104, 105, 106
FEES_NOT_FINITE, FIXED_FEES_NOT_FINITE, SLIPPAGE_INVALID = 107, 108, 109
MIN_SIZE_INVALID, MAX_SIZE_INVALID, GRANULARITY_INVALID = 110, 111, 112
SIZE_TYPE_UNSUPPORTED, REJECTED_RAISED, CASH_NEGATIVE = 113, 114, 115
POSITION_NOT_FINITE, DEBT_NEGATIVE, FREE_CASH_NAN, DIVISION_BY_ZERO = 116, 117, 118, 119

STATUSES = ("filled", "ignored", "rejected")
REASONS = (
    "", "size_nan", "price_nan", "val_price_nan", "value_nan", "value_zero_neg", "size_zero",
    "no_cash_short", "no_cash_long", "no_open_position", "max_size_exceeded", "random_event",
    "cant_cover_fees", "min_size_not_reached", "partial_fill",
)  # fmt: skip

REFUSALS = {
    PRICE_NOT_POSITIVE: ("price_not_positive", "an order's price must be finite and above zero"),
    STOP_NEGATIVE: ("stop_negative", "a stop or target fraction must not be negative"),
    SIZE_NEGATIVE: ("size_negative", "size must not be negative; signals give the direction"),
    PERCENT_REVERSAL: ("percent_reversal", "a size in percent cannot reverse a position"),
    LONG_INFINITE: ("long_infinite", "an infinite size needs finite cash to buy"),
    SHORT_INFINITE: ("short_infinite", "an infinite size needs finite cash to sell short"),
    VAL_PRICE_NOT_POSITIVE: (
        "val_price_not_positive",
        "a size in value needs a valuation price that is finite and above zero",
    ),
    FEES_NOT_FINITE: ("fees_not_finite", "fees must be finite"),
    FIXED_FEES_NOT_FINITE: ("fixed_fees_not_finite", "fixed_fees must be finite"),
    SLIPPAGE_INVALID: ("slippage_invalid", "slippage must be finite and not negative"),
    MIN_SIZE_INVALID: ("min_size_invalid", "min_size must be finite and not negative"),
    MAX_SIZE_INVALID: ("max_size_invalid", "max_size must be above zero"),
    GRANULARITY_INVALID: ("granularity_invalid", "size_granularity must be NaN or above zero"),
    SIZE_TYPE_UNSUPPORTED: (
        "size_type_unsupported",
        "signals take sizes in amount, value or percent only",
    ),
    REJECTED_RAISED: ("rejected", "an order was rejected and raise_reject is set"),
    CASH_NEGATIVE: ("cash_negative", "cash must be a number and not negative"),
    POSITION_NOT_FINITE: ("position_not_finite", "the position is no longer finite"),
    DEBT_NEGATIVE: ("debt_negative", "debt must be finite and not negative"),
    FREE_CASH_NAN: ("free_cash_nan", "free cash is no longer a number"),
    DIVISION_BY_ZERO: ("division_by_zero", "an order's arithmetic divides by zero"),
}
