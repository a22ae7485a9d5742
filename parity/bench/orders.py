"""What is raced against platforms that take orders: tapes on a long series of minutes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import TAPE_ROW, Floats, Ints

# One order to so many bars on average; every order is of the same size, so none fills in parts.
EVERY = 40
SIZE = 10.0
REACH = 0.003
# Enough for every order of a million bars at the highest price there is.
SETTINGS = {"cash": 1e9, "commission": 0.0004, "fixed": 0.0, "slippage": 0.0}
ARRAYS = ("open", "high", "low", "close", "clock", "tape")
# The first minute of a day, by its end; the bars follow one another without a pause.
START, MINUTE = 1_672_531_260_000, 60_000


@dataclass(frozen=True, slots=True)
class Tape:
    """A kind of tape: its name, what it holds, and how its rows are made."""

    name: str
    told: str
    rows: Callable[[Floats], NDArray[Any]]


def write_tape(kind: Tape, prices: Mapping[str, Floats], folder: Path) -> Path:
    """Write prices, tape and settings for both sides of a race."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, series in prices.items():
        np.save(folder / f"{name}.npy", series)
    np.save(folder / "clock.npy", START + MINUTE * np.arange(len(prices["close"])))
    np.save(folder / "tape.npy", kind.rows(prices["close"]))
    (folder / "settings.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    return folder


def market_orders(close: Floats) -> NDArray[Any]:
    """Market orders, buying and selling in turns."""
    bars = some_bars(len(close), EVERY)
    tape = blank(len(bars))
    tape["bar"] = bars
    tape["quantity"] = np.where(np.arange(len(bars)) % 2 == 0, SIZE, -SIZE)
    return tape


def brackets(close: Floats) -> NDArray[Any]:
    """Bought at the market with a stop below and a target above: three orders each."""
    bars = some_bars(len(close), 3 * EVERY)
    tape = blank(3 * len(bars))
    entry, stop, target = tape[0::3], tape[1::3], tape[2::3]
    for part in (entry, stop, target):
        part["bar"] = bars
    entry["quantity"], stop["quantity"], target["quantity"] = SIZE, -SIZE, -SIZE
    stop["kind"], target["kind"] = "stop", "limit"
    stop["stop_price"] = close[bars] * (1 - REACH)
    target["limit_price"] = close[bars] * (1 + REACH)
    for child in (stop, target):
        child["parent_id"] = entry["order_id"]
        child["oco_id"] = entry["order_id"]
    return tape


def some_bars(count: int, every: int) -> Ints:
    """Bars drawn so that one in ``every`` has an order; not the first, nor the last two."""
    drawn = np.random.default_rng([40, count, every]).random(count) < 1 / every
    return np.flatnonzero(drawn[1:-2]) + 1


def blank(count: int) -> NDArray[Any]:
    """Rows of a tape, numbered, with nothing said yet."""
    tape = np.zeros(count, dtype=TAPE_ROW)
    tape["order_id"] = np.arange(count)
    tape["kind"], tape["unit"] = "market", "units"
    for name in ("limit_price", "stop_price", "trail_amount", "trail_percent"):
        tape[name] = np.nan
    for name in ("parent_id", "oco_id", "expires_bar"):
        tape[name] = -1
    return tape


TAPES = (
    Tape(
        "market orders",
        f"one on every {EVERY}th bar on average, {SIZE:g} units bought and sold in turns",
        market_orders,
    ),
    Tape(
        "brackets",
        f"{SIZE:g} units bought, a stop and a target {REACH:.1%} away, three orders to "
        f"{3 * EVERY} bars on average",
        brackets,
    ),
)
