"""What zipline reports as the tables of a recording: orders, fills and the account's worth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from market import Market
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
    bars = dict(
        zip(market.calendar.closes[market.sessions], range(len(request.clock)), strict=True)
    )
    number = {order: place for place, (_, _, order) in enumerate(strategy.placed) if order}
    fills = [txn for session in perf["transactions"] for txn in session]
    by_order: dict[str, list[dict[str, Any]]] = {}
    for txn in fills:
        by_order.setdefault(txn["order_id"], []).append(txn)
    return {
        "orders": order_table(request, strategy, orders, by_order, bars),
        "fills": fill_table(request, fills, charged, number, bars),
        "equity": equity_table(request, perf),
    }


def order_table(
    request: Request,
    strategy: Strategy,
    orders: dict[str, Any],
    fills: dict[str, list[dict[str, Any]]],
    bars: dict[pd.Timestamp, int],
) -> pa.Table:
    """Every order in the order in which it was asked for, as zipline left it."""
    rows = []
    for row, bar, number in strategy.placed:
        order = orders.get(number)
        own = fills.get(number, [])
        rows.append(
            (
                bar if order is None else bars[order.dt],
                request.symbols[row["column"]],
                0.0 if order is None else float(order.amount),
                mean(own),
                "ignored" if order is None else WORDS[order.status],
                "no_whole_share" if order is None else "",
            )
        )
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


def mean(fills: list[dict[str, Any]]) -> float:
    """The price an order was filled at, weighted by shares where there are several fills."""
    if len(fills) < 2:
        return float(fills[0]["price"]) if fills else float("nan")
    paid = shares = 0.0
    for fill in fills:
        paid += float(fill["price"]) * fill["amount"]
        shares += fill["amount"]
    return paid / shares


def fill_table(
    request: Request,
    fills: list[dict[str, Any]],
    charged: list[float],
    number: dict[str, int],
    bars: dict[pd.Timestamp, int],
) -> pa.Table:
    """Every transaction; a commission that is not above zero is never charged."""
    columns = {
        "fill_id": np.arange(len(fills)),
        "order_id": [number[txn["order_id"]] for txn in fills],
        "timestamp": request.clock[np.array([bars[txn["dt"]] for txn in fills], dtype=np.int64)],
        "symbol": [request.symbols[txn["sid"].sid] for txn in fills],
        "quantity": [float(txn["amount"]) for txn in fills],
        "price": [float(txn["price"]) for txn in fills],
        "commission": [max(float(cost), 0.0) for cost in charged],
    }
    return table("fills", columns)


def equity_table(request: Request, perf: pd.DataFrame) -> pa.Table:
    """Cash and portfolio value at each session's end, of the one account there is."""
    columns = {
        "timestamp": request.clock,
        "account": ["+".join(request.symbols)] * len(request.clock),
        "cash": perf["ending_cash"].to_numpy(np.float64),
        "equity": perf["portfolio_value"].to_numpy(np.float64),
    }
    return table("equity", columns)
