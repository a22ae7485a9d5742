"""``truefill walkforward``: choose on the past, trade the future, and ask what was luck."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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

Ranges = Annotated[
    list[str] | None,
    typer.Option(
        "--range",
        metavar="K=RANGE",
        help="A parameter to search, as fast=5:50:5 (from, to, step) or kind=a,b; repeat it.",
        show_default=False,
    ),
]


def walkforward(
    strategy: Strategy,
    data: Data,
    ranges: Ranges = None,
    train: Annotated[
        str, typer.Option(metavar="LENGTH", help="How long to train: 2y, 6mo, 90d or 500 bars.")
    ] = "2y",
    test: Annotated[str, typer.Option(metavar="LENGTH", help="How long each test is.")] = "6mo",
    anchored: Annotated[
        bool, typer.Option("--anchored", help="All trainings start with the first bar.")
    ] = False,
    purge: Annotated[int, typer.Option(min=0, help="Bars between a training and its test.")] = 0,
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="So many random sets, not the whole grid.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of random sets and resamples.")] = 0,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE", help="Only sets that keep it, as 'fast < slow'.", show_default=False
        ),
    ] = None,
    metric: Annotated[str, typer.Option(help="What a training is ranked by.")] = "sharpe",
    min_trades: Annotated[int, typer.Option(min=0, help="In each training.")] = 0,
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
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Threads; all cores if not given.", show_default=False)
    ] = None,
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
    stitched to one account. DIR gets walk_forward.html (one file, no network), windows, scores,
    trials, equity and trades as Parquet, and summary.json. A run that was killed goes on.
    """
    fixed = read_params(params, param)
    engine = read_engine(execution, fee, slippage, cost)
    # polars and numba load here, not at the top: --help must not wait a second for them.
    from engine.optimizer.progress import progress_bar
    from parity.report.document import dump
    from parity.research.walk_forward import WalkSpec, draw_walk, walk

    spec = WalkSpec(
        strategy=strategy,
        data=data,
        start=start,
        end=end,
        symbols=read_symbols(symbols),
        timeframe=timeframe,
        ranges=read_ranges(ranges),
        fixed=fixed,
        where=tuple(where or ()),
        trials=trials,
        seed=seed,
        metric=metric,
        min_trades=min_trades,
        train=train,
        test=test,
        anchored=anchored,
        purge=purge,
        engine=engine,
        jobs=jobs,
        out=out,
        pictures=pictures,
        force=force,
    )
    with progress_bar("walk forward") as heard:
        found = walk(spec, heard)
    if as_json:
        screen.write(dump(found.summary()))
    else:
        screen.show(*draw_walk(found, spec))


def read_ranges(pairs: list[str] | None) -> dict[str, str]:
    """``fast=5:50:5`` by name; each only once."""
    found: dict[str, str] = {}
    for pair in pairs or []:
        name, sign, text = pair.partition("=")
        if not sign or not name or name in found:
            raise typer.BadParameter(f"--range {pair!r}: write each once, as fast=5:50:5")
        found[name.strip()] = text.strip()
    return found
