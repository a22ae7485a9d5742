"""One strategy whose trades differ, and what is known of how they were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from engine.execution.records import Marks
from engine.panel import Panel
from engine.script import Account


@dataclass(frozen=True, slots=True)
class Case:
    """A strategy of one symbol, its reference trades, and the options we would play it with.

    ``panel`` holds the bars of one symbol on its clock. ``marks`` maps entry, exit, short_entry and
    short_exit (those there are) to the bars of one column. ``values`` are scalars: stop_loss,
    take_profit, trailing_stop as fractions (leave out or NaN for none), size (left out: all cash),
    price ("open" or "close"; left out: "open"). ``options`` are those of the model vectorbt_pro;
    for a tree of the open edition start from ``vectorbt_pro.OPEN_EDITION``. ``trades`` has the
    TRADES columns, rising in entry time, in the times of ``panel``'s clock.

    ``tolerance`` is the relative difference up to which prices, quantities and fees are the same:
    0 asks for the same bits.
    """

    name: str
    panel: Panel
    marks: Mapping[str, Marks]
    values: Mapping[str, Any]
    account: Account
    options: Mapping[str, Any]
    trades: pl.DataFrame
    tolerance: float = field(default=0.0, kw_only=True)
