"""What the way from Polars into a compiled loop and back costs, beside the loop itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from engine.indicators import adx, atr, ema, macd, rsi, sma, std
from engine.indicators.loops import ema_loop, macd_loop, range_loop, strength_loop
from engine.indicators.spread_loops import DEVIATION, mean_loop, spread_loop
from engine.indicators.trend_loops import AVERAGE, directional_loop
from parity.bench.goals import Figure, Goal, at_most
from parity.bench.minutes import long_minutes
from parity.bench.timing import stats_of

BARS, SMOKE_BARS = 1_000_000, 5_000
OVERHEAD: Final = at_most(0.10)
SIDES: Final = ("loop", "indicator", "query")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Crossing:
    """An indicator, and the loop it calls with what it hands over."""

    name: str
    expression: pl.Expr
    kernel: Callable[..., int]
    inputs: tuple[str, ...]
    params: tuple[float, ...]
    rows: int = 1

    def loop(self, bars: pl.DataFrame) -> Callable[[], Any]:
        """The loop alone: arrays at hand, its output made as the bridge makes it."""
        arrays = [bars[name].to_numpy() for name in self.inputs]

        def call() -> Any:
            out = np.empty((self.rows, bars.height))
            self.kernel(*arrays, *self.params, out)
            return out

        return call

    def bridge(self, bars: pl.DataFrame) -> Callable[[], Any]:
        """The same as an indicator of a frame."""
        return lambda: bars.select(self.expression)


RANGES: Final = ("high", "low", "close")
CROSSINGS: Final = (
    Crossing("sma(20)", sma("close", 20), mean_loop, ("close",), (20,)),
    Crossing("ema(20)", ema("close", 20), ema_loop, ("close",), (20, 0, 2.0 / 21)),
    Crossing("rsi(14)", rsi("close", 14), strength_loop, ("close",), (14, 0)),
    Crossing("std(20)", std("close", 20), spread_loop, ("close",), (20, 0, DEVIATION, 0.0, 0.0)),
    Crossing("macd(12, 26, 9)", macd("close"), macd_loop, ("close",), (12, 26, 9), 3),
    Crossing("atr(14)", atr(14), range_loop, RANGES, (14, 0)),
    Crossing("adx(14)", adx(14), directional_loop, RANGES, (14, AVERAGE)),
)


def bridge_figures(
    rounds: int = 21, *, smoke: bool = False, say: Say = lambda _text: None
) -> list[Figure]:
    """Each loop alone, as an indicator of a query, and the query without it, in turns.

    The bridge is what the indicator takes more than the other two, as a share of the loop. Times
    are of the processor, the shortest of all rounds: whatever else the machine does only adds to
    them. Raises AssertionError if loop and indicator do not give the same numbers.
    """
    count = SMOKE_BARS if smoke else BARS
    prices, _source = long_minutes(count)
    bars = pl.DataFrame(prices)
    group = f"indicators: a compiled loop alone and through Polars, {count:,} bars"
    goal = None if smoke else OVERHEAD
    total = dict.fromkeys(SIDES, 0.0)
    figures: list[Figure] = []
    for crossing in CROSSINGS:
        say(f"{crossing.name} on {count:,} bars")
        times = _times(crossing, bars, 3 if smoke else rounds)
        figures += _figures(group, crossing.name, times, goal)
        total = {side: total[side] + times[side] for side in SIDES}
    return figures + _figures(group, "all of them", total, goal)


def _times(crossing: Crossing, bars: pl.DataFrame, rounds: int) -> dict[str, float]:
    loop, bridge = crossing.loop(bars), crossing.bridge(bars)
    _check_same(loop(), bridge())
    taken = measure([loop, bridge, lambda: bars.select("close")], rounds)
    return dict(zip(SIDES, taken, strict=True))


def _figures(group: str, name: str, times: Mapping[str, float], goal: Goal | None) -> list[Figure]:
    alone, crossed, query = (times[side] for side in SIDES)
    share = (crossed - query) / alone - 1.0
    return [
        *(Figure(group, name, seconds * 1e3, "ms", side=side) for side, seconds in times.items()),
        Figure(group, name, share, "", goal, side="bridge / loop"),
    ]


def measure(calls: Sequence[Callable[[], Any]], rounds: int) -> list[float]:
    """The shortest processor time of each call in seconds; they take turns."""
    seconds: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for own, call in zip(seconds, calls, strict=True):
            began = time.process_time()
            call()
            own.append(time.process_time() - began)
    return [float(stats_of(own).min) for own in seconds]


def _check_same(alone: Any, crossed: pl.DataFrame) -> None:
    column = crossed.to_series()
    fields = column.struct.fields if isinstance(column.dtype, pl.Struct) else ()
    lines = [column.struct.field(name) for name in fields] or [column]
    for row, line in zip(alone, lines, strict=True):
        np.testing.assert_array_equal(row, line.to_numpy())
