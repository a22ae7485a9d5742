"""The rows of many small run files, read once and kept together in the user's cache.

Opening a file of one row and a hundred columns takes about a millisecond, so a thousand runs take a
second. What was read is kept in one file per folder, each row with the size and time of change of
its file: a row whose file has both is used as it is, all others are read again.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from engine.errors import SchemaDrift
from engine.store.aside import file_aside
from engine.store.digest import json_digest

MARKS: Final = ("file", "file_size", "file_time")


def rows_of(folder: Path, files: Sequence[Path]) -> pl.DataFrame:
    """One row for each of a folder's run files, with its path as the last column, ``file``.

    Raises SchemaDrift, naming the file, for one that is no run.
    """
    marks = _marks(files)
    place = _place(folder, files)
    known = _known(place)
    kept = marks.join(known, on=MARKS, how="semi") if known is not None else marks.clear()
    fresh = marks.join(kept, on=MARKS, how="anti")
    if known is None or fresh.height or known.height != kept.height:
        same = None if known is None else known.join(kept, on=MARKS, how="semi")
        known = _with(same, _read([Path(name) for name in fresh["file"]], fresh))
        _keep(place, known)
    return known.select(pl.exclude(MARKS), "file")


def _marks(files: Sequence[Path]) -> pl.DataFrame:
    seen = [file.stat() for file in files]
    return pl.DataFrame(
        {
            "file": [str(file) for file in files],
            "file_size": [one.st_size for one in seen],
            "file_time": [one.st_mtime_ns for one in seen],
        }
    )


def _read(files: Sequence[Path], marks: pl.DataFrame) -> pl.DataFrame | None:
    """The rows of these files, as many scans as there are sets of columns."""
    groups = [
        pl.scan_parquet(group, include_file_paths="file").collect() for group in _alike(files)
    ]
    if not groups:
        return None
    rows = pl.concat(groups, how="diagonal_relaxed")
    return rows.join(marks, on="file", how="left", maintain_order="left")


def _alike(files: Sequence[Path]) -> list[list[Path]]:
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


def _with(known: pl.DataFrame | None, fresh: pl.DataFrame | None) -> pl.DataFrame:
    """Rows of both; a column that no row has a value in goes, with the runs that had it."""
    parts = [part for part in (known, fresh) if part is not None]
    rows = pl.concat(parts, how="diagonal_relaxed")
    empty = [
        name
        for name, count in rows.null_count().row(0, named=True).items()
        if name.startswith("param_") and count == rows.height
    ]
    return rows.drop(empty)


def _place(folder: Path, files: Sequence[Path]) -> Path:
    """Where a folder's rows are kept; those of one strategy only are kept apart."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    names = {file.name.split("_", maxsplit=1)[0] for file in files}
    one = names.pop() if len(names) == 1 else ""
    return home / "truefill" / "runs" / f"{json_digest([str(folder.resolve()), one])}.parquet"


def _known(place: Path) -> pl.DataFrame | None:
    try:
        return pl.read_parquet(place, memory_map=False)
    except (OSError, pl.exceptions.PolarsError):
        return None


def _keep(place: Path, rows: pl.DataFrame) -> None:
    """A cache that cannot be written is no error, only slower."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with file_aside(place) as aside:
            rows.write_parquet(aside, statistics=False)
    except OSError:
        return


__all__ = ["rows_of"]
