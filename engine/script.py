"""What the user asks for and with what money: scripts and accounts, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

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
