"""Arguments that the research commands share: strategy, bars, execution and costs."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parity.cli.play import parse_options

if TYPE_CHECKING:
    from engine.optimizer import Files
    from engine.vectorized import VectorizedEngine

Strategy = Annotated[
    str,
    typer.Argument(help="A shipped strategy (sma_cross), file.py, file.py:Class or module:Class."),
]
Data = Annotated[
    str,
    typer.Option(
        metavar="PATH",
        help="Bars: a Parquet file, a folder of them, or a folder of symbol=/year=/month=.",
    ),
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="First bar, as 2024-01-31.", show_default=False),
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="TIME", help="Bars before this time.", show_default=False),
]
Symbols = Annotated[
    list[str] | None,
    typer.Option(help="Which symbols, as AAPL,MSFT; all of them if not given.", show_default=False),
]
Timeframe = Annotated[
    str | None,
    typer.Option(help="Make longer bars first, as 1h or 1d.", show_default=False),
]
Param = Annotated[
    list[str] | None,
    typer.Option(
        metavar="K=V", help="One parameter of the strategy; may be repeated.", show_default=False
    ),
]
Params = Annotated[
    str | None,
    typer.Option(metavar="JSON", help="Several of them, as '{\"fast\": 20}'.", show_default=False),
]
Fee = Annotated[float, typer.Option(min=0.0, help="Share of what is traded: 0.001 is 10 bp.")]
Slippage = Annotated[float, typer.Option(min=0.0, help="The same, for worse prices.")]
Cost = Annotated[
    float | None,
    typer.Option(min=0.0, help="Both in one number, instead of them.", show_default=False),
]
Execution = Annotated[
    str, typer.Option(help="When a signal is traded: next_open, next_close or close.")
]


Grid = Annotated[
    list[str] | None,
    typer.Option(
        metavar="K=RANGE",
        help="A parameter and its range: fast=5:50:5 (both ends), 0.1:2:log, a,b,c.",
        show_default=False,
    ),
]
Metric = Annotated[str, typer.Option(help="What to rank by, a metric of docs/metrics.md.")]
Where = Annotated[
    list[str] | None,
    typer.Option(
        metavar="RULE",
        help="A rule on parameters or metrics: 'fast < slow', 'max_drawdown > -0.2'.",
        show_default=False,
    ),
]
MinTrades = Annotated[int, typer.Option(min=0, help="Sets with fewer closed trades do not count.")]
Search = Annotated[str, typer.Option(help="grid, random, or guided by Optuna: tpe, cmaes.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed draws the same sets.")]
Jobs = Annotated[
    int | None, typer.Option(min=1, help="Threads, else one per core.", show_default=False)
]
ClusterAt = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Other machines: dask://host:port or ray://host:port.",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an earlier run in OUT.")]


@dataclass(frozen=True, slots=True)
class Setting:
    """Which bars, and parameters of the strategy that are fixed."""

    start: From = None
    end: To = None
    symbols: Symbols = None
    timeframe: Timeframe = None
    param: Param = None
    params: Params = None

    def bars(self) -> dict[str, Any]:
        """Which bars, as ``open_dataset`` takes it."""
        return {
            "start": self.start,
            "end": self.end,
            "symbols": read_symbols(self.symbols),
            "timeframe": self.timeframe,
        }

    def files(self, data: str, cluster: str | None) -> Files:
        """The bars by name; for a cluster by their whole path, for workers start elsewhere."""
        # polars and numba load here, not at the top: --help must not wait a second for them.
        from engine.optimizer import Files

        if cluster and "://" not in data:
            data = str(Path(data).resolve())
        return Files(data, **self.bars())

    def fixed(self) -> dict[str, Any]:
        """The parameters of the strategy; a single one wins over the same one in the JSON."""
        try:
            given = json.loads(self.params) if self.params else {}
        except json.JSONDecodeError as error:
            raise typer.BadParameter(f"--params {self.params!r} is no JSON: {error}") from error
        if not isinstance(given, dict):
            raise typer.BadParameter(f'--params {self.params!r}: write it as {{"fast": 20}}')
        return {**given, **parse_options(self.param or [], "--param")}


@dataclass(frozen=True, slots=True)
class Trading:
    """How signals are traded, and what that costs."""

    execution: Execution = "next_open"
    fee: Fee = 0.0
    slippage: Slippage = 0.0
    cost: Cost = None

    def engine(self) -> VectorizedEngine:
        """The screen; ``cost`` stands for fee and slippage together."""
        # polars and numba load here, not at the top: --help must not wait a second for them.
        from engine.vectorized import VectorizedEngine

        if self.cost is not None and (self.fee or self.slippage):
            raise typer.BadParameter("--cost is fee and slippage in one; give it or them")
        return VectorizedEngine(
            execution=self.execution,  # type: ignore[arg-type]
            fee=self.fee if self.cost is None else self.cost,
            slippage=self.slippage,
        )


def read_symbols(texts: list[str] | None) -> tuple[str, ...] | None:
    """``AAPL,MSFT`` or one option for each, without doubles; None for all."""
    words = [word.strip() for text in texts or [] for word in text.split(",")]
    return tuple(dict.fromkeys(word for word in words if word)) or None


def read_ranges(texts: list[str] | None) -> dict[str, str]:
    """``fast=5:50:5`` by name; a name told twice is an error."""
    ranges: dict[str, str] = {}
    for text in texts or []:
        name, equals, told = text.partition("=")
        if not (equals and name.strip() and told.strip()):
            raise typer.BadParameter(f"--grid {text!r}: write it as fast=5:50:5")
        if name.strip() in ranges:
            raise typer.BadParameter(f"--grid: {name.strip()!r} has two ranges; give one")
        ranges[name.strip()] = told.strip()
    if not ranges:
        raise typer.BadParameter("give at least one range, as --grid fast=5:50:5")
    return ranges


def split_rules(rules: list[str], params: Collection[str]) -> tuple[list[str], list[str]]:
    """Rules on parameters alone, which drop sets beforehand, and all others."""
    import polars as pl

    from engine.errors import OptionError

    before: list[str] = []
    after: list[str] = []
    for rule in rules:
        try:
            names = pl.sql_expr(rule).meta.root_names()
        except pl.exceptions.PolarsError as error:
            raise OptionError(f"--where {rule!r} cannot be read: {error}") from error
        (before if set(names) <= set(params) else after).append(rule)
    return before, after
