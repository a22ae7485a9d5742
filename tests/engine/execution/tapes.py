"""A short way to tell backtrader a tape."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.execution.backtrader import run
from engine.execution.records import TAPE_ROW, Ledger, Market, Request

NAN = np.nan
FLAT = (100.0, 101.0, 99.0, 100.0)
WIDE = (100.0, 106.0, 94.0, 100.0)
BLANK = {
    "kind": "market", "unit": "units", "quantity": 10.0, "limit_price": NAN, "stop_price": NAN,
    "trail_amount": NAN, "trail_percent": NAN, "parent_id": -1, "oco_id": -1, "expires_bar": -1,
}  # fmt: skip


def tape_of(orders: Any) -> Any:
    """Rows of a tape; what is not told is a market order of ten units on bar 0."""
    rows = np.zeros(len(orders), dtype=TAPE_ROW)
    for number, (row, told) in enumerate(zip(rows, orders, strict=True)):
        for name, value in {**BLANK, "order_id": number, **told}.items():
            row[name] = value
    return rows


def market_of(*symbols: Any) -> Market:
    """Bars of (open, high, low, close) or with a volume, () where there is none."""
    table = np.full((len(symbols[0]), len(symbols), 5), NAN)
    for column, bars in enumerate(symbols):
        for bar, prices in enumerate(bars):
            table[bar, column, : len(prices)] = prices
    return Market(*(table[:, :, place].copy() for place in range(5)))


def request_of(
    bars: Any, *orders: Any, cash: float = 10_000.0, costs: tuple[float, ...] = (), **options: Any
) -> Request:
    """``bars`` of one symbol, or a tuple of several; ``costs`` are commission, fixed, slippage."""
    symbols = bars if isinstance(bars, tuple) else (bars,)
    names = tuple("ABCD"[: len(symbols)])
    given = (*costs, 0.0, 0.0, 0.0)[:3]
    return Request(market_of(*symbols), names, cash, *given, tape=tape_of(orders), options=options)


def played(bars: Any, *orders: Any, **told: Any) -> Ledger:
    """The ledger; jumping and scanning must agree on it."""
    request = request_of(bars, *orders, **told)
    ledger, scanned = run(request), run(request_of(bars, *orders, **told), skip=False)
    for one, other in zip(ledger, scanned, strict=True):
        if isinstance(one, np.ndarray):
            assert one.tobytes() == other.tobytes()
    return ledger


def fills(ledger: Ledger) -> list[tuple[int, float, float]]:
    """Bar, quantity and price of every fill."""
    return [(int(row["bar"]), float(row["quantity"]), float(row["price"])) for row in ledger.fills]


def ends(ledger: Ledger) -> list[str]:
    """What became of each order, in backtrader's own words."""
    return [ledger.reasons[row["reason"]] for row in ledger.orders]


def limit(bar: int, quantity: float, price: float, **told: Any) -> dict[str, Any]:
    return {"bar": bar, "kind": "limit", "quantity": quantity, "limit_price": price, **told}


def stop(bar: int, quantity: float, price: float, **told: Any) -> dict[str, Any]:
    return {"bar": bar, "kind": "stop", "quantity": quantity, "stop_price": price, **told}


def stop_limit(bar: int, quantity: float, price: float, then: float, **told: Any) -> dict[str, Any]:
    return {**stop(bar, quantity, price), "kind": "stop_limit", "limit_price": then, **told}


def trail(bar: int, quantity: float, **told: Any) -> dict[str, Any]:
    return {"bar": bar, "kind": "trailing_stop", "quantity": quantity, **told}


def cancel(bar: int, parent: int) -> dict[str, Any]:
    return {"bar": bar, "kind": "cancel", "quantity": 0.0, "parent_id": parent}


def market(bar: int, quantity: float, **told: Any) -> dict[str, Any]:
    return {"bar": bar, "quantity": quantity, **told}


def bracket(bar: int, quantity: float, low: float, high: float) -> list[dict[str, Any]]:
    """A market order with a stop and a target that cancel each other."""
    tie = {"parent_id": 0, "oco_id": 1}
    return [
        market(bar, quantity),
        stop(bar, -quantity, low, **tie),
        limit(bar, -quantity, high, **tie),
    ]
