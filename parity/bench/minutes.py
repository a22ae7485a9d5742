"""A long series of one-minute bars made of real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.errors import InputError
from engine.schema import TIME
from parity.environments import PROJECT

SOURCE = PROJECT / "reference_data" / "bars" / "crypto_1m_binance_perp"
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT")
START = 1_577_836_800_000
PRICES = ("open", "high", "low", "close")
Floats = NDArray[np.float64]


def long_minutes(count: int, source: Path = SOURCE) -> tuple[dict[str, Floats], str]:
    """``count`` minutes of prices, and a sentence that says what they are.

    The real series follow one another, and once through start again; each is scaled to open at the
    close before it, so that no gap appears that no market had.
    """
    pieces = [read_minutes(source / f"{symbol}.parquet") for symbol in SYMBOLS]
    real = sum(len(piece) for piece in pieces)
    taken: list[Floats] = []
    last = float(pieces[0][0, 0])
    while sum(len(piece) for piece in taken) < count:
        piece = pieces[len(taken) % len(pieces)]
        scaled = piece * (last / piece[0, 0])
        last = float(scaled[-1, -1])
        taken.append(scaled)
    rows = np.concatenate(taken)[:count]
    columns = {name: np.ascontiguousarray(rows[:, place]) for place, name in enumerate(PRICES)}
    told = (
        f"{real:,} real minutes of {len(SYMBOLS)} perpetual futures ({', '.join(SYMBOLS)}), one "
        f"after the other, {count / real:.2f} times through; each scaled to open at the close "
        "before it"
    )
    return columns, told


def bars_of(count: int, symbols: int = 1) -> tuple[pl.DataFrame, str]:
    """The same as bars from 2020 on, as those of so many symbols, each with its part of them."""
    prices, told = long_minutes(count)
    row, each = pl.int_range(count), count // symbols
    bars = pl.DataFrame(prices).select(
        (START + row % each * 60_000).cast(TIME).alias("timestamp"),
        pl.format("COIN{}", (row // each).cast(pl.String()).str.zfill(2)).alias("symbol"),
        *prices,
        (row % 97 + 1).cast(pl.Float64()).alias("volume"),
    )
    return bars, told


def read_minutes(path: Path) -> Floats:
    """Open, high, low and close of one file, (bars, 4)."""
    if not path.is_file():
        raise InputError(f"{path} is not there; the benchmark needs the stored bars")
    return pl.read_parquet(path, columns=list(PRICES)).select(PRICES).to_numpy()
