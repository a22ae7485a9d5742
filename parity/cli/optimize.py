"""``truefill optimize``: search the parameters of a strategy, each Sharpe beside its luck."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from parity.cli import screen
from parity.cli.config import Config
from parity.cli.options import AsJson
from parity.cli.research import (
    Cost,
    Data,
    Execution,
    Fee,
    From,
    Param,
    Params,
    Slippage,
    Strategy,
    Symbols,
    Timeframe,
    To,
    read_engine,
    read_params,
    read_symbols,
)

if TYPE_CHECKING:
    from engine.optimizer import Scores

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
# 128 + SIGINT, as the shell reports it.
STOPPED = 130


def optimize(
    strategy: Strategy,
    data: Data,
    grid: Grid = None,
    start: From = None,
    end: To = None,
    symbols: Symbols = None,
    timeframe: Timeframe = None,
    param: Param = None,
    params: Params = None,
    execution: Execution = "next_open",
    fee: Fee = 0.0,
    slippage: Slippage = 0.0,
    cost: Cost = None,
    search: Annotated[
        str, typer.Option(help="grid, random, or guided by Optuna: tpe, cmaes.")
    ] = "grid",
    trials: Annotated[int, typer.Option(min=1, help="How many sets, but for a grid.")] = 100,
    seed: Annotated[int, typer.Option(help="The same seed draws the same sets.")] = 0,
    prune: Annotated[
        bool, typer.Option("--prune", help="tpe, cmaes: drop sets that are behind early.")
    ] = False,
    metric: Metric = "sharpe",
    minimize: Annotated[
        bool, typer.Option("--minimize", help="Less of the metric is better.")
    ] = False,
    min_trades: MinTrades = 0,
    where: Where = None,
    top: Annotated[int, typer.Option(min=1, help="How many rows to show.")] = 10,
    jobs: Jobs = None,
    cluster: ClusterAt = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write scores, page and picture.", show_default=False),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the search that is in OUT.")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Score many sets of parameters on the same bars and say whether the best one may be luck.

    Each row shows the deflated Sharpe ratio beside the Sharpe ratio: the probability that the set
    is better than the luckiest of as many worthless ones; and the plateau score, the median of its
    neighbours. DIR gets scores.parquet, report.html, heat_map.svg and what --resume needs.
    """
    chosen, engine = read_params(params, param), read_engine(execution, fee, slippage, cost)
    ranges = read_ranges(grid)
    # polars, numba and matplotlib load here: --help must not wait for them.
    from engine.errors import OptionError
    from engine.optimizer import Files, Objective, ParamOptimizer
    from engine.optimizer.progress import progress_bar
    from engine.optimizer.report import write_report
    from engine.strategies import find_strategy
    from engine.wfa.search import overfitting_of_search
    from parity.report.document import dump
    from parity.research.search import document, draw_search

    if resume and out is None:
        raise OptionError("--resume goes on with a search that was kept; name its folder by --out")
    if search not in ("grid", "random", "tpe", "cmaes"):
        raise OptionError(f"--search is {search!r}; it is grid, random, tpe or cmaes")
    kind = find_strategy(strategy)
    before, after = split_rules(where or [], [*ranges])
    objective = Objective(metric, False if minimize else None, min_trades, tuple(after))
    files = Files(data, start, end, read_symbols(symbols), timeframe)
    with progress_bar(strategy) as heard:
        optimizer = ParamOptimizer(engine, objective, jobs, cluster, progress=heard)
        scores = optimizer.search(
            files,
            kind,
            ranges,
            trials,
            method=cast(Any, search),
            seed=seed,
            where=before,
            prune=prune,
            fixed=chosen,
            out=out,
            resume=resume,
        )
    if out is not None:
        keep_scores(scores, out)
    with screen.waiting("splits of time for the probability of overfitting"):
        luck = overfitting_of_search(scores, files, kind, engine, fixed=chosen, jobs=jobs)
    if out is not None and scores.ranked.height:
        told = {"Data": data, "Search": search, "Trades at": execution}
        write_report(scores, out, strategy, told, overfitting=luck)
    if as_json:
        screen.write(dump(document(scores, strategy, top, luck)))
    else:
        screen.show(*draw_search(scores, strategy, top=top, out=out, overfitting=luck))
    if not scores.complete:
        screen.note("stopped; what was scored is kept" if out else "stopped; nothing was kept")
        raise typer.Exit(STOPPED)


def keep_scores(scores: Scores, out: Path) -> None:
    """Scores as a table that says whether they are all there are."""
    from engine.store.aside import file_aside

    with file_aside(out / "scores.parquet") as aside:
        marked = {"complete": str(scores.complete).lower(), "metric": scores.objective.metric}
        scores.told.write_parquet(aside, metadata=marked)


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


def split_rules(rules: list[str], params: list[str]) -> tuple[list[str], list[str]]:
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


__all__ = ["optimize"]
