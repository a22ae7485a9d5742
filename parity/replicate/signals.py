"""A stored matrix of signals as sparse marks, without ever being unpacked.

A column is a strategy, or one side of it: ``<id>_long``, ``<id>_short``, ``<id>_exit`` and so on.
A column without such an ending enters the side that the folder's direction names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from engine.errors import BarsMismatch, DuplicateStrategy, FileCorrupt
from engine.execution.kernel import entry_of
from engine.execution.records import Ints, Marks
from parity.replicate.layout import SIGNALS, Batch
from parity.replicate.names import find_column
from parity.replicate.settings import Settings
from parity.replicate.store import Place
from parity.replicate.tables import read_parquet, time_values

entry = entry_of(Path(__file__).parent)

EMPTY = np.empty(0, dtype=np.int64)
# The place of the lowest bit that is set in each byte.
LOWEST = np.array([(byte & -byte).bit_length() - 1 for byte in range(256)], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Signals:
    """The strategies of a batch in their order, and the bars at which each signal is true.

    ``times`` are those of the rows, None where the file has none; ``rows`` is how many there are.
    """

    strategies: tuple[str, ...]
    marks: Mapping[str, Marks]
    times: Ints | None
    rows: int


def read_signals(place: Place, batch: Batch, settings: Settings) -> Signals:
    """Read one batch's matrix; raises FileCorrupt, DuplicateStrategy, BarsMismatch."""
    address = place.at(f"{batch.name}/{SIGNALS}")
    frame = read_parquet(address)
    time = find_column("signals", "time", frame.columns, settings.columns)
    times = None if time is None else time_values(frame[time], address)
    columns = [name for name in frame.columns if name != time]
    if not columns:
        raise FileCorrupt(f"{address}: no column of signals")
    roles = [role_of(name, batch.direction, settings.sides, address) for name in columns]
    strategies = tuple(dict.fromkeys(strategy for strategy, _role in roles))
    found: dict[tuple[str, str], Ints] = {}
    for name, role in zip(columns, roles, strict=True):
        if role in found:
            raise DuplicateStrategy(f"{address}: column {name!r}: a second {role[1]} of {role[0]}")
        found[role] = bars_of(frame[name], address)
    marks = {
        flag: joined([found.get((strategy, flag), EMPTY) for strategy in strategies])
        for flag in dict.fromkeys(flag for _strategy, flag in found)
    }
    return Signals(strategies, marks, times, frame.height)


def role_of(name: str, direction: str, sides: Mapping[str, str], address: str) -> tuple[str, str]:
    """The strategy a column belongs to, and which signal of it the column is."""
    own = "short" if direction == "short" else "long"
    flags = {
        "long_exit": "exit",
        "short_exit": "short_exit",
        "exit": "exit" if own == "long" else "short_exit",
        "long": "entry",
        "short": "short_entry",
    }
    for side, flag in flags.items():
        ending = sides[side]
        if ending and name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending), flag
    if direction == "longshort":
        raise FileCorrupt(
            f"{address}: column {name!r} does not say its side; in a longshort batch columns end "
            f"with {sides['long']!r} or {sides['short']!r}"
        )
    return name, "entry" if own == "long" else "short_entry"


def bars_of(column: pl.Series, address: str) -> Ints:
    """The rows at which a column is true; a gap, as a shift leaves it, is false."""
    if column.dtype != pl.Boolean():
        raise FileCorrupt(f"{address}: column {column.name!r} is {column.dtype}, not boolean")
    if column.null_count():
        column = column.fill_null(value=False)
    packed = column.rechunk().to_arrow()
    buffer = packed.buffers()[1]
    # polars' own memory; kept alive by ``packed`` while it is read.
    flags = np.frombuffer(buffer, dtype=np.uint8)
    offset, count = packed.offset, len(packed)
    lead = offset // 8
    whole = (len(flags) - lead) // 8
    words = flags[lead : lead + 8 * whole].view(np.uint64)
    out = np.empty(int(column.sum()), dtype=np.int64)
    find_bits(words, flags[lead:], offset - 8 * lead, count, out)
    return out


@entry
def find_bits(words: Any, flags: Any, offset: int, count: int, out: Ints) -> None:
    """Write which of the bits from ``offset`` on are set, 64 at a time where none is."""
    found: Any = np.int64(0)
    whole = 8 * len(words)
    place: Any = np.int64(0)
    last = (offset + count + 7) // 8
    while place < last and found < len(out):
        if place < whole and words[place // 8] == 0:
            place += 8
            continue
        for byte in range(place, min(place + 8, last)):
            bits: Any = np.int64(flags[byte])
            while bits != 0:
                bar = 8 * byte + LOWEST[bits] - offset
                bits &= bits - 1
                if 0 <= bar < count:
                    out[found] = bar
                    found += 1
        place += 8


def joined(bars: list[Ints]) -> Marks:
    """One list of bars for all strategies."""
    start = np.concatenate(([0], np.cumsum([len(own) for own in bars])))
    return Marks(start.astype(np.int64), np.concatenate(bars))


def check_rows(signals: Signals, bars: int, address: str) -> None:
    """Without times, there must be as many rows as bars."""
    if signals.times is None and signals.rows != bars:
        raise BarsMismatch(
            f"{address}: {signals.rows} rows for {bars} bars, and no column of times that says "
            "which; name it in replicate.toml under [columns.signals]"
        )
