"""Indicators that several trials need are computed once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Final

import numpy as np
import polars as pl

from engine.execution.records import Floats
from engine.strategy import StrategyBase

MOST_KEYS: Final = 10_000
MOST_BYTES: Final = 256_000_000


class SharedIndicators:
    """Columns of bars by the expression that makes them; the least used one goes when it is full.

    Two threads that ask for the same column at once wait for one computation.
    """

    def __init__(self, bars: pl.DataFrame, most_bytes: int = MOST_BYTES) -> None:
        self._bars = bars
        self._room = max(4, most_bytes // (8 * max(bars.height, 1)))
        self._known: OrderedDict[Any, Future[Any]] = OrderedDict()
        self._keys: dict[int, tuple[pl.Expr, bytes]] = {}
        self._lock = threading.Lock()
        self.computed = 0

    def column(self, expression: pl.Expr) -> pl.Series:
        """The values of an expression over the bars."""
        found: pl.Series = self._once(("column", self._key(expression)), expression)
        return found

    def floats(self, expression: pl.Expr) -> Floats:
        """The same as float64, NaN where there is none."""
        found: Floats = self._once(("floats", self._key(expression)), expression)
        return found

    def inputs(self, strategy: StrategyBase, names: tuple[str, ...]) -> list[Floats]:
        """Columns of bars or indicators as a compiled signal takes them."""
        made = strategy.indicators()
        return [self.floats(made[name] if name in made else pl.col(name)) for name in names]

    def features(self, strategy: StrategyBase) -> pl.LazyFrame:
        """Bars with the indicators of a strategy."""
        if type(strategy).add_indicators is not StrategyBase.add_indicators:
            return strategy.add_indicators(self._bars.lazy())
        made: Mapping[str, pl.Expr] = strategy.indicators()
        columns = [self.column(expression).alias(name) for name, expression in made.items()]
        return self._bars.with_columns(columns).lazy()

    def _key(self, expression: pl.Expr) -> bytes:
        """What tells an expression from others; of one that comes again it is known."""
        known = self._keys.get(id(expression))
        if known is None:
            if len(self._keys) > MOST_KEYS:
                self._keys.clear()
            known = self._keys[id(expression)] = (expression, expression.meta.serialize())
        return known[1]

    def _once(self, key: tuple[str, bytes], expression: pl.Expr) -> Any:
        with self._lock:
            future = self._known.get(key)
            mine = future is None
            if future is None:
                future = self._known[key] = Future()
                self.computed += 1
                while len(self._known) > self._room:
                    self._known.popitem(last=False)
            else:
                self._known.move_to_end(key)
        if mine:
            self._fill(key, future, expression)
        return future.result()

    def _fill(self, key: tuple[str, bytes], future: Future[Any], expression: pl.Expr) -> None:
        try:
            column = self._bars.select(expression.alias("column"))["column"].rechunk()
            future.set_result(column if key[0] == "column" else _floats(column))
        except BaseException as error:
            with self._lock:
                self._known.pop(key, None)
            future.set_exception(error)


def _floats(column: pl.Series) -> Floats:
    return np.ascontiguousarray(column.cast(pl.Float64()).to_numpy())


__all__ = ["SharedIndicators"]
