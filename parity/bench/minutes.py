"""A long series of one-minute bars made of real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.errors import InputError
from parity.environments import PROJECT

SOURCE = PROJECT / "reference_data" / "bars" / "crypto_1m_binance_perp"
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT")
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


def read_minutes(path: Path) -> Floats:
    """Open, high, low and close of one file, (bars, 4)."""
    if not path.is_file():
        raise InputError(f"{path} is not there; the benchmark needs the stored bars")
    return pl.read_parquet(path, columns=list(PRICES)).select(PRICES).to_numpy()
