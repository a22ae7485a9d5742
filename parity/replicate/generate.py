"""What a recorded tree asks of the platform: signals and stops, drawn once and stored literally."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from engine.execution.records import Ints
from parity.replicate.layout import CANDIDATES, PARAMS, SIGNALS

# Which stops a strategy has; a fixed and a trailing stop share vectorbt's one slot.
KINDS: Final = (
    ("sl", "tp"),
    ("tsl", "tp"),
    ("sl",),
    ("tsl",),
    ("tp",),
)
# Every fourth strategy also leaves by a signal.
LEAVES: Final = 4


@dataclass(frozen=True, slots=True)
class Draw:
    """From what strategies are drawn: the share of bars with an entry, and ranges of stops."""

    share: tuple[float, float] = (0.001, 0.003)
    stop: tuple[float, float] = (0.002, 0.012)
    target: tuple[float, float] = (0.003, 0.018)


@dataclass(frozen=True, slots=True)
class Asked:
    """One batch to be drawn: its direction, number, and how many strategies it has."""

    direction: str
    number: int
    strategies: int
    seed: int


def write_batch(folder: Path, times: Ints, asked: Asked, draw: Draw) -> None:
    """Write signals.parquet, params.csv and candidates.parquet of one batch."""
    rng = np.random.default_rng([asked.seed, asked.number, len(asked.direction), asked.strategies])
    folder.mkdir(parents=True, exist_ok=True)
    columns: dict[str, Any] = {"timestamp": pl.Series(times).cast(pl.Datetime("ms"))}
    rows = []
    for place in range(asked.strategies):
        name = f"s{asked.number:03d}_{place:03d}"
        share = rng.uniform(*draw.share)
        for ending in endings(asked.direction, leaves=place % LEAVES == 0):
            columns[name + ending] = pl.Series(rng.random(len(times)) < share)
        rows.append({"strategy": name, "share": round(share, 5), **stops(place, rng, draw)})
    write_matrix(folder / SIGNALS, pl.DataFrame(columns))
    params = pl.DataFrame(rows, infer_schema_length=None)
    params.write_csv(folder / PARAMS)
    params.select("strategy", "share").write_parquet(folder / CANDIDATES, statistics=False)


def write_matrix(path: Path, matrix: pl.DataFrame) -> None:
    """Signals with their times; those are stored as differences, else they would be most of it."""
    pq.write_table(
        matrix.to_arrow(),
        path,
        compression="zstd",
        use_dictionary=False,
        column_encoding={"timestamp": "DELTA_BINARY_PACKED"},
        write_statistics=False,
    )


def endings(direction: str, *, leaves: bool) -> list[str]:
    """The columns of one strategy."""
    if direction == "longshort":
        return ["_long", "_short", *(["_long_exit", "_short_exit"] if leaves else [])]
    return ["", *(["_exit"] if leaves else [])]


def stops(place: int, rng: np.random.Generator, draw: Draw) -> dict[str, float | None]:
    """The stops of one strategy, fractions of four digits; None where it has none."""
    kind = KINDS[place % len(KINDS)]
    ranges = {"sl": draw.stop, "tp": draw.target, "tsl": draw.stop}
    drawn = {name: round(float(rng.uniform(*limits)), 4) for name, limits in ranges.items()}
    return {name: value if name in kind else None for name, value in drawn.items()}
