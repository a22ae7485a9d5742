"""vectorbt's records as the tables of a recording, in vectorbt's own order of rows."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import vectorbt as vbt
from accounts import accounts, sharing
from vectorbt.portfolio import enums
from wire import Request, table


def tables(request: Request, portfolio: vbt.Portfolio) -> dict[str, pa.Table]:
    """Orders, fills, trades where vectorbt has any, and the equity of every account."""
    return {
        **order_tables(request, portfolio),
        **trade_tables(request, portfolio),
        "equity": equity_table(request, portfolio),
    }


def order_tables(request: Request, portfolio: vbt.Portfolio) -> dict[str, pa.Table]:
    """Every request vectorbt considered, from its log, and every order it filled."""
    logs, records = portfolio.logs.values, portfolio.orders.values
    symbols = np.array(request.symbols, dtype=object)
    turned = np.where(logs["req_direction"] == enums.Direction.ShortOnly, -1.0, 1.0)
    orders = {
        "order_id": np.arange(len(logs)),
        "timestamp": request.clock[logs["idx"]],
        "symbol": symbols[logs["col"]],
        "quantity": logs["req_size"] * turned,
        "price": logs["req_price"],
        "status": named(enums.OrderStatus, logs["res_status"]),
        "reason": named(enums.OrderStatusInfo, logs["res_status_info"]),
        "cash": logs["new_cash"],
        "position": logs["new_position"],
    }
    filled = np.flatnonzero(logs["order_id"] >= 0)
    order_of = np.empty(len(records), dtype=np.int64)
    order_of[logs["order_id"][filled]] = filled
    sign = np.where(records["side"] == enums.OrderSide.Buy, 1.0, -1.0)
    fills = {
        "fill_id": records["id"],
        "order_id": order_of[records["id"]],
        "timestamp": request.clock[records["idx"]],
        "symbol": symbols[records["col"]],
        "quantity": records["size"] * sign,
        "price": records["price"],
        "commission": records["fees"],
    }
    return {"orders": table("orders", orders), "fills": table("fills", fills)}


def trade_tables(request: Request, portfolio: vbt.Portfolio) -> dict[str, pa.Table]:
    """Trades as vectorbt derives them; with a fill of no size or no price it cannot."""
    fills = portfolio.orders.values
    try:
        views = {
            "trades": portfolio.exit_trades.values,
            "entry_trades": portfolio.entry_trades.values,
            "positions": portfolio.positions.values,
        }
    except Exception:
        if ((fills["size"] <= 0) | (fills["price"] <= 0)).any():
            return {}
        raise
    return {name: trade_table(request, name, records) for name, records in views.items()}


def trade_table(request: Request, name: str, trades: np.ndarray) -> pa.Table:
    """Trade records; quantity takes its sign from the direction."""
    sign = np.where(trades["direction"] == enums.TradeDirection.Long, 1.0, -1.0)
    columns = {
        "trade_id": trades["id"],
        "position_id": trades["parent_id"],
        "symbol": np.array(request.symbols, dtype=object)[trades["col"]],
        "quantity": trades["size"] * sign,
        "entry_time": request.clock[trades["entry_idx"]],
        "entry_price": trades["entry_price"],
        "entry_commission": trades["entry_fees"],
        "exit_time": request.clock[trades["exit_idx"]],
        "exit_price": trades["exit_price"],
        "exit_commission": trades["exit_fees"],
        "pnl": trades["pnl"],
        "return": trades["return"],
        "status": named(enums.TradeStatus, trades["status"]),
    }
    return table(name, columns)


def equity_table(request: Request, portfolio: vbt.Portfolio) -> pa.Table:
    """Cash and value of every account, bar by bar."""
    holders = accounts(request)
    shape = len(request.clock), len(holders)
    grouping = {} if sharing(request) else {"group_by": False}
    cash, value = (
        series(**grouping).to_numpy().reshape(shape) for series in (portfolio.cash, portfolio.value)
    )
    columns = {
        "timestamp": np.tile(request.clock, shape[1]),
        "account": np.repeat(np.array(holders, dtype=object), shape[0]),
        "cash": cash.T.ravel(),
        "equity": value.T.ravel(),
    }
    return table("equity", columns)


def named(enum: Any, codes: np.ndarray) -> np.ndarray:
    """Codes as words in snake case; a code below zero is no word."""
    found = [re.sub(r"(?<!^)(?=[A-Z])", "_", n.replace("NaN", "Nan")).lower() for n in enum._fields]
    return np.array([*found, ""], dtype=object)[codes]
