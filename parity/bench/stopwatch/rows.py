"""Bars as rows of numbers, so that two libraries can be seen to give the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

PRICES = ("open", "high", "low", "close", "volume")
BAR = np.dtype([("time", "<i8"), *((name, "<f8") for name in PRICES)])


def rows_of(times: Any, columns: Iterable[Any]) -> np.ndarray:
    """Milliseconds and prices, one row per bar."""
    stamps = np.asarray(times).astype("datetime64[ms]").astype(np.int64)
    rows = np.empty(len(stamps), dtype=BAR)
    rows["time"] = stamps
    for name, column in zip(PRICES, columns, strict=True):
        rows[name] = column
    return rows
