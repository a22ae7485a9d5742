"""Prices in the shape the loop reads them."""

from __future__ import annotations

import numpy as np

from engine.execution.arrays import frozen
from engine.execution.records import Market
from engine.execution.search import reach_of
from engine.execution.vectorbt.state import Bars


def bars_of(market: Market) -> Bars:
    """Prices by symbol, missing ones mended as stops see them, with the extremes of blocks.

    A missing open is the close; a missing high or low is the outer of the two that are left.
    """
    opens, highs, lows, closes = (frozen(prices.T) for prices in market[:4])
    first, high, low = opens, highs, lows
    if any(np.isnan(prices).any() for prices in (opens, highs, lows)):
        first = np.where(np.isnan(opens), closes, opens)
        high = np.where(np.isnan(highs), np.where(closes > first, closes, first), highs)
        low = np.where(np.isnan(lows), np.where(closes < first, closes, first), lows)
    first, high, low = frozen(first), frozen(high), frozen(low)
    return Bars(opens, closes, first, high, low, reach_of(first, high, low))
