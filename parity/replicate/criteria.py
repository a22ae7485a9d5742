"""Does a strategy match? The criteria, from "every bit" down to the levels people ask for first.

The count of trades may differ by 5 %; PnL by 2 % or 10 %; the first ten trades must be the same to
the bit; the fill prices of trades that both sides entered on one bar may differ by 0.1 %.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.execution.kernel import entry_of, rule
from engine.execution.records import Floats, Ints
from parity.replicate.ledger import FIELDS, Ledger, pnl_of

entry = entry_of(Path(__file__).parent)

CRITERIA: Final = ("exact", "count_5", "pnl_2", "pnl_10", "first_ten", "prices")
WORDS: Final = {
    "exact": "all trades exact",
    "count_5": "count within 5 %",
    "pnl_2": "PnL within 2 %",
    "pnl_10": "PnL within 10 %",
    "first_ten": "first ten exact",
    "prices": "prices within 0.1 %",
}
TEN: Final = 10
ENTRY_BAR, SIDE, ENTRY_PRICE, EXIT_PRICE = (
    FIELDS.index(name) for name in ("entry_bar", "side", "entry_price", "exit_price")
)

# Per strategy: how many trades are equal from the first on, how many in all places, how many pairs
# were entered on one bar and side, and the largest relative distance of a fill price in them.
MATCH_ROW = np.dtype(
    [
        ("theirs", np.int64), ("ours", np.int64), ("leading", np.int64), ("equal", np.int64),
        ("paired", np.int64), ("furthest", np.float64), ("pnl_theirs", np.float64),
        ("pnl_ours", np.float64),
    ]
)  # fmt: skip


def match(theirs: Ledger, ours: Ledger) -> NDArray[Any]:
    """Compare two ledgers strategy by strategy, in the fields that theirs tells: MATCH_ROW."""
    compared = np.array([FIELDS.index(name) for name in theirs.fields], dtype=np.int64)
    rows = np.zeros(len(theirs.first) - 1, dtype=MATCH_ROW)
    mine = in_their_width(ours.rows, theirs.single)
    bits = theirs.rows.view(np.int64), mine.view(np.int64)
    match_all(*bits, theirs.rows, mine, theirs.first, ours.first, compared, rows)
    rows["pnl_theirs"], rows["pnl_ours"] = pnl_of(theirs), pnl_of(ours)
    return rows


def in_their_width(rows: Floats, single: tuple[str, ...]) -> Floats:
    """Ours rounded where theirs were stored in 32 bits; a copy, contiguous."""
    if not single:
        return np.ascontiguousarray(rows)
    mine = rows.copy()
    for name in single:
        place = FIELDS.index(name)
        mine[place] = mine[place].astype(np.float32)
    return mine


@entry
def match_all(
    their_bits: Ints, our_bits: Ints, theirs: Floats, ours: Floats, their_first: Ints,
    our_first: Ints, compared: Ints, rows: NDArray[Any],
) -> None:  # fmt: skip
    """Fill one row per strategy."""
    for strategy in range(len(rows)):
        a, b = their_first[strategy], their_first[strategy + 1]
        c, d = our_first[strategy], our_first[strategy + 1]
        row = rows[strategy]
        row["theirs"], row["ours"] = b - a, d - c
        leads = True
        for place in range(min(b - a, d - c)):
            same = same_trade(their_bits, a + place, our_bits, c + place, compared)
            row["equal"] += same
            leads = leads and same
            row["leading"] += leads
        row["paired"], row["furthest"] = pair(theirs, a, b, ours, c, d)


@rule
def same_trade(theirs: Ints, one: int, ours: Ints, other: int, compared: Ints) -> bool:
    """Whether all compared fields have the same bits."""
    for place in range(len(compared)):
        field = compared[place]
        if theirs[field, one] != ours[field, other]:
            return False
    return True


@rule
def pair(theirs: Floats, a: int, until: int, ours: Floats, b: int, end: int) -> tuple[int, float]:
    """Walk both ledgers in time: pairs share entry bar and side; how far their prices are apart."""
    paired, furthest = 0, 0.0
    while a < until and b < end:
        entered, entering = theirs[ENTRY_BAR, a], ours[ENTRY_BAR, b]
        if entered == entering and theirs[SIDE, a] == ours[SIDE, b]:
            paired += 1
            for field in (ENTRY_PRICE, EXIT_PRICE):
                apart = abs(theirs[field, a] - ours[field, b]) / abs(theirs[field, a])
                furthest = apart if not apart <= furthest else furthest
            a += 1
            b += 1
        elif entered <= entering:
            a += 1
        else:
            b += 1
    return paired, furthest


def judge(rows: NDArray[Any]) -> dict[str, NDArray[np.bool_]]:
    """Each criterion per strategy."""
    theirs, ours = rows["theirs"], rows["ours"]
    same_count = theirs == ours
    gap = np.abs(rows["pnl_theirs"] - rows["pnl_ours"])
    first = np.minimum(theirs, TEN)
    return {
        "exact": same_count & (rows["equal"] == theirs),
        "count_5": np.abs(theirs - ours) <= 0.05 * theirs,
        "pnl_2": gap <= 0.02 * np.abs(rows["pnl_theirs"]),
        "pnl_10": gap <= 0.10 * np.abs(rows["pnl_theirs"]),
        "first_ten": (rows["leading"] >= first) & ((theirs >= TEN) | same_count),
        "prices": (rows["furthest"] <= 0.001) & ((rows["paired"] > 0) | (same_count & (ours == 0))),
    }
