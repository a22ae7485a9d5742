"""Bars as the arrays on which every trial is traded, and the signal of one trial on them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import polars as pl

from engine.errors import StrategyError
from engine.execution.records import Floats, Ints
from engine.optimizer.shared import SharedIndicators
from engine.strategy import Batch, StrategyBase
from engine.vectorized import DELAY, VectorizedEngine
from engine.wfa.kernels import Flow, Tape, trade

KEYS: Final = ("symbol", "timestamp")


@dataclass(frozen=True)
class Course:
    """Bars, sorted by symbol and time, with all that trading a signal on them needs.

    ``clock`` has every time once; ``delay`` is how many rows after its bar a signal is held.
    """

    bars: pl.DataFrame
    clock: pl.Series
    tape: Tape
    delay: int
    shared: SharedIndicators = field(repr=False)

    @classmethod
    def of(cls, bars: pl.DataFrame, engine: VectorizedEngine) -> Course:
        """Raises InputError for what the engine misses in the bars."""
        rows = bars.sort(*KEYS)
        unit = engine.units(rows)
        clock = rows["timestamp"].unique().sort()
        codes = rows["symbol"].rle_id().to_numpy()
        symbols = rows["symbol"].unique(maintain_order=True).to_list()
        told = engine.weights or dict.fromkeys(symbols, 1.0 / len(symbols))
        weights = np.array([float(told[symbol]) for symbol in symbols])
        starts = np.searchsorted(codes, np.arange(len(symbols) + 1)).astype(np.int64)
        tape = Tape(
            carried=_floats(unit["carried"]),
            held=_floats(unit["held"]),
            rate=_floats(unit["rate"]),
            weight=weights[codes],
            bar=_bars(rows["timestamp"], clock),
            starts=starts,
        )
        return cls(rows, clock, tape, DELAY[engine.execution], SharedIndicators(rows))

    @property
    def weights(self) -> dict[str, float]:
        """Each symbol's share of the account."""
        firsts = self.tape.starts[:-1]
        symbols = self.bars["symbol"].gather(firsts).to_list()
        return dict(zip(symbols, self.tape.weight[firsts].tolist(), strict=True))

    def part(self, start: int, end: int, engine: VectorizedEngine) -> Course:
        """The same of bars [start, end) alone: whatever runs on it knows no other."""
        inside = (self.tape.bar >= start) & (self.tape.bar < end)
        rows = self.bars.filter(pl.Series(inside))
        symbols = set(rows["symbol"].unique())
        if engine.weights is None and len(symbols) < len(self.tape.starts) - 1:
            engine = _weighted(engine, self)
        return Course.of(rows, engine)

    def back(self, strategy: StrategyBase, warmup: int | None) -> int:
        """Bars before a window that a run of its own needs: for its indicators, for the signal to
        be held, and for the position that the first bar is changed from.
        """
        return strategy.warmup + self.delay + 1 if warmup is None else warmup

    def signal(self, strategy: StrategyBase) -> Floats:
        """The wanted exposure of every row; compiled where the strategy can be."""
        batch = strategy.batch_kernel()
        if batch is not None:
            return self._compiled(strategy, batch)
        made = self.shared.signals(strategy)
        if made.height != self.bars.height:
            raise StrategyError(
                f"{strategy.name} made {made.height:,} rows of {self.bars.height:,} bars; "
                "indicators add columns and keep the rows"
            )
        return _floats(made["signal"])

    def _compiled(self, strategy: StrategyBase, batch: Batch) -> Floats:
        inputs = self.shared.inputs(strategy, batch.inputs)
        out = np.zeros(self.bars.height, dtype=np.int8)
        for first, last in itertools.pairwise(self.tape.starts.tolist()):
            one = out[first:last]
            batch.kernel(*(column[first:last] for column in inputs), *batch.params, one)
            one[: strategy.warmup] = 0
        return out.astype(np.float64)

    def room(self) -> Flow:
        """Empty arrays for one account."""
        return Flow(*np.empty((5, len(self.clock))))

    def play(self, signal: Floats, flow: Flow) -> Flow:
        """Trade a signal into the arrays of an account."""
        trade(self.tape, signal, self.delay, flow)
        return flow


def _weighted(engine: VectorizedEngine, course: Course) -> VectorizedEngine:
    """Equal parts of all symbols, where some have no bar in a part."""
    symbols = course.bars["symbol"].unique()
    return replace(engine, weights=dict.fromkeys(symbols, 1.0 / len(symbols)))


def _bars(times: pl.Series, clock: pl.Series) -> Ints:
    found = np.searchsorted(clock.to_physical().to_numpy(), times.to_physical().to_numpy())
    return found.astype(np.int64)


def _floats(column: pl.Series) -> Floats:
    return np.ascontiguousarray(column.cast(pl.Float64()).to_numpy(), dtype=np.float64)
