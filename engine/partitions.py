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
    years = _named(root, home, "year")
    if not years and home != f"symbol={symbol}":
        home = f"symbol={symbol}"
        years = _named(root, home, "year")
    if not years:
        raise DataMissing(
            f"{source} has no folder symbol={symbol}; "
            f"the symbols are {list(symbols_of(root, source))}"
        )
    for year in years:
        if not _touches(*_year(_number(year, "year", home)), start, end):
            continue
        for folder in _named(root, f"{home}/{year}", "month"):
            place = f"{home}/{year}/{folder}"
            month = _month(_number(year, "year", home), _number(folder, "month", place), place)
            if not _touches(month, _next(month), start, end):
                continue
            days = [f"{place}/{day}" for day in _named(root, place, "day")]
            for leaf in days or [place]:
                files = tuple(root.files(leaf))
                if files:
                    yield Partition(leaf, symbol, month, files)


def layout(partition: Partition) -> dict[str, pl.DataType]:
    """The hive schema of a partition's folders, always given and never guessed."""
    own = tuple(part.split("=")[0] for part in partition.name.split("/"))
    if own not in LAYOUTS:
        raise InputError(f"{partition.name}: folders are {own}, not one of {LAYOUTS}")
    return {key: KEYS[key] for key in own}


def months(start: datetime, end: datetime) -> list[date]:
    """The first day of every month from ``start`` until before ``end``."""
    month, found = date(start.year, start.month, 1), []
    while _midnight(month) < end:
        found.append(month)
        month = _next(month)
    return found


def _touches(first: date, after: date, start: datetime | None, end: datetime | None) -> bool:
    """Whether the days from ``first`` until before ``after`` overlap a span."""
    return (start is None or _midnight(after) > start) and (end is None or _midnight(first) < end)


def _year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year + 1, 1, 1)


def _month(year: int, month: int, place: str) -> date:
    if not 1 <= month <= 12:
        raise InputError(f"{place}: there is no month {month}")
    return date(year, month, 1)


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _named(root: Root, at: str, key: str) -> list[str]:
    """The folders ``key=...`` in a folder, by number where it is one."""
    names = [name for name in root.folders(at) if name.startswith(f"{key}=")]
    return names if key == "symbol" else sorted(names, key=lambda name: _number(name, key, at))


def _value(name: str, key: str) -> str:
    return unquote(name.removeprefix(f"{key}="))


def _number(name: str, key: str, at: str) -> int:
    text = _value(name, key)
    if not text.isdigit():
        raise InputError(f"{at}/{name}: {key} is {text!r}, not a number")
    return int(text)
