"""Exit trades of many strategies on one symbol, field by field, straight from the fills."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.arrays import frozen, processors, spans, threaded
from engine.execution.kernel import entry, rule
from engine.execution.records import TRADE_ROW, Floats, Ints
from engine.execution.vectorbt.trades import exit_trades

# What is told of an exit trade: bars, side (1 long, -1 short), size, prices, fees, what it earned,
# and 1 while it is open.
EXIT_FIELDS = (
    "entry_bar", "exit_bar", "side", "size", "entry_price", "exit_price", "entry_fees",
    "exit_fees", "pnl", "return", "open",
)  # fmt: skip


# Sums over the trades of a column, over all and over those that are closed.
TALLY_ROW = np.dtype(
    [
        (name, np.float64)
        for name in (
            "trades", "wins", "gain", "loss", "best", "worst", "closed", "closed_wins",
            "closed_gain", "closed_loss", "closed_best", "closed_worst",
        )
    ]
)  # fmt: skip


class Exits(NamedTuple):
    """Exit trades, (EXIT_FIELDS, trades), by column and time; c has first[c]:first[c + 1]."""

    fields: Floats
    first: Ints


def places_of(fills: NDArray[Any], columns: int) -> Ints:
    """Where the fills of each column begin; they are sorted by column."""
    return frozen(np.searchsorted(fills["column"], np.arange(columns + 1)), np.int64)


def exits_of(fills: NDArray[Any], first: Ints, close: float, last_bar: int) -> Exits:
    """The exit trades of all columns; what is still held at the end exits at the last close."""
    columns = len(first) - 1
    room, counts = np.empty(len(fills), dtype=TRADE_ROW), np.zeros(columns, dtype=np.int64)
    threaded(
        lambda begin, end: write_exits(fills, first, begin, end, close, last_bar, room, counts),
        spans(columns, 2 * processors()),
    )
    start = np.concatenate(([0], np.cumsum(counts)))
    fields = np.empty((len(EXIT_FIELDS), start[-1]))
    threaded(
        lambda begin, end: gather(room, first, start, begin, end, fields),
        spans(columns, 2 * processors()),
    )
    return Exits(fields, start)


@entry
def write_exits(
    fills: NDArray[Any], first: Ints, begin: int, end: int, close: float, last_bar: int,
    room: NDArray[Any], counts: Ints,
) -> None:  # fmt: skip
    """Write the trades of some columns where their fills are: there are never more of them."""
    for column in range(begin, end):
        own = fills[first[column] : first[column + 1]]
        start: Any = first[column]
        nowhere: Any = np.int64(-1)
        place, _ = exit_trades(own, room, start, nowhere, close, last_bar)
        counts[column] = place - start


@entry
def gather(
    room: NDArray[Any], first: Ints, start: Ints, begin: int, end: int, fields: Floats
) -> None:
    """Close the gaps between the columns, and put each field on its own."""
    for column in range(begin, end):
        for place in range(start[column], start[column + 1]):
            row = room[first[column] + place - start[column]]
            fields[0, place] = row["entry_bar"]
            fields[1, place] = row["exit_bar"]
            fields[2, place] = 1.0 if row["quantity"] > 0 else -1.0
            fields[3, place] = abs(row["quantity"])
            fields[4, place] = row["entry_price"]
            fields[5, place] = row["exit_price"]
            fields[6, place] = row["entry_commission"]
            fields[7, place] = row["exit_commission"]
            fields[8, place] = row["pnl"]
            fields[9, place] = row["return"]
            fields[10, place] = row["open"]


def tally(exits: Exits) -> NDArray[Any]:
    """One TALLY_ROW per column."""
    rows = np.zeros(len(exits.first) - 1, dtype=TALLY_ROW)
    count_trades(exits.fields, exits.first, rows)
    return rows


@entry
def count_trades(fields: Floats, first: Ints, rows: NDArray[Any]) -> None:
    """Add up the trades of every column in their order."""
    for column in range(len(rows)):
        row = rows[column]
        row["best"], row["worst"] = math.nan, math.nan
        row["closed_best"], row["closed_worst"] = math.nan, math.nan
        for place in range(first[column], first[column + 1]):
            pnl, earned, closed = fields[8, place], fields[9, place], fields[10, place] == 0.0
            row["trades"] += 1
            row["wins"] += pnl > 0
            row["gain"] += pnl if pnl > 0 else 0.0
            row["loss"] += pnl if pnl < 0 else 0.0
            row["best"] = highest(row["best"], earned)
            row["worst"] = -highest(-row["worst"], -earned)
            if closed:
                row["closed"] += 1
                row["closed_wins"] += pnl > 0
                row["closed_gain"] += pnl if pnl > 0 else 0.0
                row["closed_loss"] += pnl if pnl < 0 else 0.0
                row["closed_best"] = highest(row["closed_best"], earned)
                row["closed_worst"] = -highest(-row["closed_worst"], -earned)


@rule
def highest(one: float, other: float) -> float:
    """The higher of two; a NaN is none."""
    return one if one >= other or math.isnan(other) else other
