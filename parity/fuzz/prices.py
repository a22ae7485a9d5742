"""Random bars: smooth, gappy, on ticks, flat, huge, tiny, with holes, with prices out of range."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.schema import BARS
from parity.fuzz.plan import Plan

PRICE_FACTORS = {
    "symbols": {"1": 45, "2": 30, "3": 15, "4": 10},
    "length": {"tiny": 8, "short": 32, "medium": 42, "long": 14, "blocks": 4},
    "style": {
        "smooth": 25, "gappy": 25, "ticks": 25, "wild": 10, "flat": 5, "huge": 5, "small": 5,
    },
    "holes": {
        "none": 55, "close": 8, "open": 8, "high_low": 6, "rows": 8, "absent": 18, "all_open": 5,
    },
    "odd_bars": {"none": 70, "open_outside": 15, "close_outside": 15},
    "volume": {"some": 80, "zero": 20},
}  # fmt: skip

# "blocks" is long enough for our engine to jump over whole blocks of bars.
LENGTHS = {
    "tiny": (5, 9),
    "short": (9, 25),
    "medium": (25, 60),
    "long": (60, 121),
    "blocks": (300, 900),
}
START = datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
NAMES = ("AAA", "BBB", "CCC", "DDD")
Floats = NDArray[np.floating[Any]]


def random_bars(plan: Plan, rng: np.random.Generator) -> pl.DataFrame:
    """Bars of the plan's symbols on one minute clock; a symbol may lack some of them."""
    low, high = LENGTHS[plan["length"]]
    count = int(rng.integers(low, high))
    clock = [START + timedelta(minutes=minute) for minute in range(count)]
    frames = []
    for name in NAMES[: int(plan["symbols"])]:
        columns = _one(plan, rng, count)
        frame = pl.DataFrame({"timestamp": clock, "symbol": [name] * count, **columns}, schema=BARS)
        frames.append(_drop_some(frame, rng) if plan["holes"] == "absent" else frame)
    return pl.concat(frames)


def _one(plan: Plan, rng: np.random.Generator, count: int) -> dict[str, Floats]:
    opens, closes = _walk(plan["style"], rng, count)
    reach = 0.02 if plan["style"] in ("wild", "gappy") else 0.006
    highs = np.maximum(opens, closes) * (1 + np.abs(rng.standard_normal(count)) * reach)
    lows = np.minimum(opens, closes) * (
        1 - np.minimum(np.abs(rng.standard_normal(count)), 4) * reach
    )
    if plan["style"] == "flat":
        highs, lows = np.maximum(opens, closes), np.minimum(opens, closes)
    if plan["style"] == "ticks":
        tick = float(rng.choice([0.01, 0.05, 0.5, 1.0]))
        opens, highs, lows, closes = (
            np.maximum(np.round(series / tick), 1) * tick for series in (opens, highs, lows, closes)
        )
    if plan["odd_bars"] == "open_outside":
        opens = _push_out(opens, highs, lows, rng)
    if plan["odd_bars"] == "close_outside":
        closes = _push_out(closes, highs, lows, rng)
    volume = np.zeros(count) if plan["volume"] == "zero" else rng.integers(0, 900, count) * 1.0
    columns: dict[str, Floats] = {
        "open": opens,
        "high": highs,
        "low": lows,
        "close": closes,
        "volume": volume,
    }
    _punch(columns, plan["holes"], rng)
    return columns


def _walk(style: str, rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Opens and closes; the open is the close before it, but for a gap."""
    step = {"wild": 0.12, "gappy": 0.02, "flat": 0.0}.get(style, 0.015)
    gap = {"wild": 0.08, "gappy": 0.05, "flat": 0.0}.get(style, 0.0005)
    start = {"huge": 3e8, "small": 4e-9, "ticks": 20.0}.get(style, float(rng.choice([1, 10, 250])))
    moves = np.clip(rng.standard_normal(count) * step, -0.5, 0.5)
    jumps = np.clip(rng.standard_normal(count) * gap, -0.5, 0.5)
    if style == "flat":
        moves = np.where(rng.random(count) < 0.1, rng.choice([-0.1, 0.1, 0.25], count), 0.0)
    closes = start * np.cumprod((1 + moves) * (1 + jumps))
    return closes / (1 + moves), closes


def _push_out(series: Floats, highs: Floats, lows: Floats, rng: np.random.Generator) -> Floats:
    """Bad data: some prices lie above the high or below the low."""
    outside = np.where(rng.random(len(series)) < 0.5, highs * 1.03, lows * 0.97)
    return np.where(rng.random(len(series)) < 0.15, outside, series)


def _punch(columns: dict[str, Floats], holes: str, rng: np.random.Generator) -> None:
    names = {
        "close": ["close"],
        "open": ["open"],
        "high_low": ["high", "low"],
        "rows": ["open", "high", "low", "close"],
        "all_open": ["open"],
    }.get(holes, [])
    share = 1.0 if holes == "all_open" else 0.15
    together = rng.random(len(columns["close"])) < share
    for name in names:
        alone = holes == "high_low" and rng.random() < 0.5
        where = rng.random(len(together)) < share if alone else together
        columns[name] = np.where(where, np.nan, columns[name])


def _drop_some(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    keep = rng.random(frame.height) > 0.15
    keep[int(rng.integers(frame.height))] = True
    return frame.filter(pl.Series(keep))
