"""``truefill backtest``: a strategy on bars, as numbers, pictures and files."""

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


def backtest(
    strategy: Strategy,
    data: Data,
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
    spread: Annotated[
        bool,
        typer.Option("--spread", help="Also pay half of the spread that highs and lows tell."),
    ] = False,
    benchmark: Annotated[
        str | None,
        typer.Option(
            metavar="SYMBOL",
            help="A symbol of the same data; if not given, holding what is traded.",
            show_default=False,
        ),
    ] = None,
    asset_class: Annotated[str, typer.Option(help="A label in the name of the stored run.")] = (
        "any"
    ),
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write tables and the tear sheet.", show_default=False),
    ] = None,
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="With --out: tear sheet and picture.")
    ] = True,
    interactive: Annotated[
        bool, typer.Option("--interactive", help="Curves to zoom into on the page (4.8 MB more).")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier run in OUT.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Run a strategy on bars and say what it earned, what it risked and what it cost.

    Signals of a bar's close are traded at the next open, without a loop: the fast screen, see
    docs/backtest.md. DIR gets tear_sheet.html (one file, no network), equity.svg, the run's row for
    the catalogue, and account, frame, trades and metrics as Parquet, all or nothing.
    """
    chosen = read_params(params, param)
    engine = read_engine(execution, fee, slippage, cost)
    # polars and numba load here, not at the top: --help must not wait a second for them.
    from engine.backtest import BacktestSpec, check_folder, check_pictures
    from engine.backtest import backtest as run_backtest
    from engine.strategies import build_strategy
    from parity.report.document import dump
    from parity.research.terminal import draw_run

    if out is not None:
        check_folder(out, force=force)
        if pictures:
            check_pictures(interactive=interactive)
    spec = BacktestSpec(
        strategy=build_strategy(strategy, chosen),
        data=data,
        start=start,
        end=end,
        symbols=read_symbols(symbols),
        timeframe=timeframe,
        engine=engine,
        spread=spread,
        benchmark=benchmark,
        asset_class=asset_class,
    )
    with screen.waiting("backtest") as step:
        run = run_backtest(spec, step=step)
        if out is not None:
            step("files", 4, 5)
            run.save(out, pictures=pictures, interactive=interactive, force=force)
    if as_json:
        screen.write(dump(run.document()))
    else:
        screen.show(*draw_run(run, out, pictures=pictures))
