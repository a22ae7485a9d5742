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
from engine.dataset import Dataset
from engine.errors import OptionError
from engine.optimizer import Dataset as Searched
from engine.optimizer import Files, Objective
from engine.optimizer.progress import Heard
from engine.optimizer.study import METHODS
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
ANSWERS: Final = {
    "+": ("  passed", "green"),
    "-": ("  failed", "red"),
    "?": ("  not asked", "yellow"),
}
STYLES: Final = {"holds up": "bold green", "looks overfit": "bold red", "not proven": "bold yellow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkSpec:
    """What to walk on what: ``ranges`` as text, ``fixed`` by name, ``where`` rules on parameters,
    ``trials`` of a search that is no grid, ``paths`` for other ways through the same history.
    """

    strategy: str
    files: Files
    ranges: Mapping[str, str]
    fixed: Mapping[str, Any]
    where: tuple[str, ...]
    search: str
    trials: int
    seed: int
    objective: Objective
    by: str
    windows: Rolling
    paths: Combinatorial | None
    engine: VectorizedEngine
    jobs: int | None
    cluster: str | None
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
    """Read bars, search, walk, and write what was asked for."""
    kind = find_strategy(spec.strategy)
    if spec.paths is not None and spec.search in METHODS:
        raise OptionError(
            f"--paths cross-validates one table of sets, and --search {spec.search} makes other "
            "sets in every window; search a grid or at random"
        )
    if spec.out is not None and spec.pictures:
        check_pictures()
    validator = WalkForwardValidator(
        spec.windows,
        engine=spec.engine,
        objective=spec.objective,
        by=spec.by,  # type: ignore[arg-type]
        jobs=spec.jobs,
        cluster=spec.cluster,
        seed=spec.seed,
        folder=spec.out,
        force=spec.force,
        progress=heard,
    )
    dataset = spec.files.read()
    # Workers read the bars themselves.
    given = dataset if spec.cluster is None else spec.files
    found = validator.search(
        given,
        kind,
        spec.ranges,
        spec.trials,
        method=spec.search,  # type: ignore[arg-type]
        where=spec.where,
        fixed=spec.fixed,
    )
    combined = None if spec.paths is None else combine(spec, spec.paths, given, found, heard)
    if spec.out is not None and spec.pictures:
        # Loaded here: matplotlib takes half a second, which a run without it need not wait.
        from engine.research.walk_forward import write_walk_forward

        write_walk_forward(found, about(found, spec, kind, dataset), spec.out, combined)
    return Walked(found, combined)


def combine(
    spec: WalkSpec, paths: Combinatorial, given: Searched, found: WalkForward, heard: Heard
) -> Combined:
    """The sets of a walk-forward, cross-validated."""
    validator = CombinatorialValidator(
        paths, spec.engine, spec.objective, spec.jobs, spec.cluster, heard
    )
    kind = find_strategy(spec.strategy)
    return validator.run(given, kind, found.trials.select(found.params), fixed=spec.fixed)


def about(
    found: WalkForward, spec: WalkSpec, kind: type[StrategyBase], dataset: Dataset
) -> dict[str, str]:
    """What the page is of."""
    symbols = dataset.bars["symbol"].unique().sort().to_list()
    named = ", ".join(symbols) if len(symbols) <= 4 else f"{len(symbols)} symbols"
    times = f"{moment(found.equity['timestamp'][0])} to {moment(found.equity['timestamp'][-1])}"
    shape = "anchored" if spec.windows.anchored else "rolling"
    engine = spec.engine
    return {
        "title": f"{kind.name} on {named}, walked forward",
        "subtitle": f"Out of sample {times}, {dataset.frequency} bars, traded at the "
        f"{engine.execution.replace('_', ' ')}; {shape} windows of {lengths(spec)}, "
        f"{sets_of(found, spec)}",
        "Strategy": f"{kind.name} {kind.version}",
        "Data": dataset.version,
        "Ranges": "; ".join(f"{name} {text}" for name, text in spec.ranges.items()),
        "Ranked by": spec.objective.metric,
        "Costs": f"fee {engine.fee}, slippage {engine.slippage}",
        "Conventions": f"{number(found.year, 0)} bars a year; returns net of costs; times in UTC",
    }


def lengths(spec: WalkSpec) -> str:
    """How long windows are, as they were asked for."""
    return f"{spec.windows.train} and {spec.windows.test}"


def sets_of(found: WalkForward, spec: WalkSpec) -> str:
    """How many sets were tried, and how they came about."""
    count = f"{found.trials.height:,} sets"
    if found.luck.shared:
        return count
    each = found.windows["tried"].to_list()
    return f"{count}, {min(each)} to {max(each)} a window by {spec.search}"


def draw_walk(walked: Walked, spec: WalkSpec) -> list[RenderableType]:
    """The verdict with its reasons, the stitched account, the windows, and where the files are."""
    found, metrics = walked.found, walked.found.metrics
    times = f"{moment(found.equity['timestamp'][0])} to {moment(found.equity['timestamp'][-1])}"
    parts: list[RenderableType] = [
        Text.assemble((spec.strategy, "bold"), f" walked forward, out of sample {times}"),
        Text(
            f"{sets_of(found, spec)}, {found.windows.height} windows of {lengths(spec)}",
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
        word = Text(*ANSWERS[reason[0]])
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
    measured = ("Sharpe in", "deflated", "Sharpe out", "return out")
    heads = ("test from", "to", *found.params, *measured)
    for place, head in enumerate(heads):
        table.add_column(head, justify="left" if place < 2 else "right")
    for row in found.windows.tail(ROWS).iter_rows(named=True):
        chosen = ["none" if row[name] is None else f"{row[name]}" for name in found.params]
        table.add_row(
            moment(row["test_start"]),
            moment(row["test_end"]),
            *chosen,
            number(row["train_sharpe"]),
            number(row["train_deflated_sharpe"]),
            number(row["test_sharpe"]),
            signed(row["test_total_return"]),
        )
    if found.windows.height > ROWS:
        table.caption = f"the last {ROWS} of {found.windows.height} windows"
    return table


__all__ = ["WalkSpec", "Walked", "about", "draw_walk", "walk"]
