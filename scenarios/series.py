"""The bars of a scenario: written in its file, or a slice of a stored series of real bars."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from engine.errors import BarsError, ScenarioError
from engine.schema import BARS, conform
from scenarios.clock import WallClock, to_utc, to_wall
from scenarios.toml import instant, only, take, typed

STORE = Path("reference_data") / "bars"
WRITTEN = {"start", "step", "times", "rows", "clock"}
STORED = {"stored", "symbols", "from", "to", "count", "clock"}
STEP = re.compile(r"(\d+)(s|m|h|d|w)")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_bars(table: dict[str, Any], root: Path, where: str) -> pl.DataFrame:
    """The bars a ``[bars]`` table describes, symbols in the order in which it names them."""
    if "stored" in table:
        only(table, STORED, where)
        bars = stored_bars(table, root, where)
    else:
        only(table, WRITTEN, where)
        bars = written_bars(table, where)
    if "clock" in table:
        bars = _on_clock(bars, typed(table["clock"], dict, f"{where}.clock"), f"{where}.clock")
    return bars


def written_bars(table: dict[str, Any], where: str) -> pl.DataFrame:
    """Bars given as numbers; an empty list leaves the symbol without a bar at that time."""
    rows = typed(take(table, "rows", dict, where), dict, f"{where}.rows")
    if not rows:
        raise ScenarioError(f"{where}.rows: name at least one symbol")
    longest = max(len(typed(bars, list, f"{where}.rows.{name}")) for name, bars in rows.items())
    times = _times(table, longest, where)
    flat = [
        (times[number], symbol, *_bar(bar, f"{where}.rows.{symbol}[{number}]"))
        for symbol, bars in rows.items()
        for number, bar in enumerate(bars)
        if bar != []
    ]
    return pl.DataFrame(flat, schema=BARS, orient="row")


def _times(table: dict[str, Any], count: int, where: str) -> list[datetime]:
    if "times" in table:
        only(table, WRITTEN - {"start", "step"}, where)
        times = [
            instant(item, f"{where}.times[{number}]")
            for number, item in enumerate(take(table, "times", list, where))
        ]
        if len(times) < count:
            raise ScenarioError(f"{where}.times has {len(times)} entries for {count} bars")
        return times
    start = instant(take(table, "start", object, where), f"{where}.start")
    text = take(table, "step", str, where)
    match = STEP.fullmatch(text)
    if match is None:
        raise ScenarioError(f'{where}.step is {text!r}; it must read like "1m", "4h" or "1d"')
    step = timedelta(**{UNITS[match[2]]: int(match[1])})
    return [start + step * number for number in range(count)]


def _bar(bar: Any, where: str) -> tuple[float, float, float, float, float]:
    """Open, high, low, close and perhaps volume; one number stands for all four prices."""
    if isinstance(bar, int | float) and not isinstance(bar, bool):
        return (float(bar),) * 4 + (0.0,)
    values = [float(typed(item, (int, float), where)) for item in typed(bar, list, where)]
    if len(values) not in (4, 5):
        raise ScenarioError(f"{where} has {len(values)} numbers; give open, high, low, close")
    opened, high, low, close, *volume = values
    return (opened, high, low, close, volume[0] if volume else 0.0)


def stored_bars(table: dict[str, Any], root: Path, where: str) -> pl.DataFrame:
    """A slice ``from <= time < to`` of stored series, at most ``count`` bars of each symbol."""
    folder = take(table, "stored", str, where)
    symbols = take(table, "symbols", list, where)
    span = pl.lit(value=True)
    if "from" in table:
        span &= pl.col("timestamp") >= instant(table["from"], f"{where}.from")
    if "to" in table:
        span &= pl.col("timestamp") < instant(table["to"], f"{where}.to")
    count = take(table, "count", int, where, None)
    parts = []
    for symbol in symbols:
        series = open_series(root, f"{folder}/{symbol}.parquet").filter(span)
        series = series.head(count) if count is not None else series
        if series.is_empty():
            raise ScenarioError(f"{where}: the slice of {folder}/{symbol} holds no bar")
        parts.append(series)
    if not parts:
        raise ScenarioError(f"{where}.symbols is empty; name at least one")
    return pl.concat(parts)


@lru_cache(maxsize=16)
def open_series(root: Path, name: str) -> pl.DataFrame:
    """One stored series, its bytes those that SHA256SUMS names."""
    path = root / STORE / name
    sums = _digests(root)
    if name not in sums or not path.is_file():
        raise ScenarioError(f"{path}: no such stored series; there are {sorted(sums)}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != sums[name]:
        raise BarsError(f"{path}: its bytes are not those of SHA256SUMS; restore the file")
    return conform(pl.read_parquet(path), BARS, where=str(path))


@lru_cache(maxsize=4)
def _digests(root: Path) -> dict[str, str]:
    path = root / STORE / "SHA256SUMS"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ScenarioError(f"{path}: the list of stored series cannot be read") from error
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def _on_clock(bars: pl.DataFrame, table: dict[str, Any], where: str) -> pl.DataFrame:
    only(table, {"zone", "plus_hours", "to", "repeated", "skipped"}, where)
    clock = WallClock(
        take(table, "zone", str, where),
        float(take(table, "plus_hours", (int, float), where, 0)),
        _word(table, "repeated", ("raise", "first", "last"), where),
        _word(table, "skipped", ("raise", "drop"), where),
    )
    turn = {"wall": to_wall, "utc": to_utc}[_word(table, "to", ("wall", "utc"), where)]
    return turn(bars, clock, where=where)


def _word(table: dict[str, Any], key: str, words: tuple[str, ...], where: str) -> Any:
    word = take(table, key, str, where, words[0])
    if word not in words:
        raise ScenarioError(f"{where}: {key} is {word!r}; it is one of {list(words)}")
    return word
