"""Miniature platforms on a story of six bars, to prove the harness itself.

    bar     0     1     2     3     4     5
    high   10.5  11    12    12    11    10
    low     9.5  10    11    11     9     9
    close  10    11    12    11     9    10
            .    buy    .   sell   buy   buy: too little cash wanted to

Cash starts at 100, each order costs 1 %. Buying 2 at 11 leaves 100 - 22 - 0.22 = 77.78, selling
them at 11 99.56, buying 2 at 9 81.38.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import polars as pl

from engine.schema import BARS, SIGNALS, TABLES
from engine.script import Account, Script
from parity.outcome import Failed, Missing, Outcome, Recorded
from parity.platforms import Platform
from scenarios.scenario import Scenario

FAKE = Platform("fake", "1.2.0", "plain", "vectorbt")
START = datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
HIGHS = (10.5, 11.0, 12.0, 12.0, 11.0, 10.0)
LOWS = (9.5, 10.0, 11.0, 11.0, 9.0, 9.0)
CLOSES = (10.0, 11.0, 12.0, 11.0, 9.0, 10.0)


class Fill(NamedTuple):
    """One execution: the bar, the signed quantity, the price."""

    bar: int
    quantity: float
    price: float


FILLS = (Fill(1, 2.0, 11.0), Fill(3, -2.0, 11.0), Fill(4, 2.0, 9.0))
TICK = 0.01


def at(bar: int) -> datetime:
    return START + timedelta(minutes=bar)


def story(name: str = "six_bars", **changes: Any) -> Scenario:
    bars = pl.DataFrame(
        {
            "timestamp": [at(bar) for bar in range(6)],
            "symbol": "A",
            "open": [10.0, 10.0, 11.0, 12.0, 11.0, 9.0],
            "high": HIGHS,
            "low": LOWS,
            "close": CLOSES,
            "volume": 0.0,
        },
        schema=BARS,
    )
    script = pl.DataFrame(
        {
            "timestamp": [at(1), at(3), at(4), at(5)],
            "symbol": "A",
            "entry": [True, False, True, True],
            "exit": [False, True, False, False],
            "short_entry": False,
            "short_exit": False,
        },
        schema=SIGNALS,
    )
    told: dict[str, Any] = {
        "name": name,
        "title": "Buy, sell, buy again",
        "topic": "fakes",
        "rule": "Orders fill at the close.",
        "symbols": ("A",),
        "bars": bars,
        "script": Script("signals", script, {"size": 2.0}),
        "account": Account(cash=100.0, commission=0.01),
        "platforms": {"fake": ("plain",)},
    }
    return Scenario(**(told | changes))


def book(fills: Iterable[Fill] = FILLS, *, refused: bool = True) -> dict[str, pl.DataFrame]:
    """The whole ledger of some fills, as an honest platform would keep it."""
    done = list(fills)
    cash, held, orders = 100.0, 0.0, []
    for fill in done:
        cash -= fill.quantity * fill.price + _fee(fill)
        held += fill.quantity
        orders.append((at(fill.bar), fill.quantity, fill.price, "filled", "", cash, held))
    if refused:
        reason = "min_size_not_reached"
        orders.append((at(5), 2.0, 10.0, "rejected", reason, cash, held))
    trades = _frame("trades", _trades(done))
    return {
        "orders": _frame("orders", [(i, t, "A", *rest) for i, (t, *rest) in enumerate(orders)]),
        "fills": _frame(
            "fills",
            [(i, i, at(f.bar), "A", f.quantity, f.price, _fee(f)) for i, f in enumerate(done)],
        ),
        "trades": trades,
        "entry_trades": trades,
        "positions": trades,
        "equity": _frame("equity", _equity(done)),
    }


def _fee(fill: Fill) -> float:
    return 0.01 * abs(fill.quantity * fill.price)


def _trades(fills: list[Fill]) -> list[tuple[Any, ...]]:
    """A buy and the sell after it; the last buy stays open at the last close."""
    rows = []
    for number, buy in enumerate(fills[::2]):
        sells = fills[2 * number + 1 :]
        leave = sells[0] if sells else Fill(5, -buy.quantity, CLOSES[5])
        fees = _fee(buy), _fee(leave) if sells else 0.0
        pnl = buy.quantity * (leave.price - buy.price) - sum(fees)
        ways = (at(buy.bar), buy.price, fees[0], at(leave.bar), leave.price, fees[1])
        end = (pnl, pnl / (buy.quantity * buy.price), "closed" if sells else "open")
        rows.append((number, number, "A", buy.quantity, *ways, *end))
    return rows


def _equity(fills: list[Fill]) -> list[tuple[Any, ...]]:
    cash, held, rows = 100.0, 0.0, []
    for bar, close in enumerate(CLOSES):
        for fill in fills:
            if fill.bar == bar:
                cash -= fill.quantity * fill.price + _fee(fill)
                held += fill.quantity
        rows.append((at(bar), "A", cash, cash + held * close))
    return rows


def _frame(table: str, rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=TABLES[table], orient="row")


def agrees(*_: object) -> Outcome:
    """It plays by the rules."""
    return Recorded(book())


def one_tick_off(*_: object) -> Outcome:
    """It sells one tick too high."""
    first, second, third = FILLS
    return Recorded(book([first, second._replace(price=second.price + TICK), third]))


def drops_last_trade(*_: object) -> Outcome:
    """It never buys a second time."""
    return Recorded(book(FILLS[:2]))


def crashes(*_: object) -> Outcome:
    """It dies."""
    return Failed("ZeroDivisionError: division by zero")


def missing(*_: object) -> Outcome:
    """It was never recorded."""
    return Missing("reference", "fake@1.2.0+plain was never recorded for six_bars")
