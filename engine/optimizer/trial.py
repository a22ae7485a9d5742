"""One parameter set -> its metrics; what all sets share is made once."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import numpy as np
import polars as pl

from engine.errors import SearchError, StrategyError
from engine.execution.records import Floats
from engine.metrics.catalogue import ACCOUNT, RETURNS, TRADES
from engine.metrics.convention import chosen_for
from engine.metrics.segmented import (
    Ground,
    Scratch,
    Span,
    ground_of,
    segmented_metrics,
)
from engine.optimizer.dataset import Window
from engine.optimizer.shared import TROUBLE, SharedIndicators
from engine.optimizer.signals import Signals, sets_at_once
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
        self._blank = dict.fromkeys(self.metrics, np.nan)
        self.shared = SharedIndicators(bars)
        self.parts = [_rows(bars, window) for window in self.windows] or [(0, bars.height)]
        plain = not set(self.metrics) & set(TAILS)
        self._ground = _ground(bars, engine) if plain else None
        self._spans = [] if self._ground is None else [self._span(*part) for part in self.parts]
        self._sets, self._room = sets_at_once(bars.height), threading.local()

    def score(self, strategy: StrategyBase) -> Floats:
        """Metrics, (windows, metrics); one row of all bars where no window is given."""
        found = self.score_all([strategy])[0]
        if isinstance(found, BaseException):
            raise found
        return found

    def score_all(self, strategies: Sequence[StrategyBase]) -> list[Floats | BaseException]:
        """Metrics of each in order; of one that cannot be scored its error."""
        found: list[Floats | BaseException] = []
        for start in range(0, len(strategies), self._sets):
            found += self._score_some(strategies[start : start + self._sets])
        return found

    def _score_some(self, strategies: Sequence[StrategyBase]) -> list[Floats | BaseException]:
        ground = self._ground
        if ground is None:
            return [_tried(self._screened, strategy) for strategy in strategies]
        signals = Signals(self.shared, self._scratch(), strategies)
        others = signals.make()
        parts = [
            segmented_metrics(ground, signals.scratch, len(strategies), span)
            for span in self._spans
        ]
        odd = StrategyError("the signal has values that are none of -1, 0 and 1")
        others |= {n: odd for part in parts for n, row in enumerate(part) if row is None}
        flat = chain.from_iterable(self._row(row or {}) for part in parts for row in part)
        shape = (len(parts), len(strategies), len(self.metrics))
        rows = np.fromiter(flat, np.float64, math.prod(shape)).reshape(shape)
        found: list[Floats | BaseException] = list(rows.swapaxes(0, 1))
        for place, error in others.items():
            found[place] = error or _tried(self._screened, strategies[place])
        return found

    def _scratch(self) -> Scratch:
        found: Scratch | None = getattr(self._room, "scratch", None)
        if found is None:
            found = self._room.scratch = Scratch(self._sets, self.bars.height)
        return found

    def _span(self, start: int, stop: int) -> Span:
        clock = self.bars["timestamp"][start:stop]
        return Span(start, stop, chosen_for(clock, self.engine.convention))

    def _screened(self, strategy: StrategyBase) -> Floats:
        """By the engine itself, whatever the strategy."""
        frame = self.shared.signals(strategy)
        if not self.windows:
            return np.array([self._row(dict(self.engine.run(frame).metrics.iter_rows()))])
        time = pl.col("timestamp")
        parts = [frame.filter(time >= start, time < end) for start, end in self.windows]
        screens = [self.engine.run(part) for part in parts]
        return np.array([self._row(dict(screen.metrics.iter_rows())) for screen in screens])

    def _row(self, metrics: Mapping[str, float]) -> list[float]:
        try:
            return list(map(metrics.__getitem__, self.metrics))
        except KeyError:
            return list(map({**self._blank, **metrics}.__getitem__, self.metrics))


def _tried(score: Callable[[StrategyBase], Floats], strategy: StrategyBase) -> Any:
    """What came of it, or the error it ended with."""
    try:
        return score(strategy)
    except TROUBLE as error:
        return error


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
