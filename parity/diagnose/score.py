"""How far the trades of a replay are from those of the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.errors import InputError
from engine.execution.records import TRADE_ROW, Floats, Ints
from engine.schema import TRADES, conform
from parity.diagnose.case import Case
from parity.diagnose.diagnosis import Score

PLACE = ("entry_price", "exit_price")
AMOUNT = ("quantity", "entry_commission", "exit_commission")


@dataclass(frozen=True, slots=True)
class Twins:
    """Which trades of either side have a twin: in place, and in size and fees as well."""

    reference: Ints
    replay: Ints
    placed: NDArray[np.bool_]
    same: NDArray[np.bool_]


def rows_of(case: Case, offset: int = 0) -> NDArray[Any]:
    """The reference's trades as TRADE_ROW, their times moved by some milliseconds.

    A time that is not on the clock becomes bar -1. Raises InputError where no time is on it.
    """
    frame = conform(case.trades, TRADES, where=f"{case.name}: reference trades")
    rows = np.zeros(frame.height, dtype=TRADE_ROW)
    for name in (*PLACE, *AMOUNT, "pnl", "return"):
        rows[name] = frame[name].fill_null(np.nan).to_numpy()
    for time, bar in (("entry_time", "entry_bar"), ("exit_time", "exit_bar")):
        moved = frame[time] + pl.duration(milliseconds=offset) if offset else frame[time]
        times = moved if isinstance(moved, pl.Series) else frame.select(moved).to_series()
        rows[bar] = case.panel.rows_of(times)
    rows["open"] = (frame["status"] == "open").to_numpy()
    return rows


def score_of(reference: NDArray[Any], replay: NDArray[Any], tolerance: float) -> Score:
    """Count what has no twin on either side."""
    twins = twins_of(reference, replay, tolerance)
    both = len(reference) + len(replay)
    return Score(
        misplaced=both - 2 * int(twins.placed.sum()),
        differing=both - 2 * int(twins.same.sum()),
        trades=len(replay),
        pnl=float(replay["pnl"].sum()),
    )


def twins_of(reference: NDArray[Any], replay: NDArray[Any], tolerance: float) -> Twins:
    """Pair trades that enter and leave on the same bars on the same side, then compare them."""
    _, ours, theirs = np.intersect1d(keys(reference), keys(replay), return_indices=True)
    left, right = reference[ours], replay[theirs]
    placed = left["open"] == right["open"]
    for name in PLACE:
        placed &= near(left[name], right[name], tolerance)
    same = placed.copy()
    for name in AMOUNT:
        same &= near(left[name], right[name], tolerance)
    return Twins(ours.astype(np.int64), theirs.astype(np.int64), placed, same)


def keys(rows: NDArray[Any]) -> Ints:
    """Entry bar, exit bar and side in one number; a time off the clock has one of its own."""
    span = np.int64(2**31)
    key = (rows["entry_bar"] * span + rows["exit_bar"]) * 2 + (rows["quantity"] > 0)
    off = (rows["entry_bar"] < 0) | (rows["exit_bar"] < 0)
    return np.where(off, -1 - np.arange(len(rows)), key)


def near(a: Floats, b: Floats, tolerance: float) -> NDArray[np.bool_]:
    """Equal, NaN included, or within a relative tolerance."""
    equal: NDArray[np.bool_] = (a == b) | (np.isnan(a) & np.isnan(b))
    if tolerance:
        equal |= np.abs(a - b) <= tolerance * np.maximum(np.abs(a), np.abs(b))
    return equal


def check_times(case: Case, rows: NDArray[Any]) -> None:
    """Trades none of whose entries is on the clock belong to other bars."""
    if len(rows) and (rows["entry_bar"] < 0).all():
        raise InputError(
            f"{case.name}: none of {len(rows)} reference trades enters at a time of the bars "
            f"({case.panel.clock[0]} to {case.panel.clock[-1]}); give the bars they were made on"
        )
