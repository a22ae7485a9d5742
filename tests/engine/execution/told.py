"""A short way to tell a market story to an execution model."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.execution.records import Market, Marks, Request


def market_of(bars: Any) -> Market:
    """Bars are closes, or (open, high, low, close) each; NaN where a price is missing."""
    rows = [bar if isinstance(bar, tuple) else (np.nan, np.nan, np.nan, bar) for bar in bars]
    prices = np.array(rows, dtype=float)[:, :, None]
    return Market(*(prices[:, place] for place in range(4)), prices[:, 3])


def marks_at(bars: list[int]) -> Marks:
    return Marks(np.array([0, len(bars)]), np.array(bars, dtype=np.int64))


def request_of(
    bars: Any,
    *,
    entry: Any = (),
    exit: Any = (),
    short_entry: Any = (),
    short_exit: Any = (),
    cash: float = 100.0,
    fees: float = 0.0,
    fixed: float = 0.0,
    slippage: float = 0.0,
    options: dict[str, Any] | None = None,
    **values: Any,
) -> Request:
    """One symbol. Signals are lists of bars; a value that is a list has one number per bar."""
    signals = {"entry": entry, "exit": exit, "short_entry": short_entry, "short_exit": short_exit}
    return Request(
        market=market_of(bars),
        symbols=("A",),
        cash=cash,
        commission=fees,
        fixed=fixed,
        slippage=slippage,
        marks={name: marks_at(list(where)) for name, where in signals.items()},
        values={
            name: np.array(value, dtype=float)[:, None] if isinstance(value, list) else value
            for name, value in values.items()
        },
        options=options or {},
    )
