"""A ledger from what was played."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.house.codes import CANCEL, OPEN, REASONS, STATUSES, UNITS
from engine.execution.house.state import Work
from engine.execution.house.trades import trades_of
from engine.execution.records import ORDER_ROW, Floats, Ledger


def ledger_of(work: Work, close: Floats, symbols: tuple[str, ...]) -> Ledger:
    """Orders and fills as they happened, and the trades they come to."""
    desk = work.desk[0]
    fills = work.fills[: desk["fills"]]
    orders = work.orders[: desk["orders"]]
    if len(work.tape):
        orders, fills = told(work.tape, fills)
    return Ledger(
        orders=orders,
        fills=fills,
        trades=trades_of(fills, close),
        entry_trades=None,
        positions=None,
        accounts=("+".join(symbols),),
        cash=work.cash[:, None],
        equity=work.equity[:, None],
        statuses=STATUSES,
        reasons=REASONS,
    )


def told(tape: NDArray[Any], fills: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Every order of a tape as it stood at the end, in the order of the tape, cancels left out."""
    asks = tape["kind"] != CANCEL
    orders = np.zeros(int(asks.sum()), dtype=ORDER_ROW)
    rows = tape[asks]
    orders["bar"], orders["column"] = rows["changed"], rows["column"]
    unknown = np.where(rows["unit"] == UNITS, rows["quantity"], np.nan)
    orders["quantity"] = np.where(np.isnan(rows["asked"]), unknown, rows["asked"])
    orders["price"] = np.where(rows["done"] != 0, rows["price"], np.nan)
    for name in ("status", "reason", "cash", "position"):
        orders[name] = rows[name]
    orders["cash"][rows["status"] == OPEN] = np.nan
    places = np.cumsum(asks) - 1
    fills["order"] = places[fills["order"]]
    return orders, fills
