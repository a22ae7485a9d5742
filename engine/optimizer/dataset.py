"""Bars to search on: a table, a query, a dataset or Parquet files, collected once."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TypeGuard

import polars as pl

from engine.data_loader import DataSpec, ParquetLoader, data_version
from engine.errors import DataMissing, SearchError
from engine.store.digest import frame_digest, json_digest

Dataset = pl.DataFrame | pl.LazyFrame | DataSpec | Path | str
"""A path or address is Parquet as ``polars.scan_parquet`` reads it, ``s3://`` and globs too."""
Window = tuple[datetime, datetime]
"""A span of time, its end excluded."""


def collect(dataset: Dataset) -> pl.DataFrame:
    """All bars in memory. Raises SearchError if there is none."""
    if isinstance(dataset, pl.DataFrame):
        bars = dataset
    elif isinstance(dataset, pl.LazyFrame):
        bars = dataset.collect()
    elif isinstance(dataset, DataSpec):
        bars = ParquetLoader().load(dataset).collect()
    else:
        bars = _read(dataset)
    if bars.is_empty():
        raise SearchError("the dataset has no bar; widen its date range")
    return bars


def can_be_read_elsewhere(dataset: Dataset) -> TypeGuard[DataSpec | Path | str]:
    """Whether it names files: another machine reads those, everything else must be sent."""
    return isinstance(dataset, DataSpec | Path | str)


def identity(dataset: Dataset, bars: pl.DataFrame) -> str:
    """A digest of the bars, from the files where they are known."""
    if isinstance(dataset, DataSpec):
        return data_version(dataset)
    return frame_digest(bars)


def place_of(dataset: DataSpec | Path | str) -> str:
    """What tells one place to read from another."""
    told = asdict(dataset) if isinstance(dataset, DataSpec) else str(dataset)
    return json_digest(repr(told))


def _read(place: Path | str) -> pl.DataFrame:
    try:
        return pl.scan_parquet(str(place)).collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataMissing(f"{place} cannot be read as Parquet: {error}") from error


__all__ = ["Dataset", "Window", "collect", "identity"]
