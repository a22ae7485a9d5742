"""Random requests over the whole option space, for tests that compare one way with another."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.execution.marks import marks_of
from engine.execution.records import Market, Request
from engine.execution.vectorbt.options import PER_COLUMN, Choice

NAN, INF = np.nan, np.inf

NUMBERS = {
    "fees": [0.0, 0.001, 0.01, -0.001],
    "fixed_fees": [0.0, 0.5, 5.0],
    "slippage": [0.0, 0.001, 0.05],
    "min_size": [0.0, 1e-8, 1.0],
    "max_size": [INF, 3.0, 0.5],
    "size_granularity": [NAN, 0.1, 1.0],
    "val_price": [INF, -INF, 10.0, NAN],
}
FRACTIONS = [NAN, 0.0, 0.005, 0.02, 0.1, 1.0, 1.5]


def random_request(seed: int, *, bars: int | None = None, columns: int | None = None) -> Request:
    """A request of a few columns; a third of them are long and quiet, so that jumps are long."""
    rng = np.random.default_rng(seed)
    quiet = rng.random() < 0.34
    count = bars or int(rng.integers(300, 1200) if quiet else rng.integers(1, 80))
    columns = columns or int(rng.integers(1, 4))
    market = random_market(rng, count, columns, 0.002 if quiet else 0.03)
    density = rng.choice([0.002, 0.01] if quiet else [0.05, 0.3])
    options = random_options(rng, count, columns)
    names = ("entry", "exit", "short_entry", "short_exit")
    if rng.random() < 0.3:
        options["direction"] = vary(rng, PER_COLUMN["direction"].words, count, columns)
        names = names[:2]
    return Request(
        market=market,
        symbols=tuple(f"S{column}" for column in range(columns)),
        cash=float(rng.choice([100.0, 5.0, 1e5])),
        commission=0.001,
        fixed=0.0,
        slippage=0.0,
        marks={name: marks_of(rng.random((count, columns)) < density) for name in names},
        values=random_values(rng, market.open, count, columns),
        options=options,
    )


def random_market(rng: Any, count: int, columns: int, wildness: float) -> Market:
    """Walks with ticks, gaps, missing prices and bars that open outside their range."""
    shape = count, columns
    close = 10 * np.exp(np.cumsum(rng.normal(size=shape) * wildness, axis=0))
    opening = np.vstack((close[:1], close[:-1])) * np.exp(rng.normal(size=shape) * wildness / 3)
    high = np.maximum(opening, close) * (1 + rng.random(shape) * wildness)
    low = np.minimum(opening, close) * (1 - rng.random(shape) * wildness)
    prices = [opening, high, low, close]
    if rng.random() < 0.3:
        prices = [np.round(price, 1) + 0.1 for price in prices]
    if rng.random() < 0.2:
        prices[0] = prices[3] * np.exp(rng.normal(size=shape) * wildness)
    for price in prices:
        if rng.random() < 0.25:
            price[rng.random(shape) < 0.1] = NAN
    if rng.random() < 0.2:
        absent = rng.random(shape) < 0.15
        for price in prices:
            price[absent] = NAN
    return Market(*prices, prices[3])


def vary(rng: Any, choices: Any, count: int, columns: int) -> Any:
    """One value for all, one per column, or one per bar and column."""
    shape: Any = ((), (columns,), (count, columns))[rng.choice(3, p=[0.6, 0.2, 0.2])]
    if not shape:
        return choices[rng.integers(len(choices))]
    values = np.array(choices, dtype=object if isinstance(choices[0], str) else np.float64)
    return rng.choice(values, size=shape)


def random_options(rng: Any, count: int, columns: int) -> dict[str, Any]:
    """Every option with some chance."""
    options: dict[str, Any] = {}
    for name, option in PER_COLUMN.items():
        if name == "direction" or rng.random() < 0.6:
            continue
        if isinstance(option, Choice):
            words = option.words[:3] if name == "size_type" else option.words
            options[name] = vary(rng, words, count, columns)
        elif name in NUMBERS:
            options[name] = float(rng.choice(NUMBERS[name]))
            if rng.random() < 0.3:
                options[name] = rng.choice(NUMBERS[name], size=(count, columns))
        elif name != "raise_reject":
            options[name] = bool(rng.random() < 0.5)
    options["cash_sharing"] = bool(rng.random() < 0.3)
    options["call_seq"] = str(rng.choice(["default", "reversed", "auto"]))
    options["ffill_val_price"] = bool(rng.random() < 0.8)
    options["update_value"] = bool(rng.random() < 0.3)
    options["engine"] = str(rng.choice(["numba", "rust"]))
    return options


def random_values(rng: Any, opening: Any, count: int, columns: int) -> dict[str, Any]:
    """Sizes, prices and stops."""
    values: dict[str, Any] = {}
    if rng.random() < 0.7:
        values["size"] = vary(rng, [1.0, 0.1, 10.0, INF, 100.0, 0.0, NAN], count, columns)
    price = rng.random()
    if price < 0.6:
        values["price"] = str(rng.choice(["open", "close"]))
    elif price < 0.8:
        other = rng.choice([INF, -INF, NAN], size=(count, columns))
        values["price"] = np.where(rng.random((count, columns)) < 0.6, opening, other)
    if rng.random() < 0.8:
        name = str(rng.choice(["stop_loss", "trailing_stop"]))
        values[name] = vary(rng, FRACTIONS, count, columns)
    if rng.random() < 0.5:
        values["take_profit"] = vary(rng, FRACTIONS, count, columns)
    return values
