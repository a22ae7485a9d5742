"""From expressions into compiled loops and back, without copying a number.

Polars hands over its own memory, the loop writes into an array that Polars then owns, and what is
missing is told by a bitmap that costs nothing where only the warm-up is.
"""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from engine.columns import FLOAT, column_of, struct_of
from engine.indicators.indicator import Source

Floats = NDArray[np.float64]
FLOAT64: Final = np.dtype(np.float64)
# So few numbers are looked at sooner one by one than by all that numpy does before it looks.
SHORT: Final = 64
Kernel = Callable[..., int]
"""``kernel(*inputs, *params, out)`` writes the rows of ``out``, NaN where there is no value, and
says how many bars have none."""


def line(kernel: Kernel, inputs: Sequence[Source], *params: float) -> pl.Expr:
    """The one column a loop writes, over the rows of one symbol."""
    return _through(Bridge(kernel, params), inputs, pl.Float64())


def lines(
    kernel: Kernel, inputs: Sequence[Source], *params: float, names: Sequence[str]
) -> pl.Expr:
    """Several columns of one loop, as the fields of a struct; a bar has all of them or none."""
    fields = pl.Struct(dict.fromkeys(names, pl.Float64()))
    return _through(Bridge(kernel, params, tuple(names)), inputs, fields)


class Bridge:
    """A loop over columns; ``names`` are the fields of the struct it makes, if it makes one.

    ``blank`` is on how many first bars the last run had no value: mostly the warm-up, so the next
    run, or the next symbol, will have none there either.
    """

    def __init__(
        self, kernel: Kernel, params: tuple[float, ...], names: tuple[str, ...] = ()
    ) -> None:
        self.kernel, self.params, self.names = kernel, params, names
        self.rows = len(names) or 1
        self.fields = pa.struct([(name, FLOAT) for name in names]) if names else None
        self.blank = 0

    def __reduce__(self) -> tuple[Any, ...]:
        """By the loop's name: an expression is the same one before its loop is compiled and after.

        Numba's own way writes down what is compiled so far.
        """
        loop = self.kernel.__module__, self.kernel.__name__
        return _bridge_to, (*loop, self.params, self.names)

    def __call__(self, columns: Sequence[pl.Series], **_told: Any) -> pl.Series:
        """Run the loop; Polars also tells the type it was told, and asks twice if that fails."""
        arrays = [_array(column) for column in columns]
        bars, blank = len(arrays[0]), self.blank
        out = np.empty((self.rows, bars))
        # The column is made before its numbers are: a loop over millions leaves nothing of the
        # code that makes it in the processor's caches, and that would take longer than it runs.
        column = self._column(out, _from_on(bars, blank), blank) if blank <= bars else None
        missing = self.kernel(*arrays, *self.params, out)
        first = _all_first(out, missing)
        if column is not None and first and missing == blank:
            return column
        self.blank = missing if first else 0
        known = _from_on(bars, missing) if first else _scattered(out[0])
        return self._column(out, known, missing)

    def _column(self, out: Floats, known: pa.Buffer | None, missing: int) -> pl.Series:
        if self.fields is None:
            return column_of(out[0], known, missing)
        return struct_of(out, self.fields, known, missing)


def _bridge_to(module: str, name: str, params: tuple[float, ...], names: tuple[str, ...]) -> Bridge:
    return Bridge(getattr(importlib.import_module(module), name), params, names)


def _through(play: Bridge, inputs: Sequence[Source], dtype: Any) -> pl.Expr:
    given = [pl.col(source) if isinstance(source, str) else source for source in inputs]
    return pl.map_batches(given, play, return_dtype=dtype, returns_scalar=False)


def _array(column: pl.Series) -> Floats:
    """The numbers of a column, NaN where null; always read-only: a loop is compiled once."""
    array: Floats = column.to_numpy()
    if array.dtype is not FLOAT64:
        array = column.cast(pl.Float64()).to_numpy()
    array.setflags(write=False)
    return array


def _all_first(out: Floats, missing: int) -> bool:
    """Whether the bars without a value are the first ones: all of those are NaN."""
    head = out[0, :missing]
    if missing <= SHORT:
        return all(map(math.isnan, head.tolist()))
    return math.isnan(np.fmax.reduce(head))


def _scattered(out: Floats) -> pa.Buffer:
    """One bit per bar, the lowest first: whether it has a value."""
    return pa.py_buffer(np.packbits(~np.isnan(out), bitorder="little"))


@functools.lru_cache(maxsize=32)
def _from_on(count: int, first: int) -> pa.Buffer | None:
    """The same of bars that all have values from ``first`` on; nobody writes into them."""
    if first == 0:
        return None
    bits = np.full((count + 7) // 8, 255, dtype=np.uint8)
    bits[: first // 8] = 0
    if first % 8:
        bits[first // 8] = (0xFF << (first % 8)) & 0xFF
    return pa.py_buffer(bits)
