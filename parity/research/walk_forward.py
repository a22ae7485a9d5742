"""A walk-forward from options to a summary on a terminal, and to files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from engine.backtest import check_pictures
from engine.dataset import Dataset, open_dataset
from engine.optimizer import Objective, generate_grid, random_grid
from engine.optimizer.progress import Heard
from engine.research.words import moment, number, percent, signed, whole
from engine.strategies import find_strategy
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine
from engine.wfa import (
    Combinatorial,
    CombinatorialValidator,
    Combined,
    Rolling,
    WalkForward,
    WalkForwardValidator,
)

ROWS: Final = 12
STYLES: Final = {"holds up": "bold green", "looks overfit": "bold red", "not proven": "bold yellow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkSpec:
    """What to walk on what; data as in ``BacktestSpec``, ``ranges`` as text, ``fixed`` by name;
    ``before`` are rules on parameters, ``after`` those on metrics."""

    strategy: str
    data: str
    start: str | None
    end: str | None
    symbols: tuple[str, ...] | None
    timeframe: str | None
    ranges: Mapping[str, str]
    fixed: Mapping[str, Any]
    before: tuple[str, ...]
    after: tuple[str, ...]
    search: str
    trials: int
    seed: int
    metric: str
    by: str
    min_trades: int
    train: str
    test: str
    anchored: bool
    purge: int
    paths: tuple[int, int] | None
    engine: VectorizedEngine
    jobs: int | None
    out: Path | None
    pictures: bool
    force: bool


@dataclass(frozen=True, slots=True)
class Walked:
    """A walk-forward, and other paths through the same history if they were asked for."""

    found: WalkForward
    combined: Combined | None

    def document(self) -> dict[str, Any]:
        """Their figures as plain values."""
        paths = {} if self.combined is None else {"paths": self.combined.summary()}
        return {**self.found.summary(), **paths}


def walk(spec: WalkSpec, heard: Heard) -> Walked:
    """Read bars, make the sets, walk, and write what was asked for."""
    kind = find_strategy(spec.strategy)
    sets = (
        generate_grid(spec.ranges, where=spec.before)
        if spec.search == "grid"
        else random_grid(spec.ranges, spec.trials, seed=spec.seed, where=spec.before)
    )
    if spec.out is not None and spec.pictures:
        check_pictures()
    dataset = open_dataset(
        spec.data,
        start=spec.start,
        end=spec.end,
        symbols=spec.symbols,
        timeframe=spec.timeframe,
    )
    validator = WalkForwardValidator(
        Rolling(spec.train, spec.test, anchored=spec.anchored, purge=spec.purge),
        engine=spec.engine,
        objective=Objective(spec.metric, min_trades=spec.min_trades, where=spec.after),
        by=spec.by,  # type: ignore[arg-type]
        jobs=spec.jobs,
        seed=spec.seed,
        folder=spec.out,
        force=spec.force,
        progress=heard,
    )
    combinatorial = None if spec.paths is None else Combinatorial(*spec.paths, purge=spec.purge)
    found = validator.run(dataset.bars, kind, sets, fixed=spec.fixed)
    combined = None
    if combinatorial is not None:
        other = CombinatorialValidator(
            combinatorial, spec.engine, validator.objective, spec.jobs, heard
        )
        combined = other.run(dataset.bars, kind, sets, fixed=spec.fixed)
    if spec.out is not None and spec.pictures:
        # Loaded here: matplotlib takes half a second, which a run without it need not wait.
        from engine.research.walk_forward import write_walk_forward

        write_walk_forward(found, about(found, spec, kind, dataset), spec.out, combined)
    return Walked(found, combined)


def about(
    found: WalkForward, spec: WalkSpec, kind: type[StrategyBase], dataset: Dataset
) -> dict[str, str]:
    """What the page is of."""
    symbols = dataset.bars["symbol"].unique().sort().to_list()
    named = ", ".join(symbols) if len(symbols) <= 4 else f"{len(symbols)} symbols"
    times = f"{moment(found.equity['timestamp'][0])} to {moment(found.equity['timestamp'][-1])}"
    shape = "anchored" if spec.anchored else "rolling"
    engine = spec.engine
    return {
        "title": f"{kind.name} on {named}, walked forward",
        "subtitle": f"Out of sample {times}, {dataset.frequency} bars, traded at the "
        f"{engine.execution.replace('_', ' ')}; {shape} windows of {spec.train} and {spec.test}, "
        f"{found.trials.height:,} sets",
        "Strategy": f"{kind.name} {kind.version}",
        "Data": dataset.version,
        "Ranges": "; ".join(f"{name} {text}" for name, text in spec.ranges.items()),
        "Ranked by": spec.metric,
        "Costs": f"fee {engine.fee}, slippage {engine.slippage}",
        "Conventions": f"{number(found.year, 0)} bars a year; returns net of costs; times in UTC",
    }


def draw_walk(walked: Walked, spec: WalkSpec) -> list[RenderableType]:
    """The verdict with its reasons, the stitched account, the windows, and where the files are."""
    found, metrics = walked.found, walked.found.metrics
    times = f"{moment(found.equity['timestamp'][0])} to {moment(found.equity['timestamp'][-1])}"
    parts: list[RenderableType] = [
        Text.assemble((spec.strategy, "bold"), f" walked forward, out of sample {times}"),
        Text(
            f"{found.trials.height:,} sets, {found.windows.height} windows of {spec.train} and "
            f"{spec.test}",
            style="dim",
        ),
        "",
        Text.assemble("Verdict: ", (found.verdict.word, STYLES[found.verdict.word])),
    ]
    parts += [_reasons(found.verdict.reasons), "", _table(found), ""]
    parts.append(
        Text(
            f"Out of sample {signed(metrics['total_return'])}, {signed(metrics['cagr'])} a year, "
            f"Sharpe {number(metrics['sharpe'])}, deepest fall {percent(metrics['max_drawdown'])}, "
            f"{whole(metrics['trade_count'])} trades"
        )
    )
    if walked.combined is not None:
        parts.append(_paths(walked.combined))
    failures = found.failures
    if failures.height:
        parts.append(
            Text(f"{failures.height:,} sets failed, the first: {failures['error'][0]}", "yellow")
        )
    if spec.out is not None:
        kept = spec.out / ("report.html" if spec.pictures else "summary.json")
        parts += ["", Text(f"written to {kept}")]
    return parts


def _reasons(reasons: tuple[str, ...]) -> Table:
    """One row a question, its text in a column of its own."""
    table = Table.grid(padding=(0, 2))
    for reason in reasons:
        passed = reason.startswith("+")
        word = Text("  passed", "green") if passed else Text("  failed", "red")
        table.add_row(word, reason[2:])
    return table


def _paths(combined: Combined) -> Text:
    told = combined.summary()
    return Text(
        f"Of {whole(told['paths'])} other paths {percent(told['loss'], 0)} lose; Sharpe from "
        f"{number(told['sharpe_lowest'])} to {number(told['sharpe_highest'])}, median "
        f"{number(told['sharpe_median'])}"
    )


def _table(found: WalkForward) -> Table:
    """The windows, the last ones where there are many."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    heads = ("test from", "to", *found.params, "Sharpe in", "Sharpe out", "return out")
    for place, head in enumerate(heads):
        table.add_column(head, justify="left" if place < 2 else "right")
    for row in found.windows.tail(ROWS).iter_rows(named=True):
        chosen = ["none" if row[name] is None else f"{row[name]}" for name in found.params]
        table.add_row(
            moment(row["test_start"]),
            moment(row["test_end"]),
            *chosen,
            number(row["train_sharpe"]),
            number(row["test_sharpe"]),
            signed(row["test_total_return"]),
        )
    if found.windows.height > ROWS:
        table.caption = f"the last {ROWS} of {found.windows.height} windows"
    return table


__all__ = ["WalkSpec", "Walked", "about", "draw_walk", "walk"]
