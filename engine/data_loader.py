"""Partitioned Parquet -> one lazy frame of bars, read only as far as a query asks.

Times leave as UTC milliseconds, prices as Float32 (Float64 for execution), rows sorted by symbol
and time. What is wrong with a dataset is an error that names file, partition or column.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from typing import Final, Literal

import polars as pl

from engine.errors import BarsError, DataMissing, InputError, SchemaDrift
from engine.partitions import Partition, covers, layout, months, partitions, symbols_of
from engine.resample import resample_data
from engine.scans import in_time, kept_scan, scan, schema_of, typed, within
from engine.schema import BARS, TIME
from engine.store.digest import json_digest
from engine.store.folders import root_of

Instant = date | datetime
REQUESTS: Final = 16
FLOATS: Final = {"float32": pl.Float32(), "float64": pl.Float64()}
KEYS: Final = ("timestamp", "symbol")
VALUES: Final = tuple(name for name in BARS if name not in KEYS)


@dataclass(frozen=True, slots=True)
class DataSpec:
    """Which bars: a dataset, a span of time (end exclusive), symbols, columns and precision.

    ``source_path`` is a folder or ``s3://bucket/path``; ``storage_options`` are those of polars
    (``aws_access_key_id``, ``aws_region``, ``aws_endpoint_url``, ...), else the environment has
    them. A date is its midnight in UTC; an instant needs a zone. Timestamp and symbol always come
    along. Every month of ``date_range`` must have a partition for each symbol, unless ``partial``.
    """

    source_path: Path | str
    date_range: tuple[Instant, Instant] | None = None
    symbols: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None
    precision: Literal["float32", "float64"] = "float32"
    partial: bool = False
    storage_options: Mapping[str, str] | None = None
    span: tuple[datetime, datetime] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if "://" not in str(self.source_path):
            object.__setattr__(self, "source_path", Path(self.source_path))
        for name in ("symbols", "columns"):
            given = getattr(self, name)
            if isinstance(given, str) or given == ():
                raise InputError(f"{name} is {given!r}; give a tuple of names, or None for all")
            object.__setattr__(self, name, None if given is None else tuple(given))
        if self.precision not in FLOATS:
            raise InputError(f"precision is {self.precision!r}; it is one of {list(FLOATS)}")
        if self.date_range is not None:
            start, end = map(_instant, self.date_range)
            if start >= end:
                raise InputError(f"date_range ends at {end}, not after its start {start}")
            object.__setattr__(self, "span", (start, end))


class ParquetLoader:
    """Reads datasets laid out as ``symbol=.../year=.../month=...[/day=...]/*.parquet``."""

    def load_dataset(
        self,
        source_path: Path | str,
        date_range: tuple[Instant, Instant] | None,
        symbols: tuple[str, ...] | None = None,
        columns: tuple[str, ...] | None = None,
    ) -> pl.LazyFrame:
        """Bars of a span of time as a lazy frame; nothing but file footers is read yet."""
        return self.load(DataSpec(source_path, date_range, symbols, columns))

    def load(self, spec: DataSpec) -> pl.LazyFrame:
        """The bars of a spec; filters and columns reach the scan itself.

        Raises DataMissing for a symbol or month without files and SchemaDrift for a file whose
        columns are not those of the first.
        """
        found = select(spec)
        groups = (list(group) for _, group in groupby(found, key=lambda one: one.symbol))
        own = {group[0].files[0]: group for group in groups}
        scans = {first: _open(spec, group) for first, group in own.items()}
        stored = check_schemas(spec, found, scans)
        bars = [_load(spec, scans[first], stored, group) for first, group in own.items()]
        return pl.concat(bars) if len(bars) > 1 else bars[0]

    def verify(self, spec: DataSpec, *, step: str | None = None) -> None:
        """Read the bars once and raise BarsError for the first one that cannot be.

        A time that occurs twice, a price that is infinite and, if ``step`` says how far bars are
        apart (``"1m"``), a hole between two bars of a day. Names symbol, time and file.
        """
        found = select(spec)
        stored = check_schemas(spec, found)
        rows = _cut(spec, _open(spec, found, paths="file"), stored)
        bars = typed(rows, stored, _types(spec, stored), "file")
        values = [name for name in _columns(spec) if name not in KEYS]
        own = bars.sort("symbol", "timestamp", maintain_order=True).with_columns(
            pl.col("timestamp").shift().over("symbol").alias("before")
        )
        since = pl.col("timestamp") - pl.col("before")
        tests = {
            "occurs twice for this symbol": since == pl.duration(),
            **{f"has an infinite {name}": pl.col(name).is_infinite() for name in values},
        }
        if step is not None:
            late = pl.col("timestamp") > pl.col("before").dt.offset_by(step)
            same_day = pl.col("timestamp").dt.date() == pl.col("before").dt.date()
            tests[f"comes more than {step} after the bar before it"] = late & same_day
        for text, test in tests.items():
            broken = own.filter(test).head(1).collect()
            if broken.height:
                row = broken.row(0, named=True)
                raise BarsError(f"{row['file']}: {row['symbol']} at {row['timestamp']} {text}")


def select(spec: DataSpec) -> list[Partition]:
    """The partitions a spec asks for; a symbol or month that has none is an error."""
    start, end = spec.span or (None, None)
    source, root = spec.source_path, root_of(spec.source_path, spec.storage_options)
    found = []
    for symbol in spec.symbols or symbols_of(root, source):
        own = list(partitions(root, source, symbol, start, end))
        have = {partition.month for partition in own}
        wanted = [] if spec.span is None or spec.partial else months(*spec.span)
        for month in wanted:
            if month not in have:
                raise DataMissing(
                    f"{spec.source_path} has no file in "
                    f"symbol={symbol}/year={month.year}/month={month.month:02}; "
                    "mend the dataset, shorten date_range or load it with partial=True"
                )
        found += own
    if not found:
        raise DataMissing(f"{spec.source_path} has no file for {spec.symbols} in {spec.date_range}")
    return found


def check_schemas(
    spec: DataSpec, found: list[Partition], scans: Mapping[str, pl.LazyFrame] | None = None
) -> pl.Schema:
    """Every file has the columns asked for, typed as in the first file.

    ``scans``: by file, a scan that begins with it and so needs not read its footer again. What
    comes back is the schema of the first file, and of its folders.
    """
    first, seen, hive = None, pl.Schema(), layout(found[0])
    wanted = [name for name in _columns(spec) if name not in hive]
    for file, schema in _footers(spec, found, scans or {}).items():
        lacking = [name for name in wanted if name not in schema]
        if lacking:
            raise SchemaDrift(f"{file}: column {lacking[0]!r} is missing; it has {list(schema)}")
        if first is None:
            first, seen = file, schema
            _check_types(file, schema, wanted)
            continue
        for name in wanted:
            if schema[name] != seen[name]:
                raise SchemaDrift(
                    f"{file}: column {name!r} is {schema[name]}, but {seen[name]} in {first}"
                )
    return pl.Schema({**seen, **hive})


def data_version(spec: DataSpec) -> str:
    """A digest of what a spec loads: the bytes of its files, its span, columns and precision.

    Files are hashed once; a file whose size and time of change are as they were is not read again.
    """
    files = [file for partition in select(spec) for file in partition.files]
    return json_digest(
        {
            "files": root_of(spec.source_path, spec.storage_options).digests(files),
            "span": [moment.isoformat() for moment in spec.span or ()],
            "columns": list(_columns(spec)),
            "precision": spec.precision,
        }
    )


def _columns(spec: DataSpec) -> tuple[str, ...]:
    chosen = VALUES if spec.columns is None else spec.columns
    return (*KEYS, *(name for name in chosen if name not in KEYS))


def _instant(moment: Instant) -> datetime:
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    if moment.tzinfo is None:
        raise InputError(f"date_range: {moment} has no time zone; write it with tzinfo=UTC")
    return moment.astimezone(UTC)


def _footers(
    spec: DataSpec, found: list[Partition], scans: Mapping[str, pl.LazyFrame]
) -> dict[str, pl.Schema]:
    """The schema of every file; those of a bucket are asked for side by side."""
    files = [file for partition in found for file in partition.files]
    if _options(spec) is None:
        return {file: _footer(file, spec, scans) for file in files}
    with ThreadPoolExecutor(REQUESTS) as pool:
        asked = pool.map(lambda file: _footer(file, spec, scans), files)
        return dict(zip(files, asked, strict=True))


def _footer(file: str, spec: DataSpec, scans: Mapping[str, pl.LazyFrame]) -> pl.Schema:
    try:
        if file in scans:
            return scans[file].collect_schema()
        if _options(spec) is None:
            return schema_of(file)
        return pl.scan_parquet(file, storage_options=_options(spec)).collect_schema()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SchemaDrift(f"{file} is no Parquet file: {error}") from error


def _options(spec: DataSpec) -> dict[str, str] | None:
    """What polars needs to read from a bucket; None on disk."""
    if not isinstance(spec.source_path, str):
        return None
    return dict(spec.storage_options or {})


def _check_types(file: str, schema: pl.Schema, wanted: list[str]) -> None:
    if not isinstance(schema["timestamp"], pl.Datetime):
        raise SchemaDrift(f"{file}: column 'timestamp' is {schema['timestamp']}, not a time")
    for name in wanted:
        if name in VALUES and not schema[name].is_numeric():
            raise SchemaDrift(f"{file}: column {name!r} is {schema[name]}, not a number")


def _open(spec: DataSpec, found: list[Partition], *, paths: str | None = None) -> pl.LazyFrame:
    """Files as they are, and what their folders say."""
    files = [file for partition in found for file in partition.files]
    options, hive = _options(spec), layout(found[0])
    if options is None and paths is None:
        return kept_scan(files, hive)
    return scan(files, hive, options, paths=paths)


def _load(
    spec: DataSpec, rows: pl.LazyFrame, stored: pl.Schema, found: list[Partition]
) -> pl.LazyFrame:
    """The bars of one symbol; of months that lie in the span as a whole, no row is filtered."""
    whole = spec.span is not None and all(covers(spec.span, one.month) for one in found)
    types = _types(spec, stored)
    bars = typed(rows if whole else _cut(spec, rows, stored), stored, types)
    return in_time(bars, types, spec.span if whole else None)


def _cut(spec: DataSpec, rows: pl.LazyFrame, stored: pl.Schema) -> pl.LazyFrame:
    return rows if spec.span is None else within(rows, stored["timestamp"], spec.span)


def _types(spec: DataSpec, stored: pl.Schema) -> dict[str, pl.DataType]:
    """The columns a spec asks for, and as what they leave."""
    known = {"timestamp": TIME, **dict.fromkeys(VALUES, FLOATS[spec.precision])}
    return {name: known.get(name) or stored[name] for name in _columns(spec)}


__all__ = [
    "DataSpec",
    "ParquetLoader",
    "check_schemas",
    "data_version",
    "resample_data",
    "select",
]
