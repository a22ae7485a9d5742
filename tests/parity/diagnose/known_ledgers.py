"""Strategies whose ledgers are made by known rules, for diagnoses to find them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from engine.execution.records import Marks
from engine.panel import Panel, build_panel
from engine.schema import TRADES
from engine.script import Account
from parity.diagnose import Case, Change
from parity.diagnose.diagnose import frame_of
from parity.diagnose.replays import replay_sets

ROOT = Path(__file__).parents[3]
START = datetime(2024, 1, 2, tzinfo=UTC)
NO_TRADES = pl.DataFrame(schema=TRADES)


def panel_of(bars: Any, *, minutes: int = 1) -> Panel:
    """Bars are (open, high, low, close), a minute apart."""
    times = [START + timedelta(minutes=minutes * bar) for bar in range(len(bars))]
    names = ("open", "high", "low", "close")
    prices = {name: [float(bar[place]) for bar in bars] for place, name in enumerate(names)}
    return build_panel(pl.DataFrame({"timestamp": times, "symbol": "A", **prices, "volume": 1.0}))


def marks_at(bars: Any) -> Marks:
    own = np.array(bars, dtype=np.int64)
    return Marks(np.array([0, len(own)]), own)


def case_of(panel: Panel, entry: Any, *, values: Any = None, **told: Any) -> Case:
    """One strategy; what is not told is 100 in cash, no costs and no options."""
    marks = {"entry": marks_at(entry)}
    for name in ("exit", "short_entry", "short_exit"):
        if name in told:
            marks[name] = marks_at(told.pop(name))
    base = {"name": "a strategy", "account": Account(), "options": {}, "trades": NO_TRADES}
    return Case(panel=panel, marks=marks, values=values or {}, **{**base, **told})


def under(case: Case, *changes: tuple[str, Any]) -> Case:
    """The same strategy with the ledger that it has under some changes of rules."""
    made = tuple(Change(rule, value, "") for rule, value in changes)
    (trades,) = replay_sets(case, [made])
    return replace(case, trades=frame_of(case, trades, case.panel.symbols[0]))


def waves(
    count: int = 600, *, gap: float = 0.0, wick: float = 0.002
) -> list[tuple[float, float, float, float]]:
    """A price that swings by some percent, with a range around each bar and gaps between them."""
    turns = np.arange(count + 1)
    closes = 100 + 4 * np.sin(turns / 9) + 2 * np.sin(turns / 2.3)
    opens = closes[:-1] * (1 + gap * np.cos(turns[:-1]))
    highs = np.maximum(opens, closes[1:]) * (1 + wick)
    lows = np.minimum(opens, closes[1:]) * (1 - wick)
    return list(zip(opens, highs, lows, closes[1:], strict=True))


def eth_minutes() -> Case:
    """A month of minutes, a momentum strategy with three stops, costs on either side."""
    path = ROOT / "reference_data" / "bars" / "crypto_1m_binance_perp" / "ETHUSDT.parquet"
    bars = pl.read_parquet(path)
    runs = json.loads((Path(__file__).parent / "eth_minutes.json").read_text())["runs"]
    entry = np.concatenate([np.arange(first, first + count) for first, count in runs])
    return case_of(
        build_panel(bars),
        entry,
        name="eth minutes",
        values={"stop_loss": 0.004, "take_profit": 0.006, "trailing_stop": 0.005},
        account=Account(cash=100_000.0, commission=0.0002, slippage=0.0002),
    )
