"""What zipline reports as the tables of a recording: orders, fills and the account's worth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from market import Market
from numpy.typing import NDArray
from strategy import Strategy
from wire import Request, table
from zipline.finance.order import ORDER_STATUS

WORDS = {
    ORDER_STATUS.OPEN: "open",
    ORDER_STATUS.FILLED: "filled",
    ORDER_STATUS.CANCELLED: "cancelled",
}


def tables(
    request: Request,
    market: Market,
    strategy: Strategy,
    orders: dict[str, Any],
    perf: pd.DataFrame,
    charged: list[float],
) -> dict[str, pa.Table]:
    """zipline keeps no trades: it knows positions and what they cost, not what closed what."""
    bars = Places(market.moments)
    number = {order: place for place, (_, _, order) in enumerate(strategy.placed) if order}
    fills = [txn for session in perf["transactions"] for txn in session]
    by_order: dict[str, list[dict[str, Any]]] = {}
    costs = iter(charged)
    for txn in fills:
        by_order.setdefault(txn["order_id"], []).append(txn)
        # what zipline sells of a delisted share has no order and no commission
        txn["number"] = number.get(
            txn["order_id"], len(strategy.placed) + len(by_order.get(None, [])) - 1
        )
        txn["cost"] = 0.0 if txn["order_id"] is None else next(costs)
    return {
        "orders": order_table(request, strategy, orders, by_order, bars),
        "fills": fill_table(request, fills, bars),
        "equity": equity_table(request, strategy, perf),
    }


class Places:
    """The bar of a time: the last one that is not after it."""

    def __init__(self, moments: NDArray[np.int64]) -> None:
        self.moments = moments

    def __getitem__(self, when: pd.Timestamp) -> int:
        return int(np.searchsorted(self.moments, when.value, side="right")) - 1


def order_table(
    request: Request,
    strategy: Strategy,
    orders: dict[str, Any],
    fills: dict[str, list[dict[str, Any]]],
    bars: Places,
) -> pa.Table:
    """Every order in the order in which it was asked for, as zipline left it."""
    rows = []
    for row, bar, number in strategy.placed:
        order = orders.get(number)
        own = [] if order is None else fills.get(number, [])
        rows.append(
            (
                bar if order is None else bars[order.dt],
                request.symbols[row["column"]],
                0.0 if order is None else float(order.amount),
                mean(own),
                "ignored" if order is None else WORDS[order.status],
                row["ignored"] if order is None else "",
            )
        )
    rows += [closing(request, txn, bars) for txn in fills.get(None, [])]
    when, symbol, quantity, price, status, why = zip(*rows, strict=True) if rows else [()] * 6
    columns = {
        "order_id": np.arange(len(rows)),
        "timestamp": request.clock[np.array(when, dtype=np.int64)],
        "symbol": symbol,
        "quantity": quantity,
        "price": price,
        "status": status,
        "reason": why,
        "cash": np.full(len(rows), np.nan),
        "position": np.full(len(rows), np.nan),
    }
    return table("orders", columns)


def closing(request: Request, txn: dict[str, Any], bars: Places) -> tuple[Any, ...]:
    """zipline sold what was held of a delisted share; nobody had asked for it."""
    shares, price = float(txn["amount"]), float(txn["price"])
    return bars[txn["dt"]], request.symbols[txn["sid"].sid], shares, price, "filled", "delisted"


def mean(fills: list[dict[str, Any]]) -> float:
    """The price an order was filled at, weighted by shares where there are several fills."""
    if len(fills) < 2:
        return float(fills[0]["price"]) if fills else float("nan")
    paid = shares = 0.0
    for fill in fills:
        paid += float(fill["price"]) * fill["amount"]
        shares += fill["amount"]
    return paid / shares


def fill_table(request: Request, fills: list[dict[str, Any]], bars: Places) -> pa.Table:
    """Every transaction; a commission that is not above zero is never charged."""
    columns = {
        "fill_id": np.arange(len(fills)),
        "order_id": [txn["number"] for txn in fills],
        "timestamp": request.clock[np.array([bars[txn["dt"]] for txn in fills], dtype=np.int64)],
        "symbol": [request.symbols[txn["sid"].sid] for txn in fills],
        "quantity": [float(txn["amount"]) for txn in fills],
        "price": [float(txn["price"]) for txn in fills],
        "commission": [max(float(txn["cost"]), 0.0) for txn in fills],
    }
    return table("fills", columns)


def equity_table(request: Request, strategy: Strategy, perf: pd.DataFrame) -> pa.Table:
    """Cash and portfolio value of the one account there is: as reported at each session's end, or
    as the algorithm saw it at the end of each minute."""
    cash, equity = perf["ending_cash"], perf["portfolio_value"]
    if strategy.minutes is not None:
        cash, equity = np.array(strategy.seen).T
    columns = {
        "timestamp": request.clock,
        "account": ["+".join(request.symbols)] * len(request.clock),
        "cash": np.asarray(cash, dtype=np.float64),
        "equity": np.asarray(equity, dtype=np.float64),
    }
    return table("equity", columns)
