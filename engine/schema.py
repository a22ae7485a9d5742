"""Every column, dtype and enum, spelled once.

Times are UTC milliseconds; prices, quantities and money are float64, which is what every platform
computes in. Quantity is signed: buying is positive in orders, fills, trades and positions.
``conform`` is the one gate through which frames enter and leave.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import polars as pl

from engine.errors import InputError

F64: Final = pl.Float64()
I64: Final = pl.Int64()
BOOL: Final = pl.Boolean()
TEXT: Final = pl.String()
TIME: Final = pl.Datetime("ms", "UTC")


class Kind(StrEnum):
    """How an order of a tape waits for its price; cancel withdraws an earlier one."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"
    CANCEL = "cancel"


class Unit(StrEnum):
    """What the quantity of an order counts."""

    UNITS = "units"
    VALUE = "value"
    PERCENT = "percent"
    TARGET_UNITS = "target_units"
    TARGET_VALUE = "target_value"
    TARGET_PERCENT = "target_percent"


class Status(StrEnum):
    """What became of an order."""

    FILLED = "filled"
    IGNORED = "ignored"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    OPEN = "open"


BARS: Final = pl.Schema(
    {
        "timestamp": TIME,
        "symbol": TEXT,
        "open": F64,
        "high": F64,
        "low": F64,
        "close": F64,
        "volume": F64,
    }
)

# An order is decided at the close of the bar its timestamp names; several of one bar, in the order
# of their rows. ``parent_id`` names the order whose fill wakes this one (of kind cancel: the order
# that is withdrawn); orders with one ``oco_id`` cancel each other; ``expires`` is the last bar on
# which the order may fill.
TAPE: Final = pl.Schema(
    {
        "order_id": I64,
        "timestamp": TIME,
        "symbol": TEXT,
        "kind": TEXT,
        "quantity": F64,
        "unit": TEXT,
        "limit_price": F64,
        "stop_price": F64,
        "trail_amount": F64,
        "trail_percent": F64,
        "parent_id": I64,
        "oco_id": I64,
        "expires": TIME,
    }
)

# Rows may be sparse: a missing row means no signal. A null cell means "the script's default".
SIGNALS: Final = pl.Schema(
    {
        "timestamp": TIME,
        "symbol": TEXT,
        "entry": BOOL,
        "exit": BOOL,
        "short_entry": BOOL,
        "short_exit": BOOL,
    }
)

# Optional columns of SIGNALS, each also a scalar default of the script.
SIGNAL_VALUES: Final = ("size", "price", "stop_loss", "take_profit", "trailing_stop")

ORDERS: Final = pl.Schema(
    {
        "order_id": I64,
        "timestamp": TIME,
        "symbol": TEXT,
        "quantity": F64,
        "price": F64,
        "status": TEXT,
        "reason": TEXT,
        "cash": F64,
        "position": F64,
    }
)

FILLS: Final = pl.Schema(
    {
        "fill_id": I64,
        "order_id": I64,
        "timestamp": TIME,
        "symbol": TEXT,
        "quantity": F64,
        "price": F64,
        "commission": F64,
    }
)

TRADES: Final = pl.Schema(
    {
        "trade_id": I64,
        "position_id": I64,
        "symbol": TEXT,
        "quantity": F64,
        "entry_time": TIME,
        "entry_price": F64,
        "entry_commission": F64,
        "exit_time": TIME,
        "exit_price": F64,
        "exit_commission": F64,
        "pnl": F64,
        "return": F64,
        "status": TEXT,
    }
)

EQUITY: Final = pl.Schema({"timestamp": TIME, "account": TEXT, "cash": F64, "equity": F64})

METRICS: Final = pl.Schema({"name": TEXT, "value": F64})

# The tables of a result and of a reference, in the order in which a divergence is looked for.
TABLES: Final = {
    "orders": ORDERS,
    "fills": FILLS,
    "trades": TRADES,
    "entry_trades": TRADES,
    "positions": TRADES,
    "equity": EQUITY,
}


def conform(frame: pl.DataFrame, schema: pl.Schema, *, where: str = "table") -> pl.DataFrame:
    """Select the schema's columns in its order and cast them; anything missing is an error.

    ``where`` names the file or table in the message. Extra columns are dropped by the caller, not
    here: an unknown column raises, because a misspelt one must not be ignored.
    """
    missing = [name for name in schema if name not in frame.columns]
    unknown = [name for name in frame.columns if name not in schema]
    if missing or unknown:
        parts = [f"lacks {missing}"] * bool(missing) + [f"has unknown {unknown}"] * bool(unknown)
        raise InputError(f"{where} {' and '.join(parts)}; its columns are {list(schema)}")
    columns = []
    for name, dtype in schema.items():
        have = frame.schema[name]
        if have == dtype:
            columns.append(frame[name])
            continue
        if not _castable(have, dtype):
            raise InputError(f"{where}: column {name!r} is {have}, not {dtype}")
        columns.append(frame[name].cast(dtype))
    return pl.DataFrame(columns)


def _castable(have: pl.DataType, want: pl.DataType) -> bool:
    """Widening only: numbers to floats, integers to integers, naive or coarser times to UTC ms."""
    if have == pl.Null():
        return True
    if want == F64:
        return have.is_numeric()
    if want == I64:
        return have.is_integer()
    if isinstance(want, pl.Datetime):
        return isinstance(have, pl.Datetime) and have.time_zone in ("UTC", None)
    return False
