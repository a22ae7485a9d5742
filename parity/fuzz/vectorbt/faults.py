"""Rare faults in a case: values that make vectorbt refuse the whole run, each with its reason."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl

# A fault and the option it breaks; prices are broken in the script instead.
OPTION_FAULTS: dict[str, tuple[str, Any]] = {
    "fees_nan": ("fees", math.nan),
    "fees_inf": ("fees", math.inf),
    "fixed_fees_nan": ("fixed_fees", math.nan),
    "slippage_negative": ("slippage", -0.01),
    "slippage_whole": ("slippage", 1.0),
    "slippage_nan": ("slippage", math.nan),
    "min_size_negative": ("min_size", -1.0),
    "min_size_nan": ("min_size", math.nan),
    "max_size_zero": ("max_size", 0.0),
    "max_size_nan": ("max_size", math.nan),
    "granularity_zero": ("size_granularity", 0.0),
    "granularity_inf": ("size_granularity", math.inf),
    "raise_reject": ("raise_reject", True),
    "size_type": ("size_type", "targetamount"),
    "val_price_zero": ("val_price", 0.0),
}
CELL_FAULTS: dict[str, tuple[str, float]] = {
    "price_zero": ("price", 0.0),
    "price_negative": ("price", -2.0),
    "stop_negative": ("stop_loss", -0.05),
    "profit_negative": ("take_profit", -0.05),
    "two_stops": ("trailing_stop", 0.05),
}
FAULTS = {
    "none": 24 * (len(OPTION_FAULTS) + len(CELL_FAULTS)),
    **dict.fromkeys([*OPTION_FAULTS, *CELL_FAULTS], 1),
}


def spoil_cells(fault: str, frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Put the fault into some rows of a signal script."""
    if fault not in CELL_FAULTS or frame.is_empty():
        return frame
    name, value = CELL_FAULTS[fault]
    where = pl.Series(rng.random(frame.height) < 0.3)
    if fault == "two_stops":
        frame = frame.with_columns(pl.lit(0.1).alias("stop_loss"))
    have = pl.col(name) if name in frame.columns else pl.lit(None, dtype=pl.Float64())
    return frame.with_columns(pl.when(where).then(value).otherwise(have).alias(name))
