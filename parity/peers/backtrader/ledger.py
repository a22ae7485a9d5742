"""What the strategy heard, as the tables of a recording."""

from __future__ import annotations

from typing import Any

import backtrader as bt
import numpy as np
import pyarrow as pa
from strategy import TapeStrategy
from wire import Request, table

WORDS = {
    bt.Order.Completed: "filled",
    bt.Order.Margin: "rejected",
    bt.Order.Rejected: "rejected",
    bt.Order.Canceled: "cancelled",
    bt.Order.Expired: "expired",
}
NAN = float("nan")


def tables(request: Request, run: TapeStrategy) -> dict[str, pa.Table]:
    """Orders as they were made, executions as they happened, trades as they began, balances."""
    return {
        "orders": table("orders", order_columns(request, run)),
        "fills": table("fills", fill_columns(request, run)),
        "trades": table("trades", trade_columns(request, run)),
        "equity": table("equity", equity_columns(request, run)),
    }


def order_columns(request: Request, run: TapeStrategy) -> dict[str, Any]:
    """The orders themselves, as they stood at the end; the platform's own word is the reason.

    A position is told by the last execution, which holds only for an order that is complete.
    """
    orders = [order for _, order in run.sent]
    filled = [order.status == bt.Order.Completed for order in orders]
    bars = [run.p.bars[order.executed.dt or order.created.dt] for order in orders]
    return {
        "order_id": np.arange(len(orders)),
        "timestamp": request.clock[bars] if bars else request.clock[:0],
        "symbol": [request.symbols[row.column] for row, _ in run.sent],
        "quantity": [float(order.size) for order in orders],
        "price": [float(o.executed.price) if len(o.executed) else NAN for o in orders],
        "status": [WORDS.get(order.status, "open") for order in orders],
        "reason": [order.getstatusname().lower() for order in orders],
        "cash": [NAN] * len(orders),
        "position": [
            float(order.executed.psize) if whole else NAN
            for order, whole in zip(orders, filled, strict=True)
        ],
    }


def fill_columns(request: Request, run: TapeStrategy) -> dict[str, Any]:
    """Every execution bit, with the time the platform stamped on it."""
    place = {order.ref: number for number, (_, order) in enumerate(run.sent)}
    bars = [run.p.bars[bit.dt] for _, bit in run.bits]
    return {
        "fill_id": np.arange(len(run.bits)),
        "order_id": [place[ref] for ref, _ in run.bits],
        "timestamp": request.clock[bars] if bars else request.clock[:0],
        "symbol": [request.symbols[run.row_of[ref].column] for ref, _ in run.bits],
        "quantity": [float(bit.size) for _, bit in run.bits],
        "price": [float(bit.price) for _, bit in run.bits],
        "commission": [float(bit.comm) for _, bit in run.bits],
    }


def trade_columns(request: Request, run: TapeStrategy) -> dict[str, Any]:
    """backtrader's trades, from flat to flat, in the order in which they began.

    Quantity and commissions are summed over the events of the trade's own history that made it
    larger (entry) and smaller (exit); the entry price and the profit are the trade's.
    """
    trades = [run.trades[ref] for ref in sorted(run.trades)]
    rows = [trade_row(request, run, trade) for trade in trades]
    columns = {name: [row[name] for row in rows] for name in COLUMNS}
    times = {name: request.clock[np.array(columns[name], dtype=np.int64)] for name in TIMES}
    numbers = {name: np.arange(len(rows)) for name in ("trade_id", "position_id")}
    return {name: {**columns, **times, **numbers}[name] for name in COLUMNS}


TIMES = ("entry_time", "exit_time")
COLUMNS = (
    "trade_id", "position_id", "symbol", "quantity", "entry_time", "entry_price",
    "entry_commission", "exit_time", "exit_price", "exit_commission", "pnl", "return", "status",
)  # fmt: skip


def trade_row(request: Request, run: TapeStrategy, trade: Any) -> dict[str, Any]:
    """One trade; while it is open its exit is what was closed of it, up to the last bar."""
    opened = gone = taken = entry_fees = exit_fees = before = 0.0
    for event in trade.history:
        size, price, fee = event.event.size, event.event.price, event.event.commission
        if abs(event.status.size) > abs(before):
            opened += size
            entry_fees += fee
        else:
            gone += size
            taken += size * price
            exit_fees += fee
        before = event.status.size
    last = trade.history[-1].status
    closed = before == 0
    column = next(c for c, feed in run.p.feeds.items() if feed is trade.data)
    return {
        "trade_id": 0,
        "position_id": 0,
        "symbol": request.symbols[column],
        "quantity": float(opened),
        "entry_time": run.p.bars[trade.dtopen],
        "entry_price": float(last.price),
        "entry_commission": float(entry_fees),
        "exit_time": run.p.bars[last.dt] if closed else len(request.clock) - 1,
        "exit_price": float(taken / gone) if gone else NAN,
        "exit_commission": float(exit_fees),
        "pnl": float(last.pnlcomm),
        "return": float(last.pnlcomm / abs(opened * last.price)) if opened * last.price else NAN,
        "status": "closed" if closed else "open",
    }


def equity_columns(request: Request, run: TapeStrategy) -> dict[str, Any]:
    """Cash and value at every step; where no feed has a bar, what they were before."""
    start = request.account["cash"]
    told = np.array([(-1, start, start), *run.balances], dtype=np.float64)
    last = np.searchsorted(told[:, 0], np.arange(len(request.clock)), side="right") - 1
    return {
        "timestamp": request.clock,
        "account": np.array(["+".join(request.symbols)] * len(request.clock), dtype=object),
        "cash": told[last, 1],
        "equity": told[last, 2],
    }
