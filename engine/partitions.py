"""Hive folders of bars: ``symbol=BTC/year=2023/month=01/*.parquet``, by month or by day.

Only the folders that a request can touch are listed; none of their files is opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from urllib.parse import quote, unquote

import polars as pl

from engine.errors import DataMissing, InputError
from engine.store.folders import Root

# A symbol is text: 000001 must keep its zeros.
KEYS: Final = {"symbol": pl.String(), "year": pl.Int16(), "month": pl.Int8(), "day": pl.Int8()}
LAYOUTS: Final = (("symbol", "year", "month"), ("symbol", "year", "month", "day"))
SCHEMAS: Final = {own: pl.Schema({key: KEYS[key] for key in own}) for own in LAYOUTS}


@dataclass(frozen=True, slots=True)
class Partition:
    """One folder with files: its name below the root, its symbol and its first day."""

    name: str
    symbol: str
    month: date
    files: tuple[str, ...]


def symbols_of(root: Root, source: object) -> tuple[str, ...]:
    """Every symbol the dataset has a folder for, sorted; ``source`` is its name in messages."""
    names = sorted(_value(name, "symbol") for name in _named(root, "", "symbol"))
    if not names:
        raise DataMissing(f"{source} has no folder symbol=...; it is no dataset of bars")
    return tuple(names)


def partitions(
    root: Root, source: object, symbol: str, start: datetime | None, end: datetime | None
) -> Iterator[Partition]:
    """The partitions of a symbol that may hold bars from ``start`` (inclusive) to ``end``."""
    home = f"symbol={quote(symbol, safe=' ')}"
    years = _numbered(root, home, "year")
    if not years and home != f"symbol={symbol}":
        home = f"symbol={symbol}"
        years = _numbered(root, home, "year")
    if not years:
        raise DataMissing(
            f"{source} has no folder symbol={symbol}; "
            f"the symbols are {list(symbols_of(root, source))}"
        )
    first, last = _reach(start, end)
    for year, own in years:
        if not first // 12 <= year <= last // 12:
            continue
        for month, folder in _numbered(root, f"{home}/{own}", "month"):
            place = f"{home}/{own}/{folder}"
            if not 1 <= month <= 12:
                raise InputError(f"{place}: there is no month {month}")
            if not first <= 12 * year + month - 1 <= last:
                continue
            days = [f"{place}/{day}" for _, day in _numbered(root, place, "day")]
            for leaf in days or [place]:
                files = tuple(root.files(leaf))
                if files:
                    yield Partition(leaf, symbol, date(year, month, 1), files)


def layout(partition: Partition) -> pl.Schema:
    """The hive schema of a partition's folders, always given and never guessed."""
    own = tuple(part.split("=")[0] for part in partition.name.split("/"))
    if own not in SCHEMAS:
        raise InputError(f"{partition.name}: folders are {own}, not one of {LAYOUTS}")
    return SCHEMAS[own]


def months(start: datetime, end: datetime) -> list[date]:
    """The first day of every month from ``start`` until before ``end``."""
    month, found = date(start.year, start.month, 1), []
    while _midnight(month) < end:
        found.append(month)
        month = _next(month)
    return found


def covers(span: tuple[datetime, datetime], month: date) -> bool:
    """Whether a month, told by its first day, lies in a span from its first to its last instant."""
    return span[0] <= _midnight(month) and _midnight(_next(month)) <= span[1]


def _reach(start: datetime | None, end: datetime | None) -> tuple[int, int]:
    """The first and the last month that a span touches, counted from the year 0."""
    first = start or datetime.min
    # The end itself is not of the span.
    last = datetime.max if end is None else end - datetime.resolution
    return 12 * first.year + first.month - 1, 12 * last.year + last.month - 1


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _named(root: Root, at: str, key: str) -> list[str]:
    """The folders ``key=...`` in a folder."""
    return [name for name in root.folders(at) if name.startswith(f"{key}=")]


def _numbered(root: Root, at: str, key: str) -> list[tuple[int, str]]:
    """The same with their numbers, by number."""
    return sorted((_number(name, key, at), name) for name in _named(root, at, key))


def _value(name: str, key: str) -> str:
    text = name.removeprefix(f"{key}=")
    return unquote(text) if "%" in text else text


def _number(name: str, key: str, at: str) -> int:
    text = _value(name, key)
    if not text.isdigit():
        raise InputError(f"{at}/{name}: {key} is {text!r}, not a number")
    return int(text)
