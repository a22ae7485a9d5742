"""What columns are called in such trees, and how one is found among the names people give it.

A name in ``replicate.toml`` counts first, then ours, then those that vectorbt's own
``records_readable`` and ``stats`` write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

STRATEGY: Final = ("strategy", "Column", "column", "strategy_id", "id")
TIME: Final = ("timestamp", "time", "datetime", "date", "Date", "Open time", "index", "")

COLUMNS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "bars": {
        "timestamp": TIME,
        "open": ("open", "Open"),
        "high": ("high", "High"),
        "low": ("low", "Low"),
        "close": ("close", "Close"),
    },
    "signals": {"time": (*TIME, "__index_level_0__")},
    "params": {
        "strategy": STRATEGY,
        "stop_loss": ("stop_loss", "sl", "sl_stop"),
        "take_profit": ("take_profit", "tp", "tp_stop"),
        "trailing_stop": ("trailing_stop", "tsl", "tsl_stop", "trail"),
    },
    "trades": {
        "strategy": STRATEGY,
        "entry_time": ("entry_time", "Entry Timestamp", "Entry Index", "entry_idx"),
        "exit_time": ("exit_time", "Exit Timestamp", "Exit Index", "exit_idx"),
        "direction": ("direction", "Direction"),
        "size": ("size", "Size", "quantity"),
        "entry_price": ("entry_price", "Avg Entry Price", "Entry Price"),
        "exit_price": ("exit_price", "Avg Exit Price", "Exit Price"),
        "entry_fees": ("entry_fees", "Entry Fees", "entry_commission"),
        "exit_fees": ("exit_fees", "Exit Fees", "exit_commission"),
        "pnl": ("pnl", "PnL"),
        "return": ("return", "Return"),
        "status": ("status", "Status"),
    },
    "metrics": {"strategy": STRATEGY},
    "daily_returns": {"time": (*TIME, "__index_level_0__")},
    "candidates": {"strategy": STRATEGY},
}


def find_column(
    file: str, name: str, there: Sequence[str], given: Mapping[str, Mapping[str, str]]
) -> str | None:
    """The name a column has in a file, or None if it is not there."""
    chosen = given.get(file, {}).get(name)
    known = (chosen,) if chosen is not None else COLUMNS[file][name]
    return next((one for one in known if one in there), None)
