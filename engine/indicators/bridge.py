"""From expressions into compiled loops and back, without copying a number.

Polars hands over its own memory, the loop writes into an array that Polars then owns, and what is
missing is told by a bitmap that costs nothing where only the warm-up is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from engine.indicators.indicator import Source, values

Floats = NDArray[np.float64]
Kernel = Callable[..., int]
"""``kernel(*inputs, *params, out)`` writes the rows of ``out``, NaN where there is no value, and
says how many bars have none."""


def line(kernel: Kernel, inputs: Sequence[Source], *params: float) -> pl.Expr:
    """The one column a loop writes, over the rows of one symbol."""

    def play(columns: Sequence[pl.Series]) -> pl.Series:
        arrays = [_array(column) for column in columns]
        out = np.empty((1, len(arrays[0])))
        missing = kernel(*arrays, *params, out)
        return _series(out[0], missing)

    return _through(play, inputs, pl.Float64())


def lines(
    kernel: Kernel, inputs: Sequence[Source], *params: float, names: Sequence[str]
) -> pl.Expr:
    """Several columns of one loop, as the fields of a struct; a bar has all of them or none."""

    def play(columns: Sequence[pl.Series]) -> pl.Series:
        arrays = [_array(column) for column in columns]
        out = np.empty((len(names), len(arrays[0])))
        missing = kernel(*arrays, *params, out)
        fields = [_series(row, missing).alias(name) for name, row in zip(names, out, strict=True)]
        return pl.DataFrame(fields).to_struct()

    return _through(play, inputs, pl.Struct(dict.fromkeys(names, pl.Float64())))


def _through(
    play: Callable[[Sequence[pl.Series]], pl.Series], inputs: Sequence[Source], dtype: Any
) -> pl.Expr:
    return pl.map_batches(
        [values(source) for source in inputs], play, return_dtype=dtype, returns_scalar=False
    )


def _array(column: pl.Series) -> Floats:
    """The numbers of a column, NaN where null; always read-only: a loop is compiled once."""
    array: Floats = column.to_numpy()
    array.setflags(write=False)
    return array


def _series(out: Floats, missing: int) -> pl.Series:
    """A column of the memory of an array."""
    buffers = [None if missing == 0 else pa.py_buffer(_known(out, missing)), pa.py_buffer(out)]
    held = pa.Array.from_buffers(pa.float64(), len(out), buffers, null_count=missing)
    return pl.Series(held)


def _known(out: Floats, missing: int) -> NDArray[np.uint8]:
    """One bit per bar, the lowest first: whether it has a value."""
    if not np.isnan(out[:missing]).all():
        return np.packbits(~np.isnan(out), bitorder="little")
    bits = np.full((len(out) + 7) // 8, 255, dtype=np.uint8)
    bits[: missing // 8] = 0
    if missing % 8:
        bits[missing // 8] = (0xFF << (missing % 8)) & 0xFF
    return bits
