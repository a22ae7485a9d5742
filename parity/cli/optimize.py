"""``truefill optimize``: search the parameters of a strategy, each Sharpe beside its luck."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from parity.cli import screen
from parity.cli.config import Config
from parity.cli.groups import grouped
from parity.cli.options import AsJson
from parity.cli.research import (
    ClusterAt,
    Data,
    Grid,
    Jobs,
    Metric,
    MinTrades,
    Search,
    Seed,
    Setting,
    Strategy,
    Trading,
    Where,
    read_ranges,
    split_rules,
)

if TYPE_CHECKING:
    from engine.optimizer import Scores

# 128 + SIGINT, as the shell reports it.
STOPPED = 130


@dataclass(frozen=True, slots=True)
class How:
    """Which sets are tried, what makes one better, and where they are scored."""

    search: Search = "grid"
    trials: Annotated[int, typer.Option(min=1, help="How many sets, but for a grid.")] = 100
    seed: Seed = 0
    prune: Annotated[
        bool, typer.Option("--prune", help="tpe, cmaes: drop sets that are behind early.")
    ] = False
    metric: Metric = "sharpe"
    minimize: Annotated[bool, typer.Option("--minimize", help="Less of the metric is better.")] = (
        False
    )
    min_trades: MinTrades = 0
    where: Where = None
    top: Annotated[int, typer.Option(min=1, help="How many rows to show.")] = 10
    jobs: Jobs = None
    cluster: ClusterAt = None
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write scores, page and picture.", show_default=False),
    ] = None
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the search that is in OUT.")
    ] = False

    def check(self) -> None:
        """Raises OptionError for what cannot be."""
        from engine.errors import OptionError

        if self.resume and self.out is None:
            raise OptionError(
                "--resume goes on with a search that was kept; name its folder by --out"
            )
        if self.search not in ("grid", "random", "tpe", "cmaes"):
            raise OptionError(f"--search is {self.search!r}; it is grid, random, tpe or cmaes")


@grouped
def optimize(
    strategy: Strategy,
    data: Data,
    *,
    grid: Grid = None,
    setting: Setting,
    trading: Trading,
    how: How,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Score many sets of parameters on the same bars and say whether the best one may be luck.

    Each row shows the deflated Sharpe ratio beside the Sharpe ratio: the probability that the set
    is better than the luckiest of as many worthless ones; and the plateau score, the median of its
    neighbours. DIR gets scores.parquet, report.html, heat_map.svg and what --resume needs.
    """
    fixed, engine, ranges = setting.fixed(), trading.engine(), read_ranges(grid)
    # polars, numba and matplotlib load here: --help must not wait for them.
    from engine.optimizer import Objective, ParamOptimizer
    from engine.optimizer.progress import progress_bar
    from engine.optimizer.report import write_report
    from engine.strategies import find_strategy
    from engine.wfa.search import overfitting_of_search
    from parity.report.document import dump
    from parity.research.search import document, draw_search

    how.check()
    kind, files = find_strategy(strategy), setting.files(data, how.cluster)
    before, after = split_rules(how.where or [], ranges)
    objective = Objective(how.metric, False if how.minimize else None, how.min_trades, tuple(after))
    with progress_bar(kind.name) as heard:
        optimizer = ParamOptimizer(engine, objective, how.jobs, how.cluster, progress=heard)
        scores = optimizer.search(
            files,
            kind,
            ranges,
            how.trials,
            method=cast(Any, how.search),
            seed=how.seed,
            where=before,
            prune=how.prune,
            fixed=fixed,
            out=how.out,
            resume=how.resume,
        )
    if how.out is not None:
        keep_scores(scores, how.out)
    with screen.waiting("splits of time for the probability of overfitting"):
        luck = overfitting_of_search(scores, files, kind, engine, fixed=fixed, jobs=how.jobs)
    if how.out is not None and scores.ranked.height:
        told = {"Data": data, "Search": how.search, "Trades at": trading.execution}
        write_report(scores, how.out, strategy, told, overfitting=luck)
    if as_json:
        screen.write(dump(document(scores, strategy, how.top, luck)))
    else:
        screen.show(*draw_search(scores, strategy, top=how.top, out=how.out, overfitting=luck))
    if not scores.complete:
        screen.note("stopped; what was scored is kept" if how.out else "stopped; nothing was kept")
        raise typer.Exit(STOPPED)


def keep_scores(scores: Scores, out: Path) -> None:
    """Scores as a table that says whether they are all there are."""
    from engine.store.aside import file_aside

    with file_aside(out / "scores.parquet") as aside:
        marked = {"complete": str(scores.complete).lower(), "metric": scores.objective.metric}
        scores.told.write_parquet(aside, metadata=marked)


__all__ = ["optimize"]
