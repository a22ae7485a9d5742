"""A strategy: indicators as expressions, memory as compiled loops, and a signal per bar.

The signal of a bar uses that bar's close and what came before, per symbol; when it is traded is the
engine's business. ``check_lookahead`` proves it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, overload

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.errors import StrategyError
from engine.per_symbol import (
    asked_of,
    in_order,
    is_alone,
    per_symbol,
    plain,
    symbol_by_symbol,
)

Floats32 = NDArray[np.float32]
TOGETHER: Final = 16
"""Sets that a compiled signal makes at once, where it can."""
KEYS = ("timestamp", "symbol")


@dataclass(frozen=True, slots=True)
class Loop:
    """A column that remembers: ``kernel(*inputs, *params, out)`` writes it for one symbol.

    Inputs are float32 arrays of the named columns, in time; what is null arrives as ``fill`` (NaN
    unless told). The kernel is compiled (``numba.njit(cache=True)``) or plain Python.
    """

    kernel: Callable[..., None]
    inputs: tuple[str, ...]
    params: tuple[float, ...] = ()
    fill: float = float("nan")


@dataclass(frozen=True, slots=True)
class Batch:
    """A compiled signal, for searches: ``kernel(*inputs, *params, out)`` writes -1, 0 or 1.

    Inputs are float64 arrays of the named columns of one symbol, in time (bars or ``indicators``,
    NaN where there is none); ``out`` is int8 and must be written at every bar. It must give the
    signal that ``signal`` gives; bars before ``warmup`` are zeroed afterwards. Compile it with
    ``numba.njit(cache=True, nogil=True)``, so that threads share it. Inputs are read only.

    ``together(*inputs, *params, out)``, where there is one, makes ``TOGETHER`` signals at once:
    each input is a tuple of so many arrays, each parameter an array of so many numbers, ``out`` has
    a row for each and may have more columns than there are bars. A signal that looks at its inputs
    bar by bar can go through them piece by piece, so that sets that share an input find it near.
    """

    kernel: Callable[..., None]
    inputs: tuple[str, ...]
    params: tuple[float, ...] = ()
    together: Callable[..., None] | None = None


class StrategyBase(ABC):
    """What a strategy says of itself, and the one way from bars to signals.

    ``warmup`` is how many bars of a symbol must pass before its first signal; until then it is 0.
    ``one_by_one`` says that nothing looks from one symbol at another, so that each may be played
    without the others, which is faster.
    """

    name: ClassVar[str]
    version: ClassVar[str] = "1"
    one_by_one: ClassVar[bool] = False
    warmup: int = 0

    def indicators(self) -> Mapping[str, pl.Expr]:
        """Columns made of bars alone, by name; a search computes each distinct one only once."""
        return {}

    def add_indicators(self, lf: pl.LazyFrame) -> pl.LazyFrame:
        """Add columns made of expressions; windows and shifts need ``.over("symbol")``.

        Those of ``indicators`` unless it is told otherwise. ``per_symbol(expression)`` is the same
        window, and none where the bars have one symbol.
        """
        return lf.with_columns(**{name: plain(one) for name, one in self.indicators().items()})

    @abstractmethod
    def signal(self) -> pl.Expr:
        """The wanted exposure at each bar's close: -1 short, 0 flat, 1 long, or between."""

    def batch_kernel(self) -> Batch | None:
        """The same signal as compiled code, if there is any."""
        return None

    def loops(self) -> Mapping[str, Loop]:
        """Columns that need memory, by name; each may use those before it."""
        return {}

    def apply_numba_logic(
        self, lf: pl.LazyFrame, col_inputs: Mapping[str, Loop] | None = None
    ) -> pl.LazyFrame:
        """Add the columns of compiled loops, one symbol at a time."""
        for name, loop in (self.loops() if col_inputs is None else col_inputs).items():
            have = lf.collect_schema().names()
            lacking = [column for column in loop.inputs if column not in have]
            if lacking:
                raise StrategyError(f"{self.name}: loop {name!r} asks for {lacking}; have {have}")
            lf = lf.with_columns(per_symbol(run_loop(loop)).alias(name))
        return lf

    @overload
    def run(self, bars: pl.LazyFrame, *, debug: bool = False) -> pl.LazyFrame: ...

    @overload
    def run(self, bars: pl.DataFrame, *, debug: bool = False) -> pl.DataFrame: ...

    def run(
        self, bars: pl.LazyFrame | pl.DataFrame, *, debug: bool = False
    ) -> pl.LazyFrame | pl.DataFrame:
        """Timestamp, symbol and signal of every bar; in ``debug`` all columns on the way there.

        Bars are sorted by time within each symbol. A signal that is missing is 0. Bars in a
        DataFrame are played at once, those of one symbol in a fraction of the time.
        """
        if isinstance(bars, pl.LazyFrame):
            signals = self.signals(self.add_indicators(bars))
            return signals if debug else signals.select(*KEYS, "signal")
        if is_alone(bars):
            return self._played(bars, debug=debug, one_symbol=True)
        parts = symbol_by_symbol(bars) if self.one_by_one else [bars]
        if len(parts) == 1:
            return self._played(in_order(bars), debug=debug, one_symbol=False)
        return pl.concat(self._played(part, debug=debug, one_symbol=True) for part in parts)

    def _played(self, bars: pl.DataFrame, *, debug: bool, one_symbol: bool) -> pl.DataFrame:
        with asked_of(one_symbol=one_symbol):
            lazy = self.run(bars.lazy(), debug=debug)
        # Not streamed: that rounds the means of windows differently without ``.over``.
        return lazy.collect(engine="in-memory")

    def signals(self, features: pl.LazyFrame) -> pl.LazyFrame:
        """The last steps: loops and signal, added to bars that have the indicators."""
        features = self.apply_numba_logic(features)
        wanted = self.signal().cast(pl.Float64())
        warm = per_symbol(pl.int_range(pl.len())) >= self.warmup
        # What is missing is not known not to be NaN, so it is 0 too.
        told = pl.when(warm & wanted.is_not_nan()).then(wanted).otherwise(0.0)
        return features.with_columns(told.alias("signal"))


