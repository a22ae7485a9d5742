"""A short way to tell a tape and its bars to an execution model of one symbol."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.execution.records import TAPE_ROW, Ledger, Market, Request

NAN = np.nan
BLANK = {
    "kind": "market", "unit": "units", "quantity": 1.0, "limit_price": NAN, "stop_price": NAN,
    "trail_amount": NAN, "trail_percent": NAN, "parent_id": -1, "oco_id": -1, "expires_bar": -1,
}  # fmt: skip


def tape_of(orders: Any) -> Any:
    """Rows of a tape, numbered; what is not told is a market order of one unit on bar 0."""
    rows = np.zeros(len(orders), dtype=TAPE_ROW)
    for number, (row, told) in enumerate(zip(rows, orders, strict=True)):
        for name, value in {"order_id": number, **BLANK, **told}.items():
            row[name] = value
    return rows


def request_of(bars: Any, orders: Any, *, columns: int = 1, **told: Any) -> Request:
    """``bars`` are (open, high, low, close); ``told`` are money, costs and options."""
    prices = np.repeat(np.array(bars, dtype=float)[:, :, None], columns, axis=2)
    market = Market(*(np.ascontiguousarray(prices[:, place]) for place in range(4)), prices[:, 3])
    money = {"cash": 10_000.0, "commission": 0.0, "fixed": 0.0, "slippage": 0.0}
    money |= {name: told.pop(name) for name in list(told) if name in money}
    names = tuple("ABC"[:columns])
    return Request(market, names, **money, tape=tape_of(orders), options=told)


def fills_of(ledger: Ledger) -> list[tuple[int, float, float]]:
    """Bar, signed quantity and price of every fill."""
    return [(int(row["bar"]), float(row["quantity"]), float(row["price"])) for row in ledger.fills]


def ends_of(ledger: Ledger) -> list[str]:
    """What became of every order, with its reason."""
    return [
        f"{ledger.statuses[row['status']]} {ledger.reasons[row['reason']]}".strip()
        for row in ledger.orders
    ]
