"""What a run's settings permit its ledger to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the settings permit.

    ``cash`` maps accounts to the money they start with, where that is known. ``slippage`` is the
    largest share by which a price may leave its bar; ``any_price`` lifts that rule because the
    script names its prices. ``growth`` holds timestamp, symbol, long, short: the bars on which the
    script asks for more on either side; None where orders may wait for any bar. ``in_parts`` says
    that one order may be filled several times, ``balance`` that cash is what closed trades left, so
    that buying does not lower it, and that a ruined account is empty for ever. ``set_aside`` names
    the rules that this platform's own way of telling or of counting money breaks, each with the
    reason.
    """

    cash: Mapping[str, float] = field(default_factory=dict)
    slippage: float = 0.0
    any_price: bool = False
    negative_fees: bool = False
    growth: pl.DataFrame | None = None
    in_parts: bool = False
    balance: bool = False
    set_aside: Mapping[str, str] = field(default_factory=dict)
