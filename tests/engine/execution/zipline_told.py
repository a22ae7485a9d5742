"""A short way to tell an order tape to the model of zipline."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.execution.records import TAPE_ROW, Ledger, Market, Request
from engine.execution.zipline import run

PLENTY = 1e6


def tape_of(orders: list[dict[str, Any]]) -> Any:
    """Orders with what they need; numbered as they stand."""
    tape = np.zeros(len(orders), dtype=TAPE_ROW)
    for name in ("limit_price", "stop_price", "trail_amount", "trail_percent"):
        tape[name] = np.nan
    for name in ("parent_id", "oco_id", "expires_bar"):
        tape[name] = -1
    tape["kind"], tape["unit"] = "market", "units"
    tape["order_id"] = np.arange(len(orders))
    for row, order in zip(tape, orders, strict=True):
        for name, value in order.items():
            row[name] = value
    return tape


def request_of(
    closes: Any, orders: list[dict[str, Any]], *, volume: Any = PLENTY, cash: float = 1000.0,
    commission: float = 0.0, fixed: float = 0.0, slippage: float = 0.0, **options: Any,
) -> Request:  # fmt: skip
    """Closes of one symbol, or a list of several symbols' closes; ``volume`` likewise."""
    close = np.atleast_2d(np.array(closes, dtype=float)).T
    traded = np.broadcast_to(np.array(volume, dtype=float).T, close.shape[::-1]).T
    if np.ndim(volume) == 1:
        traded = np.repeat(np.array(volume, dtype=float)[:, None], close.shape[1], axis=1)
    market = Market(close, close, close, close, traded)
    names = tuple("ABCD"[: close.shape[1]])
    return Request(
        market, names, cash, commission, fixed, slippage, tape=tape_of(orders), options=options
    )


def told(closes: Any, orders: list[dict[str, Any]], **more: Any) -> Ledger:
    """Play it both ways; scanning and jumping must leave the same bytes."""
    request = request_of(closes, orders, **more)
    ledger, scanned = run(request), run(request, skip=False)
    for name in ("orders", "fills", "cash", "equity"):
        assert getattr(ledger, name).tobytes() == getattr(scanned, name).tobytes()
    return ledger


def fills(ledger: Ledger) -> list[tuple[int, float, float]]:
    """(bar, signed shares, price) of every fill, prices to ten digits."""
    return [
        (int(row["bar"]), float(row["quantity"]), round(float(row["price"]), 10))
        for row in ledger.fills
    ]


def states(ledger: Ledger) -> list[tuple[str, int, float]]:
    """(status, bar, shares) of every order."""
    return [
        (ledger.statuses[row["status"]], int(row["bar"]), float(row["quantity"]))
        for row in ledger.orders
    ]


def buy(bar: int, quantity: float, **more: Any) -> dict[str, Any]:
    return {"bar": bar, "quantity": quantity, **more}


def limit(bar: int, quantity: float, price: float, **more: Any) -> dict[str, Any]:
    return {"bar": bar, "quantity": quantity, "kind": "limit", "limit_price": price, **more}


def stop(bar: int, quantity: float, price: float, **more: Any) -> dict[str, Any]:
    return {"bar": bar, "quantity": quantity, "kind": "stop", "stop_price": price, **more}
