"""A miniature platform in plain Python, and the mistakes that engines make.

Each symbol trades one unit, long only, on its own cash: an entry buys at the close, an exit sells
there. From the next bar on a stop sells at its level, or at an open beyond it; a trailing stop
follows the highs of the bars before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from engine.schema import EQUITY, FILLS, ORDERS
from parity.outcome import Outcome, Recorded
from parity.platforms import Platform
from scenarios import Scenario

MISTAKES = ("double_exit", "fee_twice", "level_before_open", "trail_within_bar", "entry_bar_stop")


@dataclass
class Book:
    """One symbol's cash, position, stops, and what happened so far."""

    symbol: str
    cash: float
    position: float = 0.0
    peak: float = 0.0
    stops: dict[str, float] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    equity: list[dict[str, Any]] = field(default_factory=list)


def play(scenario: Scenario, mistake: str = "") -> Outcome:
    """Play a scenario; with a mistake, wrongly in just that way."""
    books = []
    for symbol in scenario.symbols:
        book = Book(symbol, scenario.account.cash)
        asked = {
            row["timestamp"]: row
            for row in scenario.script.frame.filter(pl.col("symbol") == symbol).iter_rows(
                named=True
            )
        }
        for bar in scenario.bars.filter(pl.col("symbol") == symbol).iter_rows(named=True):
            step(book, bar, asked.get(bar["timestamp"], {}), scenario, mistake)
        books.append(book)
    return Recorded(tables(books))


def step(book: Book, bar: dict, row: dict, scenario: Scenario, mistake: str) -> None:
    held = book.position > 0
    if held:
        if mistake == "trail_within_bar":
            book.peak = max(book.peak, bar["high"])
        price = stopped(book, bar, mistake)
        book.peak = max(book.peak, bar["high"])
        if price is not None:
            trade(book, bar, -1.0, price, scenario, mistake)
        if row.get("exit") and (price is None or mistake == "double_exit"):
            trade(book, bar, -1.0, bar["close"], scenario, mistake)
    elif row.get("entry") and not row.get("exit"):
        book.stops = {
            name: value
            for name in ("stop_loss", "trailing_stop", "take_profit")
            if (value := row.get(name) or scenario.script.defaults.get(name)) is not None
        }
        book.peak = bar["close"]
        trade(book, bar, 1.0, bar["close"], scenario, mistake)
        if mistake == "entry_bar_stop" and (price := stopped(book, bar, mistake)) is not None:
            trade(book, bar, -1.0, price, scenario, mistake)
    value = book.cash + book.position * bar["close"]
    book.equity.append(
        {"timestamp": bar["timestamp"], "account": book.symbol, "cash": book.cash, "equity": value}
    )


def stopped(book: Book, bar: dict, mistake: str) -> float | None:
    entry = book.rows[-1]["price"]
    below = [entry * (1 - book.stops["stop_loss"])] if "stop_loss" in book.stops else []
    if "trailing_stop" in book.stops:
        below.append(book.peak * (1 - book.stops["trailing_stop"]))
    level = max(below, default=0.0)
    if bar["low"] <= level:
        return level if mistake == "level_before_open" else min(level, bar["open"])
    target = entry * (1 + book.stops.get("take_profit", 1e9))
    return max(target, bar["open"]) if bar["high"] >= target else None


def trade(
    book: Book, bar: dict, side: float, price: float, scenario: Scenario, mistake: str
) -> None:
    fee = price * scenario.account.commission
    if mistake == "fee_twice" and side < 0:
        fee += price * scenario.account.commission
    book.cash -= side * price + fee
    book.position += side
    book.rows.append(
        {
            "timestamp": bar["timestamp"], "symbol": book.symbol, "quantity": side, "price": price,
            "commission": fee, "status": "filled", "reason": "", "cash": book.cash,
            "position": book.position,
        }
    )  # fmt: skip


def tables(books: list[Book]) -> dict[str, pl.DataFrame]:
    rows = [row for book in books for row in book.rows]
    for number, row in enumerate(rows):
        row["order_id"] = row["fill_id"] = number
    equity = [row for book in books for row in book.equity]
    return {
        "orders": pl.DataFrame([{k: r[k] for k in ORDERS} for r in rows], schema=ORDERS),
        "fills": pl.DataFrame([{k: r[k] for k in FILLS} for r in rows], schema=FILLS),
        "equity": pl.DataFrame(equity, schema=EQUITY),
    }


MINI = Platform("vectorbt", "0", "miniature", "none")


def answer(scenarios: Any, _folder: Any, take: Any) -> None:
    """The platform's side: it makes no mistake."""
    for scenario in scenarios:
        take(scenario, play(scenario))
