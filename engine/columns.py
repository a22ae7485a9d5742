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
    return pl.Series(held(values, known, missing))


def held(values: Floats, known: pa.Buffer | None = None, missing: int = 0) -> pa.Array:
    """The same as an array of Arrow, of which fields of structs are made."""
    buffers = [known, pa.py_buffer(values)]
    return pa.Array.from_buffers(FLOAT, len(values), buffers, null_count=missing)
