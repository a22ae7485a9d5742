"""One parameter set -> its metrics; what all sets share is made once."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from engine.errors import SearchError
from engine.execution.records import Floats
from engine.metrics.catalogue import ACCOUNT, RETURNS, TRADES
from engine.metrics.convention import chosen_for
from engine.metrics.segmented import (
    Ground,
    Scratch,
    Span,
    allow_shorts,
    ground_of,
    segmented_metrics,
)
from engine.metrics.segments import take_sides
from engine.optimizer.dataset import Window
from engine.optimizer.shared import SharedIndicators
from engine.strategy import StrategyBase
from engine.vectorized import DELAY, Cost, VectorizedEngine

ACTIVE: Final = (
    "turnover",
    "annual_turnover",
    "commission",
    "cost_share",
    "exposure",
    "n_days_in_market",
)
SCREENED: Final = (
    *(metric.name for metric in (*ACCOUNT, *RETURNS)),
    *ACTIVE,
    *(metric.name for metric in TRADES),
)
"""Every metric that a screen has."""
TAILS: Final = (
    "value_at_risk",
    "conditional_value_at_risk",
    "tail_ratio",
    "common_sense_ratio",
    "stability",
)
"""Those that need every single return at once, which costs more than all others together."""
QUICK: Final = tuple(name for name in SCREENED if name not in TAILS)


class Scorer:
    """Scores strategies on one table of bars; threads may share it.

    ``windows`` are scored one by one, each as if its first bar were the account's first: the signal
    knows all bars before it, the position starts flat. A signal of -1, 0 and 1 on one symbol is
    scored from its changes alone, any other by the engine; the figures are the same.
    """

    def __init__(
        self,
        bars: pl.DataFrame,
        engine: VectorizedEngine,
        windows: Sequence[Window] = (),
        metrics: Sequence[str] = QUICK,
    ) -> None:
        self.bars, self.engine = bars, engine
        self.windows, self.metrics = tuple(windows), tuple(metrics)
        self.shared = SharedIndicators(bars)
        self.parts = [_rows(bars, window) for window in self.windows] or [(0, bars.height)]
        plain = not set(self.metrics) & set(TAILS)
        self._ground = _ground(bars, engine) if plain else None
        self._spans = [] if self._ground is None else [self._span(*part) for part in self.parts]
        self._shorts, self._lock = False, threading.Lock()
        self._room = threading.local()

    def score(self, strategy: StrategyBase) -> Floats:
        """Metrics, (windows, metrics); one row of all bars where no window is given."""
        ground = self._ground
        scratch = None if ground is None else self._signal(strategy)
        if ground is None or scratch is None:
            return self._screened(strategy)
        if not self._shorts and scratch.signal.min() < 0:
            self._allow_shorts(ground)
        found = [segmented_metrics(ground, scratch, span) for span in self._spans]
        return np.array([self._row(metrics) for metrics in found])

    def _signal(self, strategy: StrategyBase) -> Scratch | None:
        """The signal in this thread's scratch, or None if it has shares between -1 and 1."""
        scratch = self._scratch()
        batch = strategy.batch_kernel()
        if batch is not None:
            inputs = self.shared.inputs(strategy, batch.inputs)
            batch.kernel(*inputs, *batch.params, scratch.signal)
            scratch.signal[: strategy.warmup] = 0
            return scratch
        frame = strategy.signals(self.shared.features(strategy)).select("signal").collect()
        sided = take_sides(frame["signal"].to_numpy(), scratch.signal)
        return scratch if sided else None

    def _scratch(self) -> Scratch:
        found: Scratch | None = getattr(self._room, "scratch", None)
        if found is None:
            found = self._room.scratch = Scratch(self.bars.height)
        return found

    def _allow_shorts(self, ground: Ground) -> None:
        with self._lock:
            if not self._shorts:
                allow_shorts(ground)
            self._shorts = True

    def _span(self, start: int, stop: int) -> Span:
        clock = self.bars["timestamp"][start:stop]
        return Span(start, stop, chosen_for(clock, self.engine.convention))

    def _screened(self, strategy: StrategyBase) -> Floats:
        """By the engine itself, whatever the strategy."""
        frame = strategy.signals(self.shared.features(strategy)).collect()
        if not self.windows:
            return np.array([self._row(dict(self.engine.run(frame).metrics.iter_rows()))])
        time = pl.col("timestamp")
        parts = [frame.filter(time >= start, time < end) for start, end in self.windows]
        screens = [self.engine.run(part) for part in parts]
        return np.array([self._row(dict(screen.metrics.iter_rows())) for screen in screens])

    def _row(self, metrics: Mapping[str, float]) -> list[float]:
        return [metrics.get(name, np.nan) for name in self.metrics]


def _rows(bars: pl.DataFrame, window: Window) -> tuple[int, int]:
    """The first row of a window and the one after its last, in bars of one symbol."""
    start, end = window
    time = bars["timestamp"]
    if not ((time >= start) & (time < end)).any():
        known = f"{bars['timestamp'][0]} to {bars['timestamp'][-1]}"
        raise SearchError(f"no bar lies between {start} and {end}; bars go from {known}")
    first, last = time.search_sorted(pl.Series([start, end], dtype=time.dtype), side="left")
    return int(first), int(last)


def _ground(bars: pl.DataFrame, engine: VectorizedEngine) -> Ground | None:
    """What trials walk on, or None where a screen is more than one symbol and known prices."""
    if engine.weights is not None or bars["symbol"].n_unique() != 1:
        return None
    opened = engine.execution == "next_open"
    closes = _prices(bars, "close")
    opens = _prices(bars, "open") if opened else closes
    rate = _rate(bars, engine.fee) + _rate(bars, engine.slippage)
    sorted_ = bool((bars["timestamp"].diff().drop_nulls().dt.total_milliseconds() > 0).all())
    known = (closes > 0).all() and (opens > 0).all() and np.isfinite([closes, opens, rate]).all()
    if not (sorted_ and known):
        return None
    since = np.concatenate([[np.nan], closes[:-1]])
    start = opens if opened else since
    before, after = start / since - 1.0, closes / start - 1.0
    return ground_of(
        bars["timestamp"],
        (np.nan_to_num(before), np.nan_to_num(after), rate),
        delay=DELAY[engine.execution],
        lead=0 if opened else 1,
        target=engine.convention.target,
    )


def _prices(bars: pl.DataFrame, name: str) -> Floats:
    if name not in bars.columns:
        return np.array([np.nan])
    return np.ascontiguousarray(bars[name].cast(pl.Float64()).to_numpy())


def _rate(bars: pl.DataFrame, cost: Cost) -> Floats:
    if isinstance(cost, str):
        return _prices(bars, cost)
    if isinstance(cost, Mapping):
        return np.full(bars.height, cost.get(bars["symbol"][0], np.nan))
    return np.full(bars.height, float(cost))


__all__ = ["QUICK", "SCREENED", "TAILS", "Scorer"]
