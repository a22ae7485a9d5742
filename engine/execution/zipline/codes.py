"""Words of zipline as numbers the loop can compare."""

from __future__ import annotations

# Slippage and commission models.
BASIS_POINTS, VOLUME_SHARE, SPREAD, NO_SLIPPAGE = 0, 1, 2, 3
SLIPPAGES = ("fixed_basis_points", "volume_share", "fixed", "none")
PER_SHARE, PER_TRADE, PER_DOLLAR, NO_COMMISSION = 0, 1, 2, 3
COMMISSIONS = ("per_share", "per_trade", "per_dollar", "none")
POLICIES = ("never", "end_of_day")
# What the end of a day cancels: nothing, the oldest of several orders, or all.
NOTHING, OLDEST, ALL = 0, 1, 2

# What a row of the tape asks for.
PLACE, CHILD, WITHDRAW = 0, 1, 2
UNITS = ("units", "value", "percent", "target_units", "target_value", "target_percent")
VALUE, PERCENT, TARGET_UNITS, TARGET_VALUE, TARGET_PERCENT = 1, 2, 3, 4, 5

# How an order stands. The last two never reach a ledger, and delisted is told as ignored.
OPEN, FILLED, CANCELLED, IGNORED, DELISTED, WAITING, NEVER_PLACED = 0, 1, 2, 3, 4, 5, 6
STATUSES = ("open", "filled", "cancelled", "ignored")
REASONS = ("", "no_whole_share", "delisted")

# The order of a fill that nobody asked for.
BROKER = -1

# What stops a run: zipline's own errors, and sizes that are not played.
NO_ROOM, NO_PRICE, NOT_FINITE, TOO_MANY, TOO_LARGE, WORTHLESS = 1, 2, 3, 4, 5, 6
REFUSALS = {
    NO_PRICE: ("no_price", "an order by value needs a price, and the symbol has had none yet"),
    NOT_FINITE: ("amount_not_finite", "the order comes to no finite number of shares or price"),
    TOO_MANY: ("too_many_shares", "zipline takes no order of more than 100 billion shares"),
    WORTHLESS: ("worth_nothing", "no return can follow a day that left the account worth nothing"),
}
MOST_BOUGHT = 1e11
MOST_SOLD = 1e15
