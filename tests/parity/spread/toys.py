"""Toy platforms that play one tape of two orders on six bars, each by a rule of its own.

    bar      0     1     2     3     4     5
    open    10    10    11    12    11     9
    close   10    11    12    11     9    10
          buy 2        sell 2                     decided at the close of the bar

At the next open: bought at 10, sold at 12, so 104 at the end. At the next close: at 11, so 100.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import polars as pl

from engine.schema import TABLES
from engine.script import Account, Script, conform_script
from parity.outcome import Outcome, Recorded
from parity.platforms import Platform
from parity.spread.document import build_document
from scenarios import Scenario
from tests import fakes
from tests.fakes import CLOSES, at


class Fill(NamedTuple):
    """One execution: bar, signed quantity, price, commission, and which order."""

    bar: int
    quantity: float
    price: float
    commission: float = 0.0
    order: int | None = None


class Order(NamedTuple):
    """An order that was not filled, or not whole."""

    bar: int
    quantity: float
    status: str
    reason: str = ""


def tape(*orders: Mapping[str, Any], **account: float) -> Scenario:
    rows = [{"symbol": "A", **order, "timestamp": at(order["timestamp"])} for order in orders]
    frame = conform_script("orders", pl.DataFrame(rows))
    money = Account(**{"cash": 100.0, **account})
    return fakes.story("two_orders", script=Script("orders", frame), account=money)


def story(**account: float) -> Scenario:
    """Buy 2 after the first bar, sell them after the third."""
    return tape({"timestamp": 0, "quantity": 2.0}, {"timestamp": 2, "quantity": -2.0}, **account)


def played(
    *fills: Fill,
    unfilled: Iterable[Order] = (),
    cash: float = 100.0,
    worth: Iterable[float] = CLOSES,
    trades: bool = True,
) -> Recorded:
    """The ledger of some fills: cash falls by what is bought, equity is cash and what is held."""
    orders = [(f.bar, f.quantity, f.price, "filled", "") for f in fills if f.order is None]
    orders += [(o.bar, o.quantity, float("nan"), o.status, o.reason) for o in unfilled]
    held, equity = 0.0, []
    for bar, price in enumerate(worth):
        for fill in fills:
            if fill.bar == bar:
                cash -= fill.quantity * fill.price + fill.commission
                held += fill.quantity
        equity.append((at(bar), "all", cash, cash + held * price))
    nan = float("nan")
    tables = {
        "orders": [
            (number, at(bar), "A", size, price, status, reason, nan, nan)
            for number, (bar, size, price, status, reason) in enumerate(orders)
        ],
        "fills": [
            (
                n,
                n if f.order is None else f.order,
                at(f.bar),
                "A",
                f.quantity,
                f.price,
                f.commission,
            )
            for n, f in enumerate(fills)
        ],
        **({name: [] for name in ("trades", "entry_trades", "positions")} if trades else {}),
        "equity": equity,
    }
    return Recorded(
        {name: pl.DataFrame(rows, TABLES[name], orient="row") for name, rows in tables.items()}
    )


AT_OPEN = played(Fill(1, 2.0, 10.0), Fill(3, -2.0, 12.0))
AT_CLOSE = played(Fill(1, 2.0, 11.0), Fill(3, -2.0, 11.0))
SAME_BAR = played(Fill(0, 2.0, 10.0), Fill(2, -2.0, 12.0))


def platform(name: str, idiom: str = "plain") -> Platform:
    return Platform(name, "1.0", idiom, name)


def document(scenario: Scenario | None = None, **outcomes: Outcome) -> dict[str, Any]:
    """What is told of toys by name; ``name__idiom`` is a second idiom of one."""
    names = {key: key.split("__") for key in outcomes}
    peers = [(platform(*names[key]), outcome) for key, outcome in outcomes.items()]
    return build_document(scenario or story(), peers)


def rule(scenario: Scenario | None = None, **outcomes: Outcome) -> dict[str, Any]:
    """The rule by which the first two part."""
    parting: dict[str, Any] = document(scenario, **outcomes)["partings"][0]
    return parting