def run_loop(loop: Loop) -> pl.Expr:
    """The column a loop writes, as an expression over the rows of one symbol."""

    # Polars also tells the type it was told, and asks twice if that fails.
    def play(columns: Sequence[pl.Series], **_told: Any) -> pl.Series:
        arrays = [np.ascontiguousarray(column.to_numpy(), dtype=np.float32) for column in columns]
        out: Floats32 = np.full(len(arrays[0]), np.nan, dtype=np.float32)
        loop.kernel(*arrays, *loop.params, out)
        return pl.Series(out)

    given = [pl.col(name).cast(pl.Float32()).fill_null(loop.fill) for name in loop.inputs]
    return pl.map_batches(given, play, return_dtype=pl.Float32(), returns_scalar=False)


def combine(
    *signals: pl.Expr,
    how: Literal["vote", "agree", "mean"] = "vote",
    weights: Sequence[float] | None = None,
) -> pl.Expr:
    """Several opinions as one: the side of the majority, the side of all, or a mean.

    ``vote`` is the sign of the weighted sum, ``agree`` the common side or 0, ``mean`` the weighted
    mean, which is continuous. A missing opinion is 0.
    """
    if not signals or (weights is not None and len(weights) != len(signals)):
        raise StrategyError(f"combine: {len(signals)} signals with weights {weights}")
    shares = [1.0] * len(signals) if weights is None else list(weights)
    heard = [signal.cast(pl.Float64()).fill_nan(None).fill_null(0.0) for signal in signals]
    if how == "agree":
        sides = [signal.sign() for signal in heard]
        same = pl.all_horizontal(side == sides[0] for side in sides)
        return pl.when(same).then(sides[0]).otherwise(0.0)
    total = pl.sum_horizontal(one * share for one, share in zip(heard, shares, strict=True))
    if how == "vote":
        return total.sign()
    if how == "mean":
        return total / sum(map(abs, shares))
    raise StrategyError(f"combine: how is {how!r}; it is vote, agree or mean")


def parameters(strategy: StrategyBase) -> dict[str, Any]:
    """The public settings of a strategy, by name: what identifies a run of it."""
    return {name: value for name, value in vars(strategy).items() if not name.startswith("_")}
