"""The bars of a request: from hive folders (also in a bucket), a Parquet file or a folder of them.

This is what the commands read by ``--data``; a program that has hive folders can use
``ParquetLoader`` itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from engine.data_loader import DataSpec, Instant, ParquetLoader, data_version
from engine.errors import BarsError, DataMissing, InputError, SchemaDrift
from engine.resample import resample_data
from engine.schema import BARS, TIME
from engine.store.digest import frame_digest, json_digest
from engine.store.file_digests import digests_of

PRICES: Final = ("open", "high", "low", "close", "volume")
STEPS: Final = ((1440 * 7, "w"), (1440, "d"), (60, "h"), (1, "m"))
EVER: Final = (datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Dataset:
    """Bars in memory, sorted by symbol and time, prices as Float64; and which bars they are."""

    bars: pl.DataFrame
    version: str
    frequency: str

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that has a bar, sorted."""
        return tuple(self.bars["symbol"].unique().sort())


def open_dataset(
    source: str | Path,
    *,
    start: Instant | str | None = None,
    end: Instant | str | None = None,
    symbols: Sequence[str] | None = None,
    timeframe: str | None = None,
    storage_options: Mapping[str, str] | None = None,
) -> Dataset:
    """Read the bars from ``start`` until before ``end``, of some symbols, as bars of a timeframe.

    ``source`` is a folder of ``symbol=.../year=.../month=...``, a Parquet file, or a folder of
    Parquet files; in a bucket ``s3://bucket/path`` is such a folder and ``s3://bucket/BTC.parquet``
    or ``s3://bucket/bars/*.parquet`` are files (``storage_options`` as polars names them, else the
    environment has them). A file has timestamp, the prices and, unless it is named by its symbol,
    symbol. A date is its midnight in UTC.

    Raises DataMissing for a symbol, month or span without bars, SchemaDrift for a file with other
    columns, BarsError for a bar that cannot be (a time twice, a price that is infinite or not above
    zero).
    """
    path = str(source) if "://" in str(source) else Path(source)
    span = (_moment(start, "from"), _moment(end, "to"))
    if None not in span and span[0] >= span[1]:  # type: ignore[operator]
        raise InputError(f"from is {span[0]}, not before to, {span[1]}")
    wanted = None if symbols is None else tuple(symbols)
    lazy, version = _read(path, span, wanted, storage_options)
    bars = lazy.collect()
    if bars.is_empty():
        raise _no_bars(path, span, _read(path, (None, None), wanted, storage_options)[0])
    check_bars(bars, path)
    version = version or frame_digest(bars)
    if timeframe is None:
        return Dataset(bars, version, frequency_of(bars))
    longer = resample_data(bars.lazy(), timeframe).collect()
    return Dataset(longer, version, timeframe)


def check_bars(bars: pl.DataFrame, where: Path | str) -> None:
    """Every bar of a symbol is later than the one before, and has prices that can be."""
    late = pl.col("timestamp") <= pl.col("timestamp").shift().over("symbol")
    faults = {"does not come after the bar before it": late.fill_null(value=False)}
    for name in ("open", "close"):
        price = pl.col(name)
        broken = price.is_infinite() | (price <= 0)
        faults[f"has {name} {{{name}}}, no price"] = broken.fill_null(value=False)
    found = bars.lazy().select(pl.any_horizontal(faults.values()).any()).collect().item()
    if not found:
        return
    for text, fault in faults.items():
        first = bars.filter(fault).head(1)
        if first.height:
            row = first.row(0, named=True)
            told = text.format_map(row)
            raise BarsError(f"{where}: {row['symbol']} at {row['timestamp']} {told}")


def frequency_of(bars: pl.DataFrame) -> str:
    """How far bars are apart, as a timeframe: the median step, as 1m, 4h or 1d."""
    steps = bars.select(pl.col("timestamp").diff().over("symbol").drop_nulls().median()).item()
    if not isinstance(steps, timedelta) or steps <= timedelta(0):
        return "1d"
    minutes = steps.total_seconds() / 60
    if minutes < 1:
        return f"{round(minutes * 60)}s"
    size, unit = next((size, unit) for size, unit in STEPS if minutes >= size)
    return f"{round(minutes / size)}{unit}"


Span = tuple[datetime | None, datetime | None]


def _read(
    path: Path | str,
    span: Span,
    symbols: tuple[str, ...] | None,
    options: Mapping[str, str] | None,
) -> tuple[pl.LazyFrame, str]:
    """The bars of a span, and their version; of objects it is empty, that of their bars."""
    if isinstance(path, str) and path.endswith(".parquet"):
        return _within(_objects(path, options), path, span, symbols), ""
    if isinstance(path, str) or any(path.glob("symbol=*")):
        return _from_folders(path, span, symbols, options)
    return _from_files(path, span, symbols)


def _from_folders(
    path: Path | str,
    span: Span,
    symbols: tuple[str, ...] | None,
    options: Mapping[str, str] | None,
) -> tuple[pl.LazyFrame, str]:
    given = None
    if span != (None, None):
        given = (span[0] or EVER[0], span[1] or EVER[1])
    # Where one end is open, months need not be there until the end of time.
    spec = DataSpec(path, given, symbols, PRICES, "float64", None in span, options)
    return ParquetLoader().load(spec), data_version(spec)


