"""Parquet files of bars as lazy frames: opened, cut to a span, put in time.

What a query adds (filters, columns) reaches the scan of the files itself.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from engine.schema import TIME
from engine.store.file_digests import Mark, mark_of

# A month of one symbol is one row group of some 300,000 values; left alone, polars has one thread
# read those of less than many millions. What the environment says already is left as it is.
os.environ.setdefault("POLARS_PARQUET_DECODE_TARGET_VALUES_PER_THREAD", str(1 << 16))

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# A file that was written so short a while ago may be written again without a change of its mark.
SETTLED_NS: Final = 2_000_000_000
Span = tuple[datetime, datetime]
Types = Mapping[str, pl.DataType]


def scan(
    files: Sequence[str],
    hive: pl.Schema,
    options: Mapping[str, str] | None = None,
    *,
    paths: str | None = None,
) -> pl.LazyFrame:
    """Files as they are, and what their folders say; ``paths`` names a column of files.

    ``options`` are those of a bucket, None on disk.
    """
    return pl.scan_parquet(
        list(files),
        hive_partitioning=True,
        hive_schema=hive,
        glob=False,
        extra_columns="ignore",
        include_file_paths=paths,
        storage_options=None if options is None else dict(options),
    )


def kept_scan(files: Sequence[str], hive: pl.Schema) -> pl.LazyFrame:
    """The same of files on disk; a scan knows footers, and is kept as long as no file changes."""
    marks = tuple(_mark(file) for file in files)
    return scan(files, hive) if None in marks else _scan(tuple(files), marks, tuple(hive.items()))


def schema_of(file: str) -> pl.Schema:
    """The columns of a file on disk; read again only where it has changed."""
    mark = _mark(file)
    return _read_schema(file) if mark is None else _schema(file, mark)


def within(rows: pl.LazyFrame, stored: pl.DataType, span: Span) -> pl.LazyFrame:
    """The rows of a span, its end exclusive: on the stored type, so that statistics rule out rows.

    An instant between two units is the next one.
    """
    assert isinstance(stored, pl.Datetime)
    start, end = ((moment - EPOCH) // timedelta(microseconds=1) for moment in span)
    if stored.time_unit == "ns":
        start, end = start * 1_000, end * 1_000
    elif stored.time_unit == "ms":
        start, end = -(-start // 1_000), -(-end // 1_000)
    # Polars makes a literal of a datetime too, but by a query of its own.
    first, after = (pl.lit(count).cast(stored) for count in (start, end))
    return rows.filter(pl.col("timestamp").is_between(first, after, closed="left"))


def typed(rows: pl.LazyFrame, stored: Types, wanted: Types, *more: str) -> pl.LazyFrame:
    """The columns that are wanted, in their types; ``more`` come along as they are."""
    if all(stored[name] == dtype for name, dtype in wanted.items()):
        return rows.select(*wanted, *more)
    columns = [_cast(name, stored[name], dtype) for name, dtype in wanted.items()]
    return rows.select(*columns, *more)


def in_time(bars: pl.LazyFrame, types: Types, span: Span | None) -> pl.LazyFrame:
    """The bars of one symbol sorted by time and, where a span is given, cut to it.

    Files mostly are in time and hold what their folders say: to look is cheaper than to sort and
    to filter. The merge with no bars at all is there for what a query adds: it asks for the time
    whatever columns are taken, and the first bars are the first in time, not the first in files.
    """
    looked_at = bars.map_batches(
        InTime(span),
        predicate_pushdown=True,
        projection_pushdown=True,
        validate_output_schema=False,
    )
    return looked_at.merge_sorted(_no_bars(*types.items()), "timestamp", maintain_order=True)


@dataclass(frozen=True, slots=True)
class InTime:
    """Bars of one symbol sorted by time, those outside of ``span`` left out, if there are any."""

    span: Span | None

    def __call__(self, bars: pl.DataFrame) -> pl.DataFrame:
        """As they are, if they are like that."""
        times = bars.get_column("timestamp")
        if not times.is_sorted():
            bars = bars.sort("timestamp", maintain_order=True)
            times = bars.get_column("timestamp")
        if self.span is None or not bars.height or _holds(self.span, times):
            return bars
        return bars.filter(pl.col("timestamp").is_between(*self.span, closed="left"))


def _holds(span: Span, times: pl.Series) -> bool:
    """Whether sorted times, of which those that are missing come first, all lie in a span."""
    first = times.item(0)
    return first is not None and span[0] <= first and times.item(-1) < span[1]


def _cast(name: str, stored: pl.DataType, wanted: pl.DataType) -> pl.Expr:
    """A column in its type; times are told in UTC, and without a zone are of it."""
    column = pl.col(name)
    if stored == wanted:
        return column
    if isinstance(stored, pl.Datetime) and wanted == TIME:
        own = column.dt
        known = own.replace_time_zone if stored.time_zone is None else own.convert_time_zone
        return known("UTC").cast(wanted)
    return column.cast(wanted)


def _mark(file: str) -> Mark | None:
    """What changes with a file's content; None for one that may be written just now.

    A file that is not there has none: to read it tells so.
    """
    try:
        seen = os.stat(file)  # noqa: PTH116 - a path takes longer to make than to ask
    except OSError:
        return None
    if time.time_ns() - seen.st_mtime_ns < SETTLED_NS:
        return None
    return mark_of(seen)


@functools.lru_cache(maxsize=256)
def _scan(
    files: tuple[str, ...],
    _marks: tuple[Mark | None, ...],
    hive: tuple[tuple[str, pl.DataType], ...],
) -> pl.LazyFrame:
    return scan(files, pl.Schema(hive))


@functools.lru_cache(maxsize=1 << 14)
def _schema(file: str, _mark: Mark) -> pl.Schema:
    return _read_schema(file)


def _read_schema(file: str) -> pl.Schema:
    return pl.Schema(pl.read_parquet_schema(file))


@functools.lru_cache(maxsize=32)
def _no_bars(*columns: tuple[str, pl.DataType]) -> pl.LazyFrame:
    return pl.LazyFrame(schema=dict(columns))
