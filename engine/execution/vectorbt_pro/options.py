"""What a run under this model can set: the platform's arguments, and the rules left open.

The second group exists because public sources leave those rules open. Each is listed with its
values, its default and the evidence for it in docs/vectorbt-pro.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.execution.vectorbt.options import CONFLICT, Choice, Flag, Number

# Arguments of ``Portfolio.from_signals`` that public pages name.
ARGUMENTS: Mapping[str, Number | Flag | Choice] = {
    "direction": Choice(("longonly", "shortonly", "both"), "longonly"),
    "fees": Number(None),
    "fixed_fees": Number(None),
    "slippage": Number(None),
    "min_size": Number(1e-8),
    "tsl_th": Number(0.0),
    "upon_long_conflict": Choice(CONFLICT, "ignore"),
    "upon_short_conflict": Choice(CONFLICT, "ignore"),
    "upon_dir_conflict": Choice(("ignore", "long", "short", "adjacent", "opposite"), "ignore"),
    "upon_opposite_entry": Choice(
        ("ignore", "close", "closereduce", "reverse", "reversereduce"), "reversereduce"
    ),
    "stop_entry_price": Choice(("close", "price", "fillprice"), "close"),
}
# Rules that public sources leave open; the place of a word is its number in codes.py.
OPEN_RULES: Mapping[str, Number | Flag | Choice] = {
    "entry_price": Choice(("close", "open", "nextopen"), None),
    "stop_fill": Choice(("level", "close"), "level"),
    "gap_fill": Choice(("open", "level"), "open"),
    "stop_slippage": Choice(("all", "losses", "none"), "all"),
    "stop_first": Choice(("fixed", "trailing", "nearest"), "fixed"),
    "target_first": Flag(False),
    "gap_first": Flag(False),
    "signal_first": Flag(False),
    "entry_bar_stops": Choice(("none", "range", "close"), "none"),
    "trail_check": Choice(("lagged", "close", "close_last", "intrabar"), "close"),
    "close_look_fill": Choice(("close", "level"), "close"),
    "trail_start": Choice(("base", "extreme"), "base"),
    "reentry_bars": Number(1.0),
    "reentry_signal": Choice(("any", "fresh"), "any"),
    "sizing": Choice(("all_cash", "fees_outside", "costs_outside", "initial_cash"), "all_cash"),
}
PER_COLUMN: Mapping[str, Number | Flag | Choice] = {**ARGUMENTS, **OPEN_RULES}
OPTIONS: Mapping[str, Number | Flag | Choice | None] = {**PER_COLUMN, "init_cash": None}

# The options under which this model gives the fills of the open edition, where both can play.
OPEN_EDITION: Mapping[str, Any] = {"stop_slippage": "none", "trail_check": "lagged"}

# What an option takes from the account when nobody says otherwise.
ACCOUNT: Mapping[str, str] = {"fees": "commission", "fixed_fees": "fixed", "slippage": "slippage"}

# What a script's cell takes when it is empty.
VALUES: Mapping[str, Any] = {
    "size": math.inf,
    "price": "open",
    "stop_loss": math.nan,
    "take_profit": math.nan,
    "trailing_stop": math.nan,
}
DEFAULTS: Mapping[str, Any] = {
    **VALUES,
    **{name: option.default for name, option in OPTIONS.items() if option is not None},
}
