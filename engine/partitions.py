"""Hive folders of bars: ``symbol=BTC/year=2023/month=01/*.parquet``, by month or by day.

Only the folders that a request can touch are listed; none of their files is opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

import polars as pl

from engine.errors import DataMissing, InputError

# A symbol is text: 000001 must keep its zeros.
KEYS: Final = {"symbol": pl.String(), "year": pl.Int16(), "month": pl.Int8(), "day": pl.Int8()}
LAYOUTS: Final = (("symbol", "year", "month"), ("symbol", "year", "month", "day"))


@dataclass(frozen=True, slots=True)
class Partition:
    """One folder with files: its symbol and its first day."""

    folder: Path
    symbol: str
    month: date
    files: tuple[Path, ...]

    @property
    def name(self) -> str:
        """As it is written on disk, for messages."""
        return "/".join(part for part in self.folder.parts if "=" in part)


def symbols_of(source: Path) -> tuple[str, ...]:
    """Every symbol the dataset has a folder for, sorted."""
    if not source.is_dir():
        raise DataMissing(f"{source} is no folder; name the folder that holds symbol=...")
    names = sorted(_value(folder, "symbol") for folder in source.glob("symbol=*"))
    if not names:
        raise DataMissing(f"{source} has no folder symbol=...; it is no dataset of bars")
    return tuple(names)


def partitions(
    source: Path, symbol: str, start: datetime | None, end: datetime | None
) -> Iterator[Partition]:
    """The partitions of a symbol that may hold bars from ``start`` (inclusive) to ``end``."""
    home = source / f"symbol={quote(symbol, safe=' ')}"
    home = home if home.is_dir() else source / f"symbol={symbol}"
    if not home.is_dir():
        raise DataMissing(
            f"{source} has no folder symbol={symbol}; the symbols are {list(symbols_of(source))}"
        )
    for year in _sorted(home, "year"):
        for folder in _sorted(year, "month"):
            month = date(_number(year, "year"), _number(folder, "month"), 1)
            if not _touches(month, start, end):
                continue
            for leaf in _sorted(folder, "day") or [folder]:
                files = tuple(sorted(leaf.glob("*.parquet")))
                if files:
                    yield Partition(leaf, symbol, month, files)


def layout(partition: Partition) -> dict[str, pl.DataType]:
    """The hive schema of a partition's folders, always given and never guessed."""
    keys = tuple(part.split("=")[0] for part in partition.folder.parts if "=" in part)
    own = tuple(key for key in keys if key in KEYS)
    if own not in LAYOUTS:
        raise InputError(f"{partition.folder}: folders are {own}, not one of {LAYOUTS}")
    return {key: KEYS[key] for key in own}


def months(start: datetime, end: datetime) -> list[date]:
    """The first day of every month from ``start`` until before ``end``."""
    month, found = date(start.year, start.month, 1), []
    while datetime(month.year, month.month, 1, tzinfo=UTC) < end:
        found.append(month)
        month = _next(month)
    return found


def _touches(month: date, start: datetime | None, end: datetime | None) -> bool:
    after = _next(month)
    begins = datetime(month.year, month.month, 1, tzinfo=UTC)
    ends = datetime(after.year, after.month, 1, tzinfo=UTC)
    return (start is None or ends > start) and (end is None or begins < end)


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _sorted(folder: Path, key: str) -> list[Path]:
    return sorted(folder.glob(f"{key}=*"), key=lambda path: _number(path, key))


def _value(folder: Path, key: str) -> str:
    return unquote(folder.name.removeprefix(f"{key}="))


def _number(folder: Path, key: str) -> int:
    text = _value(folder, key)
    if not text.isdigit():
        raise InputError(f"{folder}: {key} is {text!r}, not a number")
    return int(text)