def _from_files(
    path: Path, span: Span, symbols: tuple[str, ...] | None
) -> tuple[pl.LazyFrame, str]:
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if not files or not all(file.is_file() for file in files):
        raise DataMissing(
            f"{path}: there are no bars; name a Parquet file, a folder of them, or a folder that "
            "holds symbol=.../year=.../month=..."
        )
    if symbols is not None and path.is_dir():
        # A file that is named by a symbol holds that one; others may hold any.
        named = [file for file in files if file.stem in symbols]
        files = named if len(named) == len(symbols) else files
    bars = _within(pl.concat([_file(file) for file in files]), path, span, symbols)
    version = json_digest(
        {
            "files": {file.name: digest for file, digest in digests_of(files).items()},
            "span": [moment.isoformat() if moment else None for moment in span],
            "symbols": None if symbols is None else sorted(symbols),
        }
    )
    return bars, version


def _within(
    bars: pl.LazyFrame, path: Path | str, span: Span, symbols: tuple[str, ...] | None
) -> pl.LazyFrame:
    """The bars of a span and of some symbols, sorted."""
    if symbols is not None:
        bars = bars.filter(pl.col("symbol").is_in(symbols))
        _check_symbols(path, bars, symbols)
    start, end = (None if one is None else pl.lit(one, dtype=TIME) for one in span)
    if start is not None:
        bars = bars.filter(pl.col("timestamp") >= start)
    if end is not None:
        bars = bars.filter(pl.col("timestamp") < end)
    return bars.sort("symbol", "timestamp", maintain_order=True)


def _file(file: Path) -> pl.LazyFrame:
    """One file's bars in our own types; without a symbol column its name is the symbol."""
    try:
        schema = pl.read_parquet_schema(file)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SchemaDrift(f"{file} is no Parquet file: {error}") from error
    return _typed(pl.scan_parquet(file), schema, file, file.stem)


def _objects(address: str, options: Mapping[str, str] | None) -> pl.LazyFrame:
    """The bars of an object, or of all that a pattern names, which must have their symbols."""
    name = address.rpartition("/")[2].removesuffix(".parquet")
    try:
        lazy = pl.scan_parquet(address, storage_options=None if options is None else dict(options))
        schema = lazy.collect_schema()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataMissing(f"{address} cannot be read as Parquet: {error}") from error
    if "symbol" not in schema and "*" in name:
        raise SchemaDrift(f"{address}: column 'symbol' is missing; it has {list(schema)}")
    return _typed(lazy, schema, address, name)


def _typed(
    bars: pl.LazyFrame, schema: Mapping[str, pl.DataType], where: Path | str, name: str
) -> pl.LazyFrame:
    """Bars in our own types; without a symbol column all are of one symbol, the name."""
    lacking = [column for column in BARS if column not in ("symbol", *schema)]
    if lacking:
        raise SchemaDrift(f"{where}: column {lacking[0]!r} is missing; it has {list(schema)}")
    time = schema["timestamp"]
    if not isinstance(time, pl.Datetime | pl.Date):
        raise SchemaDrift(f"{where}: column 'timestamp' is {time}, not a time")
    for price in PRICES:
        if not schema[price].is_numeric():
            raise SchemaDrift(f"{where}: column {price!r} is {schema[price]}, not a number")
    zone = time.time_zone if isinstance(time, pl.Datetime) else None
    clock = pl.col("timestamp").cast(pl.Datetime("ms", zone))
    clock = clock.dt.convert_time_zone("UTC") if zone else clock.dt.replace_time_zone("UTC")
    symbol = pl.col("symbol").cast(pl.String()) if "symbol" in schema else pl.lit(name)
    prices = [pl.col(price).cast(pl.Float64()) for price in PRICES]
    return bars.select(clock, symbol.alias("symbol"), *prices)


def _check_symbols(path: Path | str, bars: pl.LazyFrame, symbols: Sequence[str]) -> None:
    have = bars.select(pl.col("symbol").unique()).collect()["symbol"].to_list()
    lacking = sorted(set(symbols) - set(have))
    if lacking:
        raise DataMissing(f"{path} has no bars of {', '.join(lacking)}")


def _no_bars(path: Path | str, span: Span, whole: pl.LazyFrame) -> DataMissing:
    """Nothing lies in the span; ``whole`` is all that could have been asked for."""
    time = pl.col("timestamp")
    first, last = whole.select(time.min().alias("a"), time.max().alias("b")).collect().row(0)
    asked = " ".join(
        f"{word} {moment:%Y-%m-%d %H:%M}"
        for word, moment in zip(("from", "until"), span, strict=True)
        if moment is not None
    )
    known = (
        "it has none at all"
        if first is None
        else (f"they are from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}")
    )
    return DataMissing(f"{path} has no bars {asked}; {known}")


def _moment(value: Instant | str | None, name: str) -> datetime | None:
    """A time as UTC; a date or a text without a zone is UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise InputError(f"{name} is {value!r}; write it as 2024-01-31") from error
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return None


__all__ = ["Dataset", "check_bars", "frequency_of", "open_dataset"]
