"""Bars to search on: in memory, or files that every machine can read; collected once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import TypeGuard

import polars as pl

from engine.data_loader import DataSpec, ParquetLoader, data_version
from engine.dataset import Dataset as Opened
from engine.dataset import open_dataset
from engine.errors import SearchError
from engine.store.digest import frame_digest, json_digest

Window = tuple[datetime, datetime]
"""A span of time, its end excluded."""


@dataclass(frozen=True, slots=True)
class Files:
    """Bars as ``open_dataset`` reads them, from a disk or an object store; nothing is read yet."""

    source: str
    start: date | datetime | str | None = None
    end: date | datetime | str | None = None
    symbols: tuple[str, ...] | None = None
    timeframe: str | None = None
    storage_options: Mapping[str, str] | None = None

    def read(self) -> Opened:
        """The bars and which they are."""
        return open_dataset(**{one.name: getattr(self, one.name) for one in fields(self)})


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
