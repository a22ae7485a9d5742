"""Many runs on a terminal: one line each, the best first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from engine.errors import OptionError
from engine.research.words import metric_name, metric_value, percent
from engine.store.catalogue import scan_runs

SHOWN: Final = ("cagr", "sharpe", "max_drawdown", "trade_count")


def best_runs(
    folders: Sequence[Path], *, sort: str, where: str | None, strategy: str | None, top: int
) -> tuple[pl.DataFrame, int]:
    """The first ``top`` runs by a column, highest first, and how many there are in all.

    ``where`` is a condition in SQL over their columns. A run without a number in that column comes
    last. Raises OptionError for a condition or a column that cannot be.
    """
    runs = scan_runs(*folders, strategy=strategy)
    have = runs.collect_schema().names()
    if sort not in have:
        raise OptionError(f"--sort {sort!r} is no column of the runs; they have {have}")
    try:
        kept = (runs if where is None else runs.filter(pl.sql_expr(where))).collect()
    except pl.exceptions.PolarsError as error:
        first = str(error).splitlines()[0]
        raise OptionError(f"--where {where!r} cannot be used: {first}") from error
    number = pl.col(sort).fill_nan(None) if kept.schema[sort].is_float() else pl.col(sort)
    ordered = kept.sort(number, descending=True, nulls_last=True, maintain_order=True)
    times = pl.col(pl.Datetime).map_batches(_text, return_dtype=pl.String())
    return ordered.head(top).with_columns(times), kept.height


def draw_runs(runs: pl.DataFrame, count: int, sort: str) -> list[RenderableType]:
    """A line for each run."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("run", no_wrap=True)
    table.add_column("strategy and parameters", overflow="fold")
    names = list(dict.fromkeys((sort, *SHOWN)))
    for name in names:
        table.add_column(_short(name), justify="right", no_wrap=True)
    for row in runs.iter_rows(named=True):
        told = Text.assemble(
            (row["strategy"], "bold"), f" {row['frequency']} ", (_params(row["params"]), "dim")
        )
        table.add_row(row["run_id"][:8], told, *(_cell(name, row[name]) for name in names))
    shown = f"{runs.height} of {count} runs" if runs.height < count else f"{count} runs"
    return [table, Text(f"{shown}, by {sort}", style="dim")]


def _text(column: pl.Series) -> pl.Series:
    return pl.Series([one.isoformat() if isinstance(one, datetime) else None for one in column])


def _params(text: str) -> str:
    given: dict[str, Any] = json.loads(text)
    return " ".join(f"{name}={value}" for name, value in given.items() if name != "warmup")


def _short(name: str) -> str:
    return {"max_drawdown": "max DD", "trade_count": "trades"}.get(name, metric_name(name))


def _cell(name: str, value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return percent(value, 1) if name in ("cagr", "max_drawdown") else metric_value(name, value)


__all__ = ["best_runs", "draw_runs"]
