"""Thousands of stored runs as one frame: one row each, whatever parameters each of them has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from engine.errors import DataMissing, InputError, SchemaDrift
from engine.metrics.catalogue import widen
from engine.store.aside import file_aside
from engine.store.identity import RunIdentity, name_part

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
    number that is whole in some runs and not in others is a float. Filter and select before
    collecting; only the columns asked for are read. ``strategy`` looks at files of that name only.
    Raises DataMissing where there is no run and SchemaDrift for a file that is none.
    """
    pattern = PATTERN if strategy is None else PATTERN.replace("*", name_part(strategy), 1)
    files = sorted(file for folder in folders for file in folder.rglob(pattern))
    if not files:
        told = ", ".join(map(str, folders))
        raise DataMissing(f"{told}: there is no run; runs are files like {PATTERN}")
    groups = [_scan(group) for group in _alike(files)]
    if len(groups) == 1:
        return groups[0]
    return pl.concat(groups, how="diagonal_relaxed")


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


def _alike(files: Sequence[Path]) -> list[list[Path]]:
    """Files by their columns, so that each group is one scan."""
    groups: dict[Any, list[Path]] = defaultdict(list)
    for file in files:
        try:
            schema = pl.read_parquet_schema(file)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise SchemaDrift(f"{file} is no Parquet file: {error}; remove it") from error
        if "run_id" not in schema:
            raise SchemaDrift(f"{file} is no run: it has no run_id; its columns are {[*schema]}")
        groups[tuple((name, str(dtype)) for name, dtype in schema.items())].append(file)
    return list(groups.values())


def _scan(files: list[Path]) -> pl.LazyFrame:
    return pl.scan_parquet(files, include_file_paths="file")


__all__ = ["load_runs", "scan_runs", "write_run"]
