"""Thousands of stored runs as one frame: one row each, whatever parameters each of them has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from engine.errors import DataMissing, InputError
from engine.metrics.catalogue import widen
from engine.store.aside import file_aside
from engine.store.identity import RunIdentity, name_part
from engine.store.run_rows import rows_of

# Strategy_AssetClass_TimeFrame_Hash.parquet
PATTERN: Final = "*_*_*_????????????.parquet"


def write_run(folder: Path, identity: RunIdentity, metrics: pl.DataFrame) -> Path:
    """Write a run's row (identity and wide metrics) whole or not at all; a same run is replaced.

    ``metrics`` are long, as every run gives them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / identity.file_name
    with file_aside(path) as aside:
        row = identity.row().hstack(widen(metrics))
        # One row: statistics would only make the file larger and slower to open.
        row.write_parquet(aside, statistics=False, compression="snappy")
    return path


def scan_runs(*folders: Path, strategy: str | None = None) -> pl.LazyFrame:
    """Every run under some folders, at any depth, as one lazy frame, with its ``file``.

    Runs need not have the same columns: a parameter or metric that a run lacks is null, and a
    number that is whole in some runs and not in others is a float. ``strategy`` looks at files of
    that name only. What was read once is kept in the user's cache; only files that are new or were
    changed are read again. Raises DataMissing where there is no run and SchemaDrift for a file that
    is none.
    """
    pattern = PATTERN if strategy is None else PATTERN.replace("*", name_part(strategy), 1)
    found = {folder: sorted(folder.rglob(pattern)) for folder in folders}
    if not any(found.values()):
        told = ", ".join(map(str, folders))
        raise DataMissing(f"{told}: there is no run; runs are files like {PATTERN}")
    frames = [rows_of(folder, files) for folder, files in found.items() if files]
    return pl.concat(frames, how="diagonal_relaxed").lazy()


def load_runs(
    *folders: Path,
    strategy: str | None = None,
    where: pl.Expr | None = None,
    columns: Sequence[str] | None = None,
) -> pl.DataFrame:
    """The same, collected: the rows ``where`` holds, sorted by file."""
    runs = scan_runs(*folders, strategy=strategy)
    have = runs.collect_schema().names()
    lacking = [name for name in columns or () if name not in have]
    if lacking:
        raise InputError(f"no run has {lacking}; the columns are {have}")
    kept = runs if where is None else runs.filter(where)
    chosen = kept.sort("file") if columns is None else kept.sort("file").select(columns)
    return chosen.collect()


__all__ = ["load_runs", "scan_runs", "write_run"]
