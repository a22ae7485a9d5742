"""Random volumes: what zipline fills is bounded by them."""

from __future__ import annotations

import numpy as np
import polars as pl

from parity.fuzz.plan import Plan

VOLUME_FACTORS = {
    "volume": {"some": 40, "thin": 15, "large": 25, "parts": 8, "gone": 10, "zero": 2},
}


def with_volume(bars: pl.DataFrame, plan: Plan, rng: np.random.Generator) -> pl.DataFrame:
    """Too few shares for most orders, or plenty, or a part of one; on some bars none or unknown."""
    count = bars.height
    volume = {
        "some": rng.integers(0, 4000, count) * 1.0,
        "thin": rng.integers(0, 60, count) * 1.0,
        "large": rng.integers(1, 9, count) * 1e6,
        "parts": rng.random(count) * 3000,
        "gone": np.where(rng.random(count) < 0.4, 0.0, rng.integers(0, 9000, count) * 1.0),
        "zero": np.zeros(count),
    }[plan["volume"]]
    if plan["volume"] in ("gone", "parts"):
        volume = np.where(rng.random(count) < 0.05, np.nan, volume)
    return bars.with_columns(pl.Series("volume", volume))
