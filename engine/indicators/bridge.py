"""From expressions into compiled loops and back, without copying a number.

Polars hands over its own memory, the loop writes into an array that Polars then owns, and what is
missing is told by a bitmap that costs nothing where only the warm-up is.
"""

from __future__ import annotations

import functools
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
        return pl.Series(_held(out[0], missing))

    return _through(play, inputs, pl.Float64())


def lines(
    kernel: Kernel, inputs: Sequence[Source], *params: float, names: Sequence[str]
) -> pl.Expr:
    """Several columns of one loop, as the fields of a struct; a bar has all of them or none."""

    def play(columns: Sequence[pl.Series]) -> pl.Series:
        arrays = [_array(column) for column in columns]
        out = np.empty((len(names), len(arrays[0])))
        missing = kernel(*arrays, *params, out)
        fields = [_held(row, missing) for row in out]
        return pl.Series(pa.StructArray.from_arrays(fields, names))

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


def _held(out: Floats, missing: int) -> pa.Array:
    """A column of the memory of an array."""
    buffers = [_known(out, missing), pa.py_buffer(out)]
    return pa.Array.from_buffers(pa.float64(), len(out), buffers, null_count=missing)


def _known(out: Floats, missing: int) -> pa.Buffer | None:
    """One bit per bar, the lowest first: whether it has a value; nothing if all have."""
    if missing == 0:
        return None
    if np.isnan(out[:missing]).all():
        return _from_on(len(out), missing)
    return pa.py_buffer(np.packbits(~np.isnan(out), bitorder="little"))


@functools.lru_cache(maxsize=32)
def _from_on(count: int, first: int) -> pa.Buffer:
    """Bits of bars that all have values from ``first`` on; nobody writes into them."""
    bits = np.full((count + 7) // 8, 255, dtype=np.uint8)
    bits[: first // 8] = 0
    if first % 8:
        bits[first // 8] = (0xFF << (first % 8)) & 0xFF
    return pa.py_buffer(bits)
