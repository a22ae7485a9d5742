"""Signals of several sets, written where they are scored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from engine.execution.records import Floats
from engine.metrics.segmented import Scratch
from engine.metrics.segments import take_sides
from engine.optimizer.shared import TROUBLE, SharedIndicators, inputs_of
from engine.strategy import TOGETHER, Batch, StrategyBase

# Sets that walk through the bars together share what they read; more need more room.
MOST_SETS: Final = 128
MOST_BARS: Final = 16_000_000


def sets_at_once(bars: int) -> int:
    """How many sets are scored together: fewer where bars are many, for room is taken for all."""
    most = MOST_BARS // max(bars, 1) // TOGETHER * TOGETHER
    return min(MOST_SETS, max(TOGETHER, most))


class Signals:
    """Signals of some strategies, a row of ``scratch`` each."""

    def __init__(
        self, shared: SharedIndicators, scratch: Scratch, strategies: Sequence[StrategyBase]
    ) -> None:
        self.shared, self.scratch, self.strategies = shared, scratch, strategies
        # Of those that could not be written, by place: an error, or None where there are shares.
        self.others: dict[int, BaseException | None] = {}

    def make(self) -> dict[int, BaseException | None]:
        """Write them; those that could not be: an error each, or None for one that has shares."""
        compiled: dict[int, Batch] = {}
        for place, strategy in enumerate(self.strategies):
            try:
                batch = strategy.batch_kernel()
                if batch is not None:
                    compiled[place] = batch
                elif not self._by_polars(place, strategy):
                    self._failed(place, None)
            except TROUBLE as error:
                self._failed(place, error)
        self._by_kernels(compiled)
        return self.others

    def _failed(self, place: int, error: BaseException | None) -> None:
        self.others[place] = error
        self.scratch.signals[place] = 0

    def _by_polars(self, place: int, strategy: StrategyBase) -> bool:
        frame = self.shared.signals(strategy)
        return bool(take_sides(frame["signal"].to_numpy(), self.scratch.signals[place]))

    def _by_kernels(self, compiled: dict[int, Batch]) -> None:
        """Compiled ones, as many of a kind at once as it can take."""
        inputs, count = self._inputs(compiled), len(self.strategies)
        for start in range(0, count, TOGETHER):
            places = range(start, min(start + TOGETHER, count))
            kinds = {compiled[one].together if one in inputs else None for one in places}
            kernel = kinds.pop()
            told = [(compiled[one], inputs[one]) for one in places if one in inputs]
            if kernel is None or kinds or not self._together(kernel, start, told):
                for one in places:
                    if one in inputs:
                        self._alone(one, compiled[one], inputs[one])
        for place in inputs:
            self.scratch.signals[place, : self.strategies[place].warmup] = 0

    def _inputs(self, compiled: dict[int, Batch]) -> dict[int, list[Floats]]:
        """What each is made of, all that is new computed in one go."""
        wanted, inputs = {}, {}
        for place, batch in compiled.items():
            try:
                wanted[place] = inputs_of(self.strategies[place], batch.inputs)
            except TROUBLE as error:
                self._failed(place, error)
        each = {id(one): one for some in wanted.values() for one in some}
        self.shared.prepare(each.values())
        columns: dict[int, Floats] = {}
        for place, expressions in wanted.items():
            try:
                for one in expressions:
                    if id(one) not in columns:
                        columns[id(one)] = self.shared.floats(one)
                inputs[place] = [columns[id(one)] for one in expressions]
            except TROUBLE as error:
                self._failed(place, error)
        return inputs

    def _alone(self, place: int, batch: Batch, inputs: list[Floats]) -> None:
        try:
            batch.kernel(*inputs, *batch.params, self.scratch.signals[place])
        except TROUBLE as error:
            self._failed(place, error)

    def _together(
        self, kernel: Callable[..., None], start: int, told: list[tuple[Batch, list[Floats]]]
    ) -> bool:
        """A kernel takes ``TOGETHER`` sets, so rows that are left are written like the last one.

        False if it fails, for whatever set it was.
        """
        told = [*told, *told[-1:] * (TOGETHER - len(told))]
        inputs = map(tuple, zip(*(columns for _, columns in told), strict=True))
        params = map(np.array, zip(*(batch.params for batch, _ in told), strict=True))
        try:
            kernel(*inputs, *params, self.scratch.room.signals[start : start + TOGETHER])
        except TROUBLE:
            return False
        return True
