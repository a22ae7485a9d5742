"""Reading the files of a batch: whatever cannot be read is a typed error that names the file."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from engine.errors import BarsMismatch, DuplicateStrategy, FileCorrupt
from engine.execution.records import Floats, Ints
from parity.replicate.layout import CANDIDATES, PARAMS, Batch
from parity.replicate.names import COLUMNS, find_column
from parity.replicate.settings import Settings
from parity.replicate.store import Place

Names = Mapping[str, Mapping[str, str]]


def read_parquet(address: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """A Parquet file, whole or some columns of it; FileCorrupt where that fails."""
    try:
        return pl.read_parquet(address, columns=None if columns is None else list(columns))
    except (pl.exceptions.PolarsError, OSError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileCorrupt(f"{address}: cannot be read as Parquet: {first}") from error


def named_columns(file: str, frame: pl.DataFrame, given: Names) -> dict[str, str]:
    """Our names of the columns that are there, and what the file calls them."""
    found = {name: find_column(file, name, frame.columns, given) for name in COLUMNS[file]}
    return {name: column for name, column in found.items() if column is not None}


def need(address: str, names: Mapping[str, str], wanted: Sequence[str], there: list[str]) -> None:
    """FileCorrupt for columns that a file must have."""
    lacking = [name for name in wanted if name not in names]
    if lacking:
        raise FileCorrupt(
            f"{address}: no column for {', '.join(lacking)}; there are {', '.join(there)}; "
            "name it in replicate.toml under [columns]"
        )


def check_unique(address: str, names: Sequence[str]) -> None:
    """DuplicateStrategy where an id occurs twice."""
    seen: set[str] = set()
    for row, name in enumerate(names):
        if name in seen:
            raise DuplicateStrategy(
                f"{address}: strategy {name!r} occurs twice (again at row {row})"
            )
        seen.add(name)


def ids_of(frame: pl.DataFrame, column: str) -> list[str]:
    """Strategy ids as text: a number and its text are one id."""
    return [str(one) for one in frame[column].to_list()]


def milliseconds(frame: pl.DataFrame, column: str, times: Ints, address: str) -> Ints:
    """A column of times in milliseconds; whole numbers are bar numbers already."""
    series = frame[column]
    if series.dtype.is_integer():
        rows: Ints = series.fill_null(-1).to_numpy()
        outside = np.flatnonzero((rows < 0) | (rows >= len(times)))
        if len(outside):
            row = int(outside[0])
            raise BarsMismatch(f"{address}: row {row}: {column} {rows[row]} is no bar number")
        found: Ints = times[rows]
        return found
    return time_values(series, address)


def time_values(series: pl.Series, address: str) -> Ints:
    """Times of any unit in whole milliseconds of what they show in UTC."""
    if isinstance(series.dtype, pl.Date):
        series = series.cast(pl.Datetime("ms"))
    if not isinstance(series.dtype, pl.Datetime):
        raise FileCorrupt(f"{address}: column {series.name!r} is {series.dtype}, not a time")
    if series.null_count():
        raise FileCorrupt(f"{address}: column {series.name!r} has {series.null_count()} gaps")
    values: Ints = series.dt.cast_time_unit("ms").to_physical().to_numpy()
    return values


def floats(frame: pl.DataFrame, column: str, address: str) -> Floats:
    """A column of numbers; a gap is NaN."""
    try:
        values: Floats = frame[column].cast(pl.Float64()).to_numpy()
    except pl.exceptions.PolarsError as error:
        raise FileCorrupt(f"{address}: column {column!r} is no number: {error}") from error
    return values


def read_params(place: Place, batch: Batch, settings: Settings) -> dict[str, Any]:
    """Per strategy id its row; stops are fractions, NaN where there is none.

    Keys: ``ids`` and an array each for stop_loss, take_profit, trailing_stop.
    """
    address = place.at(f"{batch.name}/{PARAMS}")
    try:
        frame = pl.read_csv(io.BytesIO(place.bytes_of(f"{batch.name}/{PARAMS}")))
    except pl.exceptions.PolarsError as error:
        raise FileCorrupt(f"{address}: cannot be read as CSV: {error}") from error
    names = named_columns("params", frame, settings.columns)
    need(address, names, ["strategy"], frame.columns)
    ids = ids_of(frame, names["strategy"])
    check_unique(address, ids)
    stops = {
        name: stop_values(frame, names.get(name), settings, address)
        for name in ("stop_loss", "take_profit", "trailing_stop")
    }
    return {"ids": ids, **stops}


def stop_values(
    frame: pl.DataFrame, column: str | None, settings: Settings, address: str
) -> Floats:
    """Fractions of one kind of stop."""
    if column is None:
        return np.full(frame.height, np.nan)
    values = floats(frame, column, address).copy()
    for none in settings.stops.none:
        values[values == none] = np.nan
    return values / 100.0 if settings.stops.unit == "percent" else values


def read_candidates(place: Place, batch: Batch, settings: Settings) -> list[str]:
    """The ids of the candidates; a file without ids names none."""
    frame = read_parquet(place.at(f"{batch.name}/{CANDIDATES}"))
    names = named_columns("candidates", frame, settings.columns)
    return ids_of(frame, names["strategy"]) if "strategy" in names else []
