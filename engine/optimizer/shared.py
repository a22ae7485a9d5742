"""Indicators that several trials need are computed once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final

import numpy as np
import polars as pl

from engine.execution.records import Floats
from engine.per_symbol import asked_of, is_alone, plain
from engine.strategy import StrategyBase

# A panic of Polars is no Exception, and only one set's own trouble.
TROUBLE: Final = (Exception, pl.exceptions.PanicException)
MOST_KEYS: Final = 10_000
MOST_BYTES: Final = 256_000_000


class SharedIndicators:
    """Columns of bars by the expression that makes them; the least used one goes when it is full.

    Two threads that ask for the same column at once wait for one computation.
    """

    def __init__(self, bars: pl.DataFrame, most_bytes: int = MOST_BYTES) -> None:
        self._bars = bars
        self._alone = is_alone(bars)
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
        return [self.floats(expression) for expression in inputs_of(strategy, names)]

    def prepare(self, expressions: Iterable[pl.Expr]) -> None:
        """Compute those that are not known in one go, for ``floats``.

        That is cheaper than one by one; if one of them fails, each is computed when it is needed.
        """
        wanted = {("floats", self._key(one)): one for one in expressions}
        with self._lock:
            new = {key: one for key, one in wanted.items() if key not in self._known}
            futures = {key: self._promise(key) for key in new}
        if not new:
            return
        try:
            columns = self._compute([_filled(one) for one in map(self._plain, new.values())])
        except TROUBLE:
            for key, one in new.items():
                self._fill(key, futures[key], one)
            return
        except BaseException as error:
            for key, future in futures.items():
                self._drop(key, future, error)
            raise
        for future, column in zip(futures.values(), columns, strict=True):
            future.set_result(_floats(column))

    def signals(self, strategy: StrategyBase) -> pl.DataFrame:
        """Bars with the indicators, the loops and the signal of a strategy."""
        with asked_of(one_symbol=self._alone):
            lazy = strategy.signals(self._features(strategy))
        # Not streamed, as bars in hand never are: see StrategyBase.
        return lazy.collect(engine="in-memory")

    def _features(self, strategy: StrategyBase) -> pl.LazyFrame:
        """Bars with the indicators."""
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
                future = self._promise(key)
            else:
                self._known.move_to_end(key)
        if mine:
            self._fill(key, future, expression)
        return future.result()

    def _promise(self, key: tuple[str, bytes]) -> Future[Any]:
        """A column that will be; the lock is held."""
        future: Future[Any] = Future()
        self._known[key] = future
        self.computed += 1
        while len(self._known) > self._room:
            self._known.popitem(last=False)
        return future

    def _fill(self, key: tuple[str, bytes], future: Future[Any], expression: pl.Expr) -> None:
        try:
            own = self._plain(expression)
            column = self._compute([own if key[0] == "column" else _filled(own)])[0]
            future.set_result(column if key[0] == "column" else _floats(column))
        except BaseException as error:
            self._drop(key, future, error)

    def _drop(self, key: tuple[str, bytes], future: Future[Any], error: BaseException) -> None:
        with self._lock:
            self._known.pop(key, None)
        future.set_exception(error)

    def _compute(self, expressions: Sequence[pl.Expr]) -> list[pl.Series]:
        """Columns as long as the bars."""
        names = [f"column {place}" for place in range(len(expressions))]
        told = [one.alias(name) for one, name in zip(expressions, names, strict=True)]
        made = self._bars.with_columns(told)
        return [made[name].rechunk() for name in names]

    def _plain(self, expression: pl.Expr) -> pl.Expr:
        with asked_of(one_symbol=self._alone):
            return plain(expression)


def inputs_of(strategy: StrategyBase, names: tuple[str, ...]) -> list[pl.Expr]:
    """Columns of bars or indicators, as expressions."""
    made = strategy.indicators()
    return [made[name] if name in made else pl.col(name) for name in names]


def _filled(expression: pl.Expr) -> pl.Expr:
    """As float64, NaN where there is none."""
    return expression.cast(pl.Float64()).fill_null(float("nan"))


def _floats(column: pl.Series) -> Floats:
    """Always read only, for a kernel is compiled anew for arrays that may be written to."""
    array = np.ascontiguousarray(column.to_numpy())
    array.flags.writeable = False
    return array


__all__ = ["SharedIndicators", "inputs_of"]
