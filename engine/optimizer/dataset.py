"""Bars to search on: in memory, or files that every machine can read; collected once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TypeGuard

import polars as pl

from engine.data_loader import DataSpec, ParquetLoader, data_version
from engine.dataset import Dataset as Opened
from engine.dataset import open_dataset
from engine.errors import DataMissing, SearchError
from engine.store.digest import frame_digest, json_digest

Window = tuple[datetime, datetime]
"""A span of time, its end excluded."""


@dataclass(frozen=True, slots=True)
class Files:
    """Bars as ``open_dataset`` reads them, or, where ``source`` is an address, an object store.

    An address (``s3://bucket/bars/*.parquet``) is read as ``polars.scan_parquet`` does, with
    ``storage_options``; its files have the columns of bars.
    """

    source: str
    start: date | datetime | str | None = None
    end: date | datetime | str | None = None
    symbols: tuple[str, ...] | None = None
    timeframe: str | None = None
    storage_options: Mapping[str, str] = field(default_factory=dict)

    def read(self) -> Opened:
        """The bars and which they are."""
        if "://" not in self.source:
            return open_dataset(
                self.source,
                start=self.start,
                end=self.end,
                symbols=self.symbols,
                timeframe=self.timeframe,
            )
        if (self.start, self.end, self.symbols, self.timeframe) != (None, None, None, None):
            raise SearchError(f"{self.source}: from an object store all bars are read, unchanged")
        try:
            bars = pl.scan_parquet(self.source, storage_options=dict(self.storage_options))
            found = bars.collect().sort("symbol", "timestamp")
        except (OSError, pl.exceptions.PolarsError) as error:
            raise DataMissing(f"{self.source} cannot be read as Parquet: {error}") from error
        return Opened(found, "", "")


Dataset = pl.DataFrame | pl.LazyFrame | Opened | DataSpec | Files | Path | str
"""What can be searched on; a path or address is ``Files`` of it."""
Elsewhere = DataSpec | Files


def named(dataset: Dataset) -> Dataset:
    """The same, where a path is the files it names."""
    return Files(str(dataset)) if isinstance(dataset, Path | str) else dataset


def collect(dataset: Dataset) -> pl.DataFrame:
    """All bars in memory. Raises SearchError if there is none."""
    return opened(dataset).bars


def opened(dataset: Dataset) -> Opened:
    """All bars in memory, with the version of their files; of a table it is found when needed."""
    dataset = named(dataset)
    if isinstance(dataset, Files):
        found = dataset.read()
    elif isinstance(dataset, DataSpec):
        bars = ParquetLoader().load(dataset).collect()
        found = Opened(bars, data_version(dataset), "")
    elif isinstance(dataset, pl.LazyFrame):
        found = Opened(dataset.collect(), "", "")
    elif isinstance(dataset, pl.DataFrame):
        found = Opened(dataset, "", "")
    else:
        assert isinstance(dataset, Opened)
        found = dataset
    if found.bars.is_empty():
        raise SearchError("the dataset has no bar; widen its date range")
    return found


def can_be_read_elsewhere(dataset: Dataset) -> TypeGuard[Elsewhere]:
    """Whether it names files: another machine reads those, everything else must be sent."""
    return isinstance(dataset, DataSpec | Files)


def place_of(dataset: Elsewhere) -> str:
    """A digest of what is to be read, to tell one place from another."""
    return json_digest(repr(asdict(dataset)))


def version_of(dataset: Opened) -> str:
    """A digest that names the bars."""
    return dataset.version or frame_digest(dataset.bars)


__all__ = ["Dataset", "Files", "Window", "collect", "opened", "version_of"]
