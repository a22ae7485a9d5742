"""The first trade on which two ledgers part, and what either side does there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.diagnose.case import Case
from parity.diagnose.diagnosis import Parting
from parity.diagnose.score import twins_of
from parity.report.words import moment, number


def parting_of(case: Case, reference: NDArray[Any], replay: NDArray[Any]) -> Parting | None:
    """The earliest bar on which a trade of either side has no twin; None if all have one."""
    twins = twins_of(reference, replay, case.tolerance)
    lone = [
        rows[np.setdiff1d(np.arange(len(rows)), own[twins.same])]
        for rows, own in ((reference, twins.reference), (replay, twins.replay))
    ]
    starts = [int(rows["entry_bar"].min()) for rows in lone if len(rows)]
    if not starts:
        return None
    bar = min(starts)
    told = [told_at(case, rows, bar) for rows in lone]
    (one, other) = (at(rows, bar) for rows in lone)
    if one is not None and other is not None and one["entry_price"] == other["entry_price"]:
        # They enter alike, so what parts them is how they leave.
        bar = max(bar, min(int(one["exit_bar"]), int(other["exit_bar"])))
    time = moment(case.panel.clock[max(bar, 0)].isoformat())
    return Parting(bar, time, *told)


def at(rows: NDArray[Any], bar: int) -> Any:
    """The trade that enters on a bar."""
    found = rows[rows["entry_bar"] == bar]
    return found[0] if len(found) else None


def told_at(case: Case, rows: NDArray[Any], bar: int) -> str:
    """The trade that enters on a bar, or when the next one that differs does."""
    own = at(rows, bar)
    if own is not None:
        return told_trade(own)
    later = rows[rows["entry_bar"] > bar]
    if not len(later):
        return "no trade"
    return f"no trade here; the next that differs: {told_trade(later[0])}"


def told_trade(row: Any) -> str:
    """Side, size, bars and prices of a trade in one line."""
    side = "long" if row["quantity"] > 0 else "short"
    entered = f"{side} {number(abs(float(row['quantity'])))} at {number(float(row['entry_price']))}"
    leaves = "still open at" if row["open"] else "out at"
    return (
        f"{entered} on bar {row['entry_bar']}, {leaves} {number(float(row['exit_price']))} "
        f"on bar {row['exit_bar']}"
    )
