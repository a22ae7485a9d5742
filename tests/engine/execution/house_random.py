"""Random requests over every rule of the house model."""

from __future__ import annotations

from typing import Any

import numpy as np
from random_requests import random_market, vary
from tapes import tape_of

from engine.execution.house.options import RULES
from engine.execution.marks import marks_of
from engine.execution.records import Market, Request

NAN = np.nan
FRACTIONS = [NAN, NAN, 0.0, 0.005, 0.02, 0.1, 1.5]


def random_signals(seed: int) -> Request:
    """Signals on a few symbols; a third of the requests are long and quiet, so jumps are long."""
    rng = np.random.default_rng(seed)
    quiet = rng.random() < 0.34
    count = int(rng.integers(300, 1200) if quiet else rng.integers(1, 80))
    symbols = int(rng.integers(1, 4))
    market = random_market(rng, count, symbols, 0.002 if quiet else 0.03)
    there = there_of(market)
    density = rng.choice([0.002, 0.01] if quiet else [0.05, 0.3])
    names = ("entry", "exit", "short_entry", "short_exit")
    return Request(
        market=market,
        symbols=tuple(f"S{column}" for column in range(symbols)),
        cash=float(rng.choice([100.0, 5.0, 1e5])),
        commission=float(rng.choice([0.0, 0.001])),
        fixed=float(rng.choice([0.0, 0.0, 0.5])),
        slippage=float(rng.choice([0.0, 0.002])),
        marks={name: marks_of((rng.random((count, symbols)) < density) & there) for name in names},
        values=random_values(rng, count, symbols),
        options=random_rules(rng),
    )


def there_of(market: Market) -> Any:
    """Which bars have all four prices."""
    return ~np.logical_or.reduce([np.isnan(price) for price in market[:4]])


def random_rules(rng: Any) -> dict[str, Any]:
    """Every rule with some chance."""
    options = {
        name: str(rng.choice(rule.words)) for name, rule in RULES.items() if rng.random() < 0.5
    }
    if rng.random() < 0.2:
        options["leverage"] = 3.0
    if rng.random() < 0.2:
        options["lot"] = 0.5
    return options


def random_values(rng: Any, count: int, symbols: int) -> dict[str, Any]:
    """Sizes and stops."""
    values: dict[str, Any] = {}
    if rng.random() < 0.7:
        values["size"] = vary(rng, [1.0, 0.1, 10.0, 0.5, 100.0, 0.0, NAN], count, symbols)
    for name in ("stop_loss", "trailing_stop", "take_profit"):
        if rng.random() < 0.5:
            values[name] = vary(rng, FRACTIONS, count, symbols)
    return values


def sound_market(rng: Any, count: int, symbols: int, wildness: float) -> Market:
    """Bars without holes whose range holds open and close, in ticks of a hundredth."""
    shape = count, symbols
    close = 50 * np.exp(np.cumsum(rng.normal(size=shape) * wildness, axis=0))
    first = np.vstack((close[:1], close[:-1])) * np.exp(rng.normal(size=shape) * wildness / 3)
    first, close = np.round(first, 2), np.round(close, 2)
    high = np.round(np.maximum(first, close) * (1 + rng.random(shape) * wildness), 2)
    low = np.round(np.minimum(first, close) * (1 - rng.random(shape) * wildness), 2)
    high, low = (
        np.maximum(high, np.maximum(first, close)),
        np.minimum(low, np.minimum(first, close)),
    )
    return Market(first, high, low, close, np.full(shape, 1e6))


KINDS = ("market", "limit", "stop", "stop_limit", "trailing_stop", "cancel")
UNITS = ("units", "value", "percent", "target_units", "target_value", "target_percent")


def random_tape(seed: int) -> Request:
    """Orders of every kind, with parents, groups and expiries, on bars with holes."""
    rng = np.random.default_rng(seed)
    quiet = seed % 3 == 0
    count = int(rng.integers(300, 900) if quiet else rng.integers(2, 80))
    symbols = int(rng.integers(1, 4))
    market = random_market(rng, count, symbols, 0.002 if quiet else 0.03)
    there = there_of(market)
    orders = [
        random_order(rng, count, symbols, market, there)
        for _ in range(count // (20 if quiet else 4) + 1)
    ]
    orders.sort(key=lambda order: order["bar"])
    for number, order in enumerate(orders):
        child = order["kind"] == "cancel" or rng.random() < 0.4
        order["parent_id"] = (
            int(rng.integers(max(0, number - 4), number)) if child and number else -1
        )
        order["order_id"] = number
    return Request(
        market=market,
        symbols=tuple(f"S{column}" for column in range(symbols)),
        cash=float(rng.choice([300.0, 1e5])),
        commission=float(rng.choice([0.0, 0.001])),
        fixed=float(rng.choice([0.0, 0.5])),
        slippage=float(rng.choice([0.0, 0.002])),
        tape=tape_of(orders),
        options=random_rules(rng),
    )


def random_order(rng: Any, count: int, symbols: int, market: Market, there: Any) -> dict[str, Any]:
    """One order near the market."""
    bar, column = int(rng.integers(count)), int(rng.integers(symbols))
    kind = str(rng.choice(KINDS))
    if kind == "trailing_stop" and not there[: bar + 1, column].any():
        kind = "stop"
    price = float(np.nan_to_num(market.close[bar, column], nan=10.0))
    near = price * (1 + rng.normal(size=2) * 0.03)
    unit = "units" if rng.random() < 0.7 else str(rng.choice(UNITS))
    scale = {"units": 9.0, "target_units": 9.0, "value": 90.0, "target_value": 90.0}.get(unit, 0.5)
    trails = kind == "trailing_stop"
    return {
        "bar": bar, "column": column, "kind": kind, "unit": unit,
        "quantity": float(rng.choice([-1.0, 1.0, 2.0, -0.3])) * scale,
        "limit_price": near[0] if kind in ("limit", "stop_limit") else NAN,
        "stop_price": near[1] if kind in ("stop", "stop_limit") else NAN,
        "trail_percent": 0.02 if trails and bar % 2 else NAN,
        "trail_amount": 0.3 if trails and not bar % 2 else NAN,
        "oco_id": int(rng.integers(5)) if rng.random() < 0.3 else -1,
        "expires_bar": bar + int(rng.integers(9)) if rng.random() < 0.3 else -1,
    }  # fmt: skip
