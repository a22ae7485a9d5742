"""What the broker told, as the tables of a recording. Bars count from the one put before them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from broker import RecordingBroker, Told
from wire import Request, table


def tables(request: Request, broker: RecordingBroker) -> dict[str, pa.Table]:
    """Orders, fills, closed trades and the equity of the one account."""
    return {
        "orders": order_table(request, broker),
        "fills": fill_table(request, broker),
        "trades": trade_table(request, broker),
        "equity": equity_table(request, broker),
    }


def order_table(request: Request, broker: RecordingBroker) -> pa.Table:
    """Every order in the order in which it was made."""
    log = broker.log
    columns = {
        "order_id": np.arange(len(log)),
        "timestamp": times(request, (entry.bar for entry in log)),
        "symbol": symbols(request, log),
        "quantity": numbers(log, size_of),
        "price": numbers(log, mean_price),
        "status": [entry.status for entry in log],
        "reason": [entry.reason for entry in log],
        "cash": numbers(log, lambda entry: entry.cash),
        "position": numbers(log, lambda entry: entry.position),
    }
    return table("orders", columns)


def size_of(entry: Told) -> float:
    """The order's size; a share of what can be bought counts as the units it became."""
    size = entry.quantity if entry.order is None else float(entry.order.size)
    if abs(size) < 1 and entry.fills:
        return sum(fill.quantity for fill in entry.fills)
    return size


def mean_price(entry: Told) -> float:
    """The fill's price; of several fills the mean, weighted by size."""
    fills = entry.fills
    if len(fills) < 2:
        return fills[0].price if fills else np.nan
    value = size = 0.0
    for fill in fills:
        value += abs(fill.quantity) * fill.price
        size += abs(fill.quantity)
    return value / size


def fill_table(request: Request, broker: RecordingBroker) -> pa.Table:
    """Every execution, with the bar backtesting.py stamps it with."""
    fills = broker.fills
    columns = {
        "fill_id": np.arange(len(fills)),
        "order_id": np.array([fill.order for fill in fills], dtype=np.int64),
        "timestamp": times(request, (fill.bar for fill in fills)),
        "symbol": symbols(request, fills),
        "quantity": numbers(fills, lambda fill: fill.quantity),
        "price": numbers(fills, lambda fill: fill.price),
        "commission": numbers(fills, lambda fill: fill.commission),
    }
    return table("fills", columns)


def trade_table(request: Request, broker: RecordingBroker) -> pa.Table:
    """The rows of ``_trades``: closed trades in the order in which they were closed."""
    trades = broker.closed_trades
    cost: Callable[[float, float], float] = broker._commission
    columns = {
        "trade_id": np.arange(len(trades)),
        "position_id": np.array([trade.opened for trade in trades], dtype=np.int64),
        "symbol": symbols(request, trades),
        "quantity": numbers(trades, lambda trade: trade.size),
        "entry_time": times(request, (trade.entry_bar for trade in trades)),
        "entry_price": numbers(trades, lambda trade: trade.entry_price),
        "entry_commission": numbers(trades, lambda trade: cost(trade.size, trade.entry_price)),
        "exit_time": times(request, (trade.exit_bar for trade in trades)),
        "exit_price": numbers(trades, lambda trade: trade.exit_price),
        "exit_commission": numbers(trades, lambda trade: cost(trade.size, trade.exit_price)),
        "pnl": numbers(trades, lambda trade: trade.pl),
        "return": numbers(trades, lambda trade: trade.pl_pct),
        "status": ["closed"] * len(trades),
    }
    return table("trades", columns)


def equity_table(request: Request, broker: RecordingBroker) -> pa.Table:
    """Cash and equity at every bar's close."""
    columns = {
        "timestamp": request.clock,
        "account": symbols(request, request.clock),
        "cash": broker.series[1:],
        "equity": broker._equity[1:],
    }
    return table("equity", columns)


def times(request: Request, bars: Iterable[int]) -> np.ndarray:
    """Times of bars that are counted with the one before the first."""
    return request.clock[np.array(list(bars), dtype=np.int64) - 1]


def symbols(request: Request, rows: Any) -> np.ndarray:
    """The one symbol, once per row."""
    return np.array([request.symbols[0]] * len(rows), dtype=object)


def numbers(rows: Iterable[Any], value: Callable[[Any], float]) -> np.ndarray:
    """A column of numbers."""
    return np.array([float(value(row)) for row in rows], dtype=np.float64)
