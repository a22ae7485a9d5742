"""``truefill walkforward``: choose on the past, trade the future, and ask what was luck."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parity.cli import screen
from parity.cli.config import Config
from parity.cli.groups import grouped
from parity.cli.optimize import STOPPED
from parity.cli.options import AsJson
from parity.cli.research import (
    ClusterAt,
    Data,
    Force,
    Grid,
    Jobs,
    Metric,
    MinTrades,
    Search,
    Setting,
    Strategy,
    Trading,
    Where,
    read_ranges,
    split_rules,
)

if TYPE_CHECKING:
    from engine.optimizer import Objective
    from engine.wfa import Combinatorial, Rolling


@dataclass(frozen=True, slots=True)
class Windows:
    """Where to train and where to test."""

    train: Annotated[
        str, typer.Option(metavar="LENGTH", help="How long to train: 2y, 6mo, 90d or 500 bars.")
    ] = "2y"
    test: Annotated[str, typer.Option(metavar="LENGTH", help="How long each test is.")] = "6mo"
    anchored: Annotated[
        bool, typer.Option("--anchored", help="All trainings start with the first bar.")
    ] = False
    purge: Annotated[int, typer.Option(min=0, help="Bars between a training and its test.")] = 0
    paths: Annotated[
        str | None,
        typer.Option(
            metavar="GROUPS:TESTED",
            help="Cross-validate as well: 10:2 tests 2 of 10 groups at a time.",
            show_default=False,
        ),
    ] = None

    def rolling(self) -> Rolling:
        """Train and test, window by window."""
        from engine.wfa import Rolling

        return Rolling(self.train, self.test, anchored=self.anchored, purge=self.purge)

    def combinatorial(self) -> Combinatorial | None:
        """``10:2`` as groups, of which so many are tested; None if it is not asked for."""
        from engine.wfa import Combinatorial

        if self.paths is None:
            return None
        groups, sign, tested = self.paths.partition(":")
        if not (sign and groups.isdigit() and tested.isdigit()):
            raise typer.BadParameter(f"--paths {self.paths!r}: write it as 10:2")
        return Combinatorial(int(groups), int(tested), purge=self.purge)


@dataclass(frozen=True, slots=True)
class How:
    """Which sets are tried, and which of them a training takes."""

    search: Search = "grid"
    trials: Annotated[
        int, typer.Option(min=1, help="How many sets, but for a grid; tpe, cmaes: in each window.")
    ] = 100
    seed: Annotated[int, typer.Option(min=0, help="Of searches and resamples.")] = 0
    metric: Metric = "sharpe"
    by: Annotated[
        str, typer.Option(help="score: the best set; plateau: the best neighbourhood.")
    ] = "score"
    min_trades: MinTrades = 0
    where: Where = None

    def check(self) -> None:
        """Raises BadParameter for what cannot be."""
        if self.search not in ("grid", "random", "tpe", "cmaes"):
            raise typer.BadParameter(f"--search is {self.search!r}; it is grid, random, tpe, cmaes")
        if self.by not in ("score", "plateau"):
            raise typer.BadParameter(f"--by is {self.by!r}; it is score or plateau")

    def objective(self, rules: list[str]) -> Objective:
        """What makes a set the best of a training."""
        from engine.optimizer import Objective

        return Objective(self.metric, min_trades=self.min_trades, where=tuple(rules))


@dataclass(frozen=True, slots=True)
class Output:
    """What is written of it, and where."""

    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write tables and the report.", show_default=False),
    ] = None
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="With --out: the report itself.")
    ] = True
    force: Force = False


@grouped
def walkforward(
    strategy: Strategy,
    data: Data,
    *,
    grid: Grid = None,
    windows: Windows,
    how: How,
    setting: Setting,
    trading: Trading,
    jobs: Jobs = None,
    cluster: ClusterAt = None,
    into: Output,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Walk a search of parameters forward and say in plain words whether it looks overfit.

    Every window takes the set that is best in its training and trades it in its test; the tests are
    stitched to one account. DIR gets report.html (one file, no network), windows, scores,
    trials, equity and trades as Parquet, and summary.json. A run that was killed goes on.
    """
    fixed, engine, ranges = setting.fixed(), trading.engine(), read_ranges(grid)
    how.check()
    # polars and numba load here, not at the top: --help must not wait a second for them.
    from engine.optimizer.progress import progress_bar
    from parity.report.document import dump
    from parity.research.walk_forward import WalkSpec, draw_walk, walk

    before, after = split_rules(how.where or [], ranges)
    spec = WalkSpec(
        strategy=strategy,
        files=setting.files(data, cluster),
        ranges=ranges,
        fixed=fixed,
        where=tuple(before),
        search=how.search,
        trials=how.trials,
        seed=how.seed,
        objective=how.objective(after),
        by=how.by,
        windows=windows.rolling(),
        paths=windows.combinatorial(),
        engine=engine,
        jobs=jobs,
        cluster=cluster,
        out=into.out,
        pictures=into.pictures,
        force=into.force,
    )
    try:
        with progress_bar("walk forward") as heard:
            walked = walk(spec, heard)
    except KeyboardInterrupt:
        told = f"what was scored is kept in {into.out}; the same command goes on"
        screen.note(f"stopped; {told if into.out else 'nothing was kept'}")
        raise typer.Exit(STOPPED) from None
    if as_json:
        screen.write(dump(walked.document()))
    else:
        screen.show(*draw_walk(walked, spec))


__all__ = ["walkforward"]
