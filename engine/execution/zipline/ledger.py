"""A ledger from what was played."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import ORDER_ROW, Ledger, Request
from engine.execution.zipline.codes import IGNORED, REASONS, STATUSES
from engine.execution.zipline.play import Played


def ledger_of(request: Request, played: Played) -> Ledger:
    """Orders in the order in which they were placed; zipline keeps no trades."""
    account = played.account
    return Ledger(
        orders=order_rows(played),
        fills=played.fills,
        trades=None,
        entry_trades=None,
        positions=None,
        accounts=("+".join(request.symbols),),
        cash=account.cash[:, None],
        equity=account.equity[:, None],
        statuses=STATUSES,
        reasons=REASONS,
    )


def order_rows(played: Played) -> NDArray[Any]:
    """Every order with what became of it; the price is the mean of its parts by shares."""
    placed = played.work.placed[: played.work.progress[0]["placed"]]
    states = played.work.orders[placed]
    rows = np.zeros(len(placed), dtype=ORDER_ROW)
    rows["bar"] = states["bar"]
    rows["column"] = played.tape.rows["column"][placed]
    rows["quantity"] = states["amount"]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = states["paid"] / states["shares"]
    rows["price"] = np.where(states["parts"] > 1, mean, states["price"])
    rows["status"] = states["status"]
    rows["reason"] = np.where(states["status"] == IGNORED, 1, 0)
    rows["cash"] = rows["position"] = np.nan
    return rows
