"""What the user asks for and with what money: scripts and accounts, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from engine.errors import InputError
from engine.schema import SIGNAL_VALUES, SIGNALS, TAPE, conform

# A platform option: one value for all, or one per symbol in the order of the symbols.
Option = bool | int | float | str | list[bool] | list[int] | list[float] | list[str]


@dataclass(frozen=True, slots=True)
class Script:
    """A table that any platform can replay.

    ``kind`` "signals": ``frame`` has the SIGNALS columns, any of the SIGNAL_VALUES columns (size in
    the platform's size type, price, and stop_loss, take_profit, trailing_stop as fractions) and any
    number of ``<platform>.<option>`` columns that vary a platform's option by bar. A missing row
    means no signal; a null cell means the default; NaN is a value.
    ``kind`` "orders": ``frame`` has the TAPE columns.
    ``defaults`` holds scalars for the SIGNAL_VALUES that have no cell; ``price`` may be "open" or
    "close" (of the bar that carries the signal).
    """

    kind: Literal["signals", "orders"]
    frame: pl.DataFrame
    defaults: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """Money at the start and what each order costs.

    ``commission`` is a share of the order's value, ``fixed`` an amount per order, ``slippage``
    moves the price against the order by a share of it. ``cash`` is the account's money; where a
    platform keeps one account per symbol, each starts with it.
    """

    cash: float = 100.0
    commission: float = 0.0
    fixed: float = 0.0
    slippage: float = 0.0


def conform_script(kind: str, frame: pl.DataFrame, *, where: str = "script") -> pl.DataFrame:
    """Give a script its columns: absent signal columns are all False, absent tape columns null."""
    schema = SIGNALS if kind == "signals" else TAPE
    needed = {"timestamp", "symbol"} if kind == "signals" else {"timestamp", "symbol", "quantity"}
    lacking = sorted(needed - set(frame.columns))
    if lacking:
        raise InputError(f"{where} lacks {lacking}; its columns are {list(schema)}")
    if kind == "signals":
        flags = [c for c in schema if c not in frame.columns]
        frame = frame.with_columns(pl.lit(value=False).alias(name) for name in flags)
        extra = [c for c in frame.columns if c not in schema]
        odd = [c for c in extra if c not in SIGNAL_VALUES and "." not in c]
        if odd:
            raise InputError(
                f"{where} has unknown {odd}; optional columns are {list(SIGNAL_VALUES)} "
                "and <platform>.<option>"
            )
        values = [c for c in extra if c in SIGNAL_VALUES]
        core = conform(frame.select(list(schema)), schema, where=where)
        core = core.with_columns(pl.col(list(schema)[2:]).fill_null(value=False))
        return core.hstack(
            [_number(frame[c], where) for c in values]
            + [frame[c] for c in extra if c not in SIGNAL_VALUES]
        )
    if "order_id" not in frame.columns:
        frame = frame.with_row_index("order_id")
    defaults = {"kind": "market", "unit": "units"}
    absent = [name for name in schema if name not in frame.columns]
    frame = frame.with_columns(
        pl.lit(defaults.get(name), dtype=schema[name]).alias(name) for name in absent
    )
    return conform(frame, schema, where=where)


def _number(column: pl.Series, where: str) -> pl.Series:
    if not (column.dtype.is_numeric() or column.dtype == pl.Null()):
        raise InputError(f"{where}: column {column.name!r} is {column.dtype}, not a number")
    return column.cast(pl.Float64())
