"""A run on a terminal of 80 columns: the headline, the curve, the metrics in two columns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from engine.backtest import BacktestRun
from engine.research.tear_sheet import metric_columns
from engine.research.words import moment, percent, signed
from parity.spread.picture import spark

# Two columns of metrics need this much; a narrower terminal gets one.
TWO: Final = 72
BLOCKS: Final = 48
LEFT: Final = ("Return", "Risk", "Against the benchmark")


def draw_run(run: BacktestRun, out: Path | None, *, pictures: bool = True) -> list[RenderableType]:
    """What a run was, how its equity went, its metrics, and where its files are."""
    identity = run.identity
    symbols = ", ".join(identity.universe)
    head = Text.assemble(
        (identity.strategy, "bold"), f" on {symbols}" if len(symbols) < 50 else
        f" on {len(identity.universe)} symbols",
    )  # fmt: skip
    told = (
        f"{identity.frequency} bars, {moment(identity.start)} to {moment(identity.end)}, "
        f"{run.engine.execution.replace('_', ' ')}"
    )
    params = " ".join(f"{name}={value}" for name, value in identity.params.items())
    parts: list[RenderableType] = [head, Text(told, style="dim"), Text(params, style="dim"), ""]
    parts += [_curves(run), "", Metrics(metric_columns(run.values))]
    if out is not None:
        kept = out / ("tear_sheet.html" if pictures else identity.file_name)
        parts += ["", Text(f"written to {kept}")]
    return parts


@dataclass(frozen=True, slots=True)
class Metrics:
    """Groups of metrics side by side where there is room, else one below the other."""

    groups: dict[str, dict[str, str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw them at the width there is."""
        left = [name for name in self.groups if name in LEFT]
        right = [name for name in self.groups if name not in LEFT]
        if options.max_width < TWO:
            yield self._column([*left, *right])
            return
        grid = Table.grid(padding=(0, 4, 0, 0))
        grid.add_row(self._column(left), self._column(right))
        yield grid

    def _column(self, names: list[str]) -> RenderableType:
        return Group(*(self._group(name) for name in names))

    def _group(self, name: str) -> RenderableType:
        table = Table(box=None, padding=(0, 0), show_header=False, width=36)
        table.add_column(ratio=1, no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_row(Text(name, style="bold"))
        for label, value in self.groups[name].items():
            table.add_row(Text(f"  {label}", style="dim"), Text(value))
        return Padding(table, (0, 0, 1, 0))


def _curves(run: BacktestRun) -> RenderableType:
    """Equity and benchmark in blocks, each on a logarithmic scale of both."""
    curves = {"equity": run.account["equity"], run.benchmark: run.account["benchmark"]}
    logs = {name: _logarithms(column) for name, column in curves.items()}
    known = [value for line in logs.values() for value in line if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, line in logs.items():
        total = float(curves[name].to_numpy()[-1]) - 1.0
        table.add_row(Text(name[:13]), Text(spark(line, low, high, BLOCKS)), signed(total))
    deepest = run.values["max_drawdown"]
    table.add_row("", Text(f"deepest fall {percent(deepest)}", style="dim"), "")
    return table


def _logarithms(column: pl.Series) -> list[float]:
    """One for each block, evenly apart."""
    count = min(BLOCKS, len(column))
    places = [round(at * (len(column) - 1) / max(count - 1, 1)) for at in range(count)]
    values = column.gather(places).to_list()
    return [math.log(value) if value > 0 else math.nan for value in values]
