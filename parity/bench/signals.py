"""From bars to signals by the strategies that ship: in hand, lazily, and of many symbols."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import polars as pl

from engine.strategies import SHIPPED, build_strategy
from engine.strategy import StrategyBase
from parity.bench.goals import Figure
from parity.bench.minutes import bars_of
from parity.bench.timing import stats_of

BARS, SMOKE_BARS = 1_000_000, 10_000
SYMBOLS: Final = 20
Say = Callable[[str], None]


def signal_figures(
    rounds: int = 7, *, smoke: bool = False, say: Say = lambda _text: None
) -> list[Figure]:
    """Each strategy on bars of one symbol and of twenty: a DataFrame, and the same in a query.

    The two must give the same signals to the bit, else AssertionError. Times are medians.
    """
    count = SMOKE_BARS if smoke else BARS
    figures: list[Figure] = []
    for symbols in (1, SYMBOLS):
        bars, _told = bars_of(count, symbols)
        group = f"signals: {count:,} bars, symbols: {symbols}"
        for name in sorted(SHIPPED):
            say(f"{group}, {name}")
            figures += _figures(group, build_strategy(name), bars, 2 if smoke else rounds)
    return figures


def _figures(group: str, strategy: StrategyBase, bars: pl.DataFrame, rounds: int) -> list[Figure]:
    ways: dict[str, Callable[[], pl.DataFrame]] = {
        "in hand": lambda: strategy.run(bars),
        "in a query": lambda: strategy.run(bars.lazy()).collect(),
    }
    one, other = (call() for call in ways.values())
    assert one.equals(other), f"{strategy.name}: signals differ"
    return [
        Figure(group, strategy.name, _median(call, rounds) * 1e3, "ms", side=way)
        for way, call in ways.items()
    ]


def _median(call: Callable[[], object], rounds: int) -> float:
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return float(stats_of(seconds).median)
