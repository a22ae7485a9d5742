"""Random minutes of a calendar: runs over a session's end, its edges, scattered over sessions."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.execution.zipline.clock import MINUTE, sessions_of
from parity.fuzz.plan import Plan, pick

MINUTE_FACTORS = {
    "calendar": {"-": 40, "XNYS": 20, "24/7": 40},
    "days": {"week": 40, "half": 25, "summer": 20, "weekend": 15},
    "spacing": {"run": 35, "edges": 35, "scattered": 30},
}
DAYS = {
    "week": (date(2019, 2, 11), date(1999, 5, 4)),
    "half": (date(2019, 11, 27), date(2018, 12, 21)),
    "summer": (date(2020, 3, 5), date(2020, 10, 29), date(2004, 4, 1)),
    "weekend": (date(2019, 1, 18), date(2001, 9, 7)),
}
FAULTS = {"none": 60, "night": 1, "seconds": 1}
Ints = NDArray[np.int64]


def on_minutes(bars: pl.DataFrame, plan: Plan, rng: np.random.Generator) -> pl.DataFrame:
    """The same bars on other minutes, in the same order."""
    clock = bars["timestamp"].unique().sort()
    minutes = drawn(len(clock), plan, rng) * MINUTE
    fault = pick(rng, FAULTS)
    if fault == "night":
        minutes[0] -= 2 * 1440 * MINUTE + 6 * 60 * MINUTE
    elif fault == "seconds":
        minutes[0] -= 30_000
    places = clock.search_sorted(bars["timestamp"])
    moved = pl.Series(minutes[places.to_numpy()]).cast(bars.schema["timestamp"])
    return bars.with_columns(moved.alias("timestamp"))


def drawn(count: int, plan: Plan, rng: np.random.Generator) -> Ints:
    """So many rising minutes of the epoch."""
    sessions = by_session(count, plan, rng)
    if plan["spacing"] == "run":
        start = int(rng.integers(max(len(sessions[0]) - count, 0), len(sessions[0])))
        return np.concatenate(sessions)[start : start + count]
    if rng.random() < 0.4:
        del sessions[1]
    if plan["spacing"] == "edges":
        edge = count // 4 + 2
        sessions = [np.concatenate((one[:edge], one[-edge:])) for one in sessions]
    chosen = rng.choice(np.unique(np.concatenate(sessions[:4])), count, replace=False)
    return np.sort(chosen)


def by_session(count: int, plan: Plan, rng: np.random.Generator) -> list[Ints]:
    """The minutes of enough sessions, from one of the plan's days on."""
    days: Any = DAYS[plan["days"]]
    start = (days[int(rng.integers(len(days)))] - date(1970, 1, 1)).days
    opens, closes = sessions_of("24/7" if plan["calendar"] == "24/7" else "XNYS", start, 14)
    sessions = [np.arange(a + 1, b + 1) for a, b in zip(opens, closes, strict=True) if a < b]
    return sessions[: 3 + count // 300]
