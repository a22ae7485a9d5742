"""A search on a terminal: the best rows beside their luck, and a map of where they stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from engine.optimizer import Scores
from engine.optimizer.report import columns_of, overfit_words, say, title, verdict
from engine.overfit import Overfitting

WIDE: Final = 24
SHADES: Final = (
    "#8c3b00", "#d8752b", "#f3c6a0", "#f7f7f7", "#a6cbe6", "#3b8ec4", "#0a4a78",
)  # fmt: skip


def draw_search(
    scores: Scores,
    name: str,
    *,
    top: int,
    out: Path | None,
    overfitting: Overfitting | None = None,
) -> list[RenderableType]:
    """What was searched, the best rows, one sentence on luck, a map, failures, files."""
    head = Text.assemble((name, "bold"), f": {scores.table.height:,} sets")
    if not scores.complete:
        head.append("  stopped before its end", style="yellow")
    parts: list[RenderableType] = [head, Best(scores, top), Text(verdict(scores))]
    if overfitting is not None:
        parts.append(Text(overfit_words(overfitting)))
    varied = [name for name in scores.params if scores.table[name].n_unique() > 1]
    if len(varied) >= 2:
        parts += ["", *_map(scores, varied[0], varied[1])]
    if scores.failures.height:
        first = scores.failures.row(0, named=True)
        parts += ["", Text(f"{scores.failures.height:,} sets failed, first: {first['error']}")]
    if out is not None:
        parts += ["", Text(f"written to {out}")]
    return parts


def document(
    scores: Scores, name: str, top: int, overfitting: Overfitting | None = None
) -> dict[str, Any]:
    """The same as JSON has it."""
    rows = scores.top(top).to_dicts()
    return {
        "strategy": name,
        "sets": scores.table.height,
        "failed": scores.failures.height,
        "complete": scores.complete,
        "metric": scores.objective.metric,
        "best_params": scores.best_params,
        "lucky_sharpe": scores.lucky_sharpe,
        "trials": scores.luck.trials,
        "verdict": verdict(scores),
        "probability_of_overfitting": overfitting.probability if overfitting else None,
        "top": [{key: _plain(value) for key, value in row.items()} for row in rows],
    }


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True, slots=True)
class Best:
    """The best rows; metrics that the page is too narrow for are left out, the last ones first."""

    scores: Scores
    top: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The widest table that is not cut."""
        names, anything = columns_of(self.scores), options.update(max_width=10_000)
        table = _rows(self.scores, self.top, names)
        while (
            len(names) > 1 and console.measure(table, options=anything).maximum > options.max_width
        ):
            names = names[:-1]
            table = _rows(self.scores, self.top, names)
        yield table


def _rows(scores: Scores, top: int, names: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        heading = name if name in scores.params else title(name)
        table.add_column(heading, justify="right", no_wrap=True)
    for row in scores.top(top).iter_rows(named=True):
        cells = [
            f"{row[name]:g}" if name in scores.params and isinstance(row[name], float)
            else str(row[name]) if name in scores.params else say(name, row[name])
            for name in names
        ]  # fmt: skip
        table.add_row(*cells)
    return table


def _map(scores: Scores, rows: str, columns: str) -> list[RenderableType]:
    """Each cell two blocks wide, coloured by the metric; the best one is marked."""
    pivot, best = scores.heat(rows, columns), scores.best
    names = pivot.columns[1:]
    if len(names) > WIDE or pivot.height > WIDE:
        return [Text(f"{len(names)} x {pivot.height} cells; the page of --out has the map")]
    cells = pivot.drop(rows).cast(pl.Float64())
    known = [one for row in cells.iter_rows() for one in row if one is not None]
    low, high = min(known), max(known)
    lines = [Text(f"{rows} down, {columns} across: {names[0]} to {names[-1]}", style="dim")]
    for label, row in zip(pivot[rows], cells.iter_rows(), strict=True):
        line = Text(f"{label!s:>8} ")
        for name, value in zip(names, row, strict=True):
            spot = "<>" if label == best[rows] and name == str(best[columns]) else "  "
            line.append(spot, style=_style(value, low, high))
        lines.append(line)
    ends = f"{'':>9}{say(scores.objective.metric, low)} "
    scale = Text(ends, style="dim")
    for shade in SHADES:
        scale.append("  ", style=f"on {shade}")
    scale.append(f" {say(scores.objective.metric, high)}", style="dim")
    return [*lines, scale]


def _style(value: float | None, low: float, high: float) -> str:
    if value is None or not math.isfinite(value):
        return ""
    share = (value - low) / (high - low) if high > low else 0.5
    shade = SHADES[min(int(share * len(SHADES)), len(SHADES) - 1)]
    return f"{'black' if shade in SHADES[2:5] else 'white'} on {shade}"


__all__ = ["document", "draw_search"]
