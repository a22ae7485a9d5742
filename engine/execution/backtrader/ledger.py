"""A ledger from what was played."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.backtrader.codes import COMPLETED, REASONS, STATUS_OF, STATUSES
from engine.execution.backtrader.state import Broker
from engine.execution.backtrader.trades import derive_trades
from engine.execution.records import FILL_ROW, ORDER_ROW, Ledger


def ledger_of(broker: Broker, symbols: tuple[str, ...]) -> Ledger:
    """Orders as they were made, executions as they happened, and the trades they come to."""
    desk = broker.desk[0]
    executions = broker.executions[: desk["executions"]]
    return Ledger(
        orders=orders_of(broker.orders[: desk["orders"]]),
        fills=fills_of(executions),
        trades=derive_trades(executions, broker.schemes, len(broker.cash) - 1),
        entry_trades=None,
        positions=None,
        accounts=("+".join(symbols),),
        cash=broker.cash[:, None],
        equity=broker.equity[:, None],
        statuses=STATUSES,
        reasons=REASONS,
    )


def orders_of(orders: NDArray[Any]) -> NDArray[Any]:
    """Every order as it stood at the end; a position is told where the order is complete."""
    rows = np.empty(len(orders), dtype=ORDER_ROW)
    rows["bar"], rows["column"] = orders["changed"], orders["column"]
    rows["quantity"] = orders["quantity"]
    rows["price"] = np.where(orders["done"] != 0, orders["mean"], np.nan)
    rows["status"] = np.array(STATUS_OF)[orders["status"]]
    rows["reason"] = orders["status"]
    rows["cash"] = np.nan
    rows["position"] = np.where(orders["status"] == COMPLETED, orders["held"], np.nan)
    return rows


def fills_of(executions: NDArray[Any]) -> NDArray[Any]:
    """The executions as fills."""
    fills = np.empty(len(executions), dtype=FILL_ROW)
    for name in FILL_ROW.names or ():
        fills[name] = executions[name]
    return fills
