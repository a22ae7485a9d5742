"""``truefill walkforward``: choose on the past, trade the future, and ask what was luck."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parity.cli import screen
from parity.cli.config import Config
from parity.cli.optimize import (
    STOPPED,
    Grid,
    Jobs,
    Metric,
    MinTrades,
    Where,
    read_ranges,
    split_rules,
)
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


def walkforward(
    strategy: Strategy,
    data: Data,
    grid: Grid = None,
    train: Annotated[
        str, typer.Option(metavar="LENGTH", help="How long to train: 2y, 6mo, 90d or 500 bars.")
    ] = "2y",
    test: Annotated[str, typer.Option(metavar="LENGTH", help="How long each test is.")] = "6mo",
    anchored: Annotated[
        bool, typer.Option("--anchored", help="All trainings start with the first bar.")
    ] = False,
    purge: Annotated[int, typer.Option(min=0, help="Bars between a training and its test.")] = 0,
    paths: Annotated[
        str | None,
        typer.Option(
            metavar="GROUPS:TESTED",
            help="Cross-validate as well: 10:2 tests 2 of 10 groups at a time.",
            show_default=False,
        ),
    ] = None,
    search: Annotated[str, typer.Option(help="grid or random.")] = "grid",
    trials: Annotated[int, typer.Option(min=1, help="How many sets, but for a grid.")] = 100,
    seed: Annotated[int, typer.Option(help="Of random sets and resamples.")] = 0,
    metric: Metric = "sharpe",
    by: Annotated[
        str, typer.Option(help="score: the best set; plateau: the best neighbourhood.")
    ] = "score",
    min_trades: MinTrades = 0,
    where: Where = None,
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
    jobs: Jobs = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write tables and the report.", show_default=False),
    ] = None,
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="With --out: the report itself.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier run in OUT.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Walk a search of parameters forward and say in plain words whether it looks overfit.

    Every window takes the set that is best in its training and trades it in its test; the tests are
    stitched to one account. DIR gets report.html (one file, no network), windows, scores,
    trials, equity and trades as Parquet, and summary.json. A run that was killed goes on.
    """
    fixed, engine = read_params(params, param), read_engine(execution, fee, slippage, cost)
    ranges = read_ranges(grid)
    # polars and numba load here, not at the top: --help must not wait a second for them.
    from engine.optimizer.progress import progress_bar
    from parity.report.document import dump
    from parity.research.walk_forward import WalkSpec, draw_walk, walk

    if search not in ("grid", "random"):
        raise typer.BadParameter(f"--search is {search!r}; windows walk a grid or random sets")
    if by not in ("score", "plateau"):
        raise typer.BadParameter(f"--by is {by!r}; it is score or plateau")
    before, after = split_rules(where or [], [*ranges])
    spec = WalkSpec(
        strategy=strategy,
        data=data,
        start=start,
        end=end,
        symbols=read_symbols(symbols),
        timeframe=timeframe,
        ranges=ranges,
        fixed=fixed,
        before=tuple(before),
        after=tuple(after),
        search=search,
        trials=trials,
        seed=seed,
        metric=metric,
        by=by,
        min_trades=min_trades,
        train=train,
        test=test,
        anchored=anchored,
        purge=purge,
        paths=read_paths(paths),
        engine=engine,
        jobs=jobs,
        out=out,
        pictures=pictures,
        force=force,
    )
    try:
        with progress_bar("walk forward") as heard:
            walked = walk(spec, heard)
    except KeyboardInterrupt:
        kept = (
            f"what was scored is kept in {out}; the same command goes on"
            if out
            else "nothing was kept"
        )
        screen.note(f"stopped; {kept}")
        raise typer.Exit(STOPPED) from None
    if as_json:
        screen.write(dump(walked.document()))
    else:
        screen.show(*draw_walk(walked, spec))


def read_paths(text: str | None) -> tuple[int, int] | None:
    """``10:2`` as two numbers."""
    if text is None:
        return None
    groups, sign, tested = text.partition(":")
    if not (sign and groups.isdigit() and tested.isdigit()):
        raise typer.BadParameter(f"--paths {text!r}: write it as 10:2")
    return int(groups), int(tested)


__all__ = ["walkforward"]
