"""Arrays as columns of a frame, without copying a number."""

from __future__ import annotations

from typing import Final

import polars as pl
import pyarrow as pa

from engine.execution.records import Floats

FLOAT: Final = pa.float64()


def column_of(values: Floats, known: pa.Buffer | None = None, missing: int = 0) -> pl.Series:
    """A column that owns an array; nobody may write into that afterwards.

    ``known`` has one bit per row, the lowest first: whether it has a value; ``missing`` rows have
    none.
    """
    buffers = [known, pa.py_buffer(values)]
    return _series(pa.Array.from_buffers(FLOAT, len(values), buffers, null_count=missing))


def struct_of(
    values: Floats, fields: pa.StructType, known: pa.Buffer | None = None, missing: int = 0
) -> pl.Series:
    """The same of an array that has a row for each field of a struct; all lack the same values."""
    whole, length = pa.py_buffer(values), values.shape[1]
    size = length * values.itemsize
    rows = [
        pa.Array.from_buffers(FLOAT, length, [known, whole.slice(row * size, size)], missing)
        for row in range(len(values))
    ]
    return _series(pa.Array.from_buffers(fields, length, [None], 0, children=rows))


def _series(array: pa.Array) -> pl.Series:
    # Its name is told: without one, polars first looks for it in the values.
    return pl.Series("", array)
