"""A ledger from what was played."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import ORDER_ROW, Ledger, Request
from engine.execution.zipline.codes import BROKER, DELISTED, FILLED, IGNORED, REASONS, STATUSES
from engine.execution.zipline.play import Played


def ledger_of(request: Request, played: Played) -> Ledger:
    """Orders in the order in which they were placed; zipline keeps no trades."""
    account = played.account
    placed = order_rows(played)
    fills, closings = told(played.fills, len(placed))
    return Ledger(
        orders=np.concatenate((placed, closings)) if len(closings) else placed,
        fills=fills,
        trades=None,
        entry_trades=None,
        positions=None,
        accounts=("+".join(request.symbols),),
        cash=account.cash[:, None],
        equity=account.equity[:, None],
        statuses=STATUSES,
        reasons=REASONS,
    )


def told(fills: NDArray[Any], placed: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The fills, and an order for each that zipline made on its own, after all that were asked."""
    own = fills["order"] == BROKER
    rows = np.zeros(int(own.sum()), dtype=ORDER_ROW)
    for name in ("bar", "column", "quantity", "price"):
        rows[name] = fills[name][own]
    rows["status"], rows["reason"] = FILLED, REASONS.index("delisted")
    rows["cash"] = rows["position"] = np.nan
    fills["order"][own] = placed + np.arange(len(rows))
    return fills, rows


def order_rows(played: Played) -> NDArray[Any]:
    """Every order with what became of it; the price is the mean of its parts by shares."""
    placed = played.work.placed[: played.work.progress[0]["placed"]]
    states = played.work.orders
    rows = np.zeros(len(placed), dtype=ORDER_ROW)
    rows["bar"] = states["bar"][placed]
    rows["column"] = played.tape.rows["column"][placed]
    rows["quantity"] = states["amount"][placed]
    rows["price"] = states["price"][placed]
    in_parts = np.flatnonzero(states["parts"][placed] > 1)
    parts = states[placed[in_parts]]
    rows["price"][in_parts] = parts["paid"] / parts["shares"]
    delisted = states["status"][placed] == DELISTED
    rows["status"] = np.where(delisted, IGNORED, states["status"][placed])
    rows["reason"] = np.where(delisted, REASONS.index("delisted"), rows["status"] == IGNORED)
    rows["cash"] = rows["position"] = np.nan
    return rows
