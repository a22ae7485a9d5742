"""Two years of minutes of many symbols in hive folders, made of real minutes and kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from engine.schema import TIME
from engine.store.aside import folder_aside
from engine.store.digest import file_digest, json_digest
from parity.bench.minutes import SOURCE, SYMBOLS

Say = Callable[[str], None]
START: Final = datetime(2022, 1, 1, tzinfo=UTC)
MONTHS, COUNT = 24, 20
COLUMNS: Final = ("open", "high", "low", "close", "volume")


def build_hive(
    count: int = COUNT, months: int = MONTHS, *, say: Say = lambda _text: None
) -> tuple[Path, str]:
    """A folder of ``count`` symbols x ``months`` files, and a sentence that says what it holds.

    Symbols are 000001, 000002, ...; each takes one of the real series over and over, scaled to open
    at the close before. Prices are Float32. It is kept in the user's cache (XDG_CACHE_HOME) and
    made again only if what it is made of changes; a run that is killed leaves nothing.
    """
    files = [SOURCE / f"{symbol}.parquet" for symbol in SYMBOLS]
    made_of = [*map(file_digest, files), file_digest(Path(__file__)), str(count), str(months)]
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "truefill" / "bench" / f"hive-{json_digest(made_of)[:12]}"
    first, last = month_of(0), month_of(months)
    told = (
        f"{count} symbols x {months} months of minutes from {first:%B %Y}, "
        f"{count * int((last - first) / timedelta(minutes=1)):,} bars in {count * months} files: "
        f"{len(SYMBOLS)} real series of a month, each over and over"
    )
    if folder.is_dir():
        return folder, told
    with folder_aside(folder) as aside:
        for number in range(count):
            say(f"writing symbol {number + 1} of {count}")
            _write_symbol(aside / f"symbol={number + 1:06}", files[number % len(files)], months)
    return folder, told


def month_of(number: int) -> datetime:
    """The first instant of a month, counted from the first of the data."""
    years, month = divmod(START.month - 1 + number, 12)
    return datetime(START.year + years, month + 1, 1, tzinfo=UTC)


def _write_symbol(folder: Path, source: Path, months: int) -> None:
    real = pl.read_parquet(source).select(COLUMNS).to_numpy()
    scale = 1.0
    for number in range(months):
        start, end = month_of(number), month_of(number + 1)
        count = int((end - start) / timedelta(minutes=1))
        rows = np.resize(real, (count, len(COLUMNS)))
        rows[:, :4] *= scale
        scale *= 1.0 if number % 2 else 1.01
        times = pl.datetime_range(start, end, "1m", closed="left", eager=True).cast(TIME)
        frame = pl.DataFrame(
            {"timestamp": times, **dict(zip(COLUMNS, rows.T, strict=True))}
        ).with_columns(pl.col(COLUMNS).cast(pl.Float32()))
        leaf = folder / f"year={start.year}" / f"month={start.month:02}"
        leaf.mkdir(parents=True)
        frame.write_parquet(leaf / "bars.parquet")
