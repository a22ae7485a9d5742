"""Content digests: the same values give the same digest, whoever wrote the file.

Parquet bytes depend on the writer and its version; these digests depend on column names, kinds,
missing cells and values to the bit only.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from engine.errors import InputError


def frame_digest(frame: pl.DataFrame) -> str:
    """SHA-256 over the columns in their order: names, kinds, missing cells, values."""
    digest = hashlib.sha256(f"{frame.height}".encode())
    for column in frame.iter_columns():
        kind, values = _content(column)
        digest.update(f"\n{json.dumps(column.name)} {kind}\n".encode())
        digest.update(np.packbits(column.is_null().to_numpy()).tobytes())
        digest.update(values)
    return digest.hexdigest()


def same_bits(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    """Whether two tables have the same digest, found without taking it, which is quicker.

    Floats that polars calls equal are so to the bit but for the sign of zero.
    """
    return (
        one.schema == other.schema
        and one.equals(other)
        and all(
            _negative_zeros(column) == _negative_zeros(other[column.name])
            for column in one.iter_columns()
            if column.dtype.is_float()
        )
    )


def json_digest(value: Any) -> str:
    """SHA-256 over plain data, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 over the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _negative_zeros(column: pl.Series) -> bytes:
    """Which cells are zero with a sign."""
    numbers = column.to_numpy()  # a missing cell becomes NaN
    zeros = (numbers == 0) & np.signbit(numbers)
    return np.flatnonzero(zeros).tobytes() if zeros.any() else b""


def _content(column: pl.Series) -> tuple[str, bytes]:
    """A kind that no library release can rename, and little-endian values with gaps zeroed."""
    dtype = column.dtype
    if isinstance(dtype, pl.String):
        sizes = column.str.len_bytes().fill_null(0).to_numpy().astype("<i8").tobytes()
        return "text", sizes + "".join(column.drop_nulls()).encode()
    if isinstance(dtype, pl.Datetime) and dtype.time_zone == "UTC":
        ticks = column.to_physical().fill_null(0).to_numpy()
        return f"time[{dtype.time_unit}]", ticks.astype("<i8").tobytes()
    if isinstance(dtype, pl.Boolean):
        return "bool", column.fill_null(value=False).to_numpy().astype("u1").tobytes()
    if isinstance(dtype, pl.Null):
        return "null", b""
    if dtype.is_float():
        numbers = column.fill_null(0.0).cast(pl.Float64()).to_numpy()
        # One bit pattern for NaN: writers may keep or lose its payload.
        return "float", np.where(np.isnan(numbers), np.nan, numbers).astype("<f8").tobytes()
    if dtype.is_integer():
        return "int", column.fill_null(0).cast(pl.Int64()).to_numpy().astype("<i8").tobytes()
    raise InputError(f"column {column.name!r} is {dtype}, which has no digest")
